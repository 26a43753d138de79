//! The protocols that a call may speak.

use http::header::HeaderValue;

/// How headers, messages and the status of a call are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// gRPC over HTTP/2, with messages of protobuf.
    #[default]
    Grpc,
}

impl Protocol {
    /// The protocol of a content type: the name itself, or with `+` and a
    /// sub-type or `;` and parameters behind it.
    #[inline]
    pub(crate) fn of(content_type: &[u8]) -> Option<Self> {
        (content_type == GRPC || is_kind_of_grpc(content_type)).then_some(Self::Grpc)
    }
}

/// The content type of gRPC's requests and answers.
pub(crate) const APPLICATION_GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// The name of gRPC's content type.
const GRPC: &[u8] = b"application/grpc";

#[inline(never)]
fn is_kind_of_grpc(content_type: &[u8]) -> bool {
    let Some((name, rest)) = content_type.split_at_checked(GRPC.len()) else {
        return false;
    };
    let subtype = match rest.split(|byte| *byte == b';').next() {
        Some(subtype) => subtype.trim_ascii_end(),
        None => rest,
    };
    name.eq_ignore_ascii_case(GRPC) && (subtype.is_empty() || subtype.eq_ignore_ascii_case(b"+proto"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S3: gRPC's content type in its legal forms.
    #[test]
    fn grpc_content_types_are_known() {
        for good in [
            "application/grpc",
            "application/grpc+proto",
            "Application/GRPC",
            "application/grpc;charset=utf-8",
            "application/grpc+proto; charset=utf-8",
            "application/grpc ;a=b",
        ] {
            assert_eq!(Protocol::of(good.as_bytes()), Some(Protocol::Grpc), "{good}");
        }
    }

    /// S2, S4, S5: whatever else begins like it is not.
    #[test]
    fn other_content_types_are_refused() {
        for bad in [
            "",
            "application/grp",
            "text/html",
            "application/json",
            "application/grpcweb",
            "application/grpc-web",
            "application/grpc-web+proto",
            "application/grpcX",
            "application/grpc+json",
            "application/grpc+unknowncodec",
        ] {
            assert_eq!(Protocol::of(bad.as_bytes()), None, "{bad}");
        }
    }
}
