//! What of a status goes to a peer that takes only so many bytes of headers.

use std::fmt;

use http::header::HeaderMap;

use crate::metadata::{Metadata, field_size};
use crate::status::{ENCODED_LEN, GRPC_STATUS_DETAILS, Status};

/// What did not fit.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The length of the message that was cut.
    message: Option<usize>,
    /// The length of the details that were left out.
    details: Option<usize>,
    /// The size of the metadata that was left out.
    metadata: Option<usize>,
}

impl Status {
    /// The trailers of this status and `others`, in a list of headers of up to
    /// `limit` bytes, with what had to be left out for that. The code always stays.
    pub(crate) fn into_trailers(mut self, others: Metadata, limit: usize) -> (HeaderMap, Option<Cut>) {
        let (mut trailers, cut) = self.fit(others, limit);
        self.write(&mut trailers);
        (trailers, cut)
    }

    /// Makes it fit into a list of headers of up to `limit` bytes, together with
    /// `others`: details and metadata stay whole or go, and the message is cut last.
    fn fit(&mut self, others: Metadata, limit: usize) -> (HeaderMap, Option<Cut>) {
        let inner = &mut *self.0;
        let metadata = inner.metadata.list_size() + others.list_size();
        let details = if inner.details.is_empty() {
            0
        } else {
            field_size(GRPC_STATUS_DETAILS.as_str().len(), (4 * inner.details.len()).div_ceil(3))
        };
        // Most messages need no look at each of their bytes.
        if OWN + TEXT + ENCODED_LEN * inner.message.len() + details + metadata <= limit {
            return (others.into_headers(), None);
        }
        let mut cut = Cut::default();
        let mut room = limit.saturating_sub(OWN);
        // The room that the message keeps in any case.
        let least = TEXT + fitting(&inner.message, LEAST).1;
        if details > 0 && least + details <= room {
            room -= details;
        } else if details > 0 {
            cut.details = Some(std::mem::take(&mut inner.details).len());
        }
        let mut headers = HeaderMap::new();
        if least + metadata <= room {
            room -= metadata;
            headers = others.into_headers();
        } else if metadata > 0 {
            inner.metadata = Metadata::new();
            cut.metadata = Some(metadata);
        }
        let room = room.saturating_sub(TEXT);
        if fitting(&inner.message, room).0 < inner.message.len() {
            cut.message = Some(inner.message.len());
            self.cut_message(room);
        }
        (headers, Some(cut).filter(|cut| *cut != Cut::default()))
    }

    /// Cuts the message with a mark, so that it takes up to `room` bytes when it is encoded.
    fn cut_message(&mut self, room: usize) {
        let message = &mut self.0.message;
        let mark = format!("… (cut from {} bytes)", message.len());
        let room = room.saturating_sub(fitting(&mark, usize::MAX).1);
        let end = fitting(message, room).0;
        *message = if end > 0 { format!("{}{mark}", &message[..end]).into() } else { "".into() };
    }

    /// A status whose headers were larger than this side takes: the code stays, the
    /// rest is cut to `limit` bytes.
    pub(crate) fn within(mut self, limit: usize) -> (Self, Option<Cut>) {
        let (_, cut) = self.fit(Metadata::new(), limit);
        (self, cut)
    }
}

/// How much of the text fits into `room` bytes when it is encoded: up to where, and
/// how many bytes that takes.
fn fitting(text: &str, room: usize) -> (usize, usize) {
    let mut taken = 0;
    for (place, character) in text.char_indices() {
        let plain = matches!(character, ' '..='~') && character != '%';
        let size = if plain { 1 } else { ENCODED_LEN * character.len_utf8() };
        if taken + size > room {
            return (place, taken);
        }
        taken += size;
    }
    (text.len(), taken)
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let parts =
            [("message cut", self.message), ("details left out", self.details), ("metadata left out", self.metadata)];
        for (what, size) in parts {
            if let Some(size) = size {
                write!(f, "{separator}{what} (of {size} bytes)")?;
                separator = ", ";
            }
        }
        Ok(())
    }
}

/// What HTTP and gRPC add: `:status`, `content-type` and `grpc-status`, which stand
/// together where a status goes without messages.
const OWN: usize = field_size(7, 3) + field_size(12, 16) + field_size(11, 2);

/// The field of the message, without its value.
const TEXT: usize = field_size(GRPC_MESSAGE_LEN, 0);
const GRPC_MESSAGE_LEN: usize = 12;

/// How much of a message stays before details and metadata do.
const LEAST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::metadata::list_size;
    use crate::status::GRPC_MESSAGE;

    fn fitted(status: Status, others: Metadata, limit: usize) -> (Status, HeaderMap, Option<Cut>) {
        let (trailers, cut) = status.into_trailers(others, limit);
        let size = list_size(&trailers) + field_size(7, 3) + field_size(12, 16);
        assert!(size <= limit, "{size} bytes, {limit} at most");
        (Status::read(trailers.clone()).unwrap().unwrap_err(), trailers, cut)
    }

    fn large(size: usize) -> Metadata {
        let mut metadata = Metadata::new();
        metadata.insert("x-large", "m".repeat(size)).unwrap();
        metadata
    }

    #[test]
    fn the_name_of_the_message_is_as_long_as_it_is_said_to_be() {
        assert_eq!(GRPC_MESSAGE.as_str().len(), GRPC_MESSAGE_LEN);
    }

    /// R19: what fits goes out whole.
    #[test]
    fn what_fits_goes_out_whole() {
        let status = Status::not_found("ä".repeat(1000)).with_details(vec![7; 1000]);
        let (read, trailers, cut) = fitted(status, large(1000), 10_000);
        assert_eq!((read.message().chars().count(), read.details().len(), cut), (1000, 1000, None));
        assert_eq!(trailers["x-large"].len(), 1000);
    }

    /// R19: the code stays, the message is cut with a mark, details and metadata go whole.
    #[test]
    fn a_status_is_cut_to_what_the_peer_takes() {
        for limit in [0, 100, 147, 200, 300, 1024, 8192, 16_384, 100_000] {
            for size in [0, 10, 1000, 8000, 60_000, 4_000_000] {
                for text in ["x", "ä", "%", "\u{1f608}", "\n"] {
                    let message = text.repeat(size / text.len());
                    let status = Status::not_found(message.clone()).with_details(vec![7; size]);
                    let (trailers, cut) = status.into_trailers(large(size), limit);
                    let taken = list_size(&trailers) + field_size(7, 3) + field_size(12, 16);
                    assert!(taken <= limit.max(OWN), "{taken} of {limit}");
                    let read = Status::read(trailers.clone()).unwrap().unwrap_err();
                    assert_eq!(read.code(), Code::NotFound);
                    assert!([0, size].contains(&read.details().len()));
                    assert!([None, Some(size)].contains(&trailers.get("x-large").map(|value| value.len())));
                    let whole = read.message() == message;
                    let marked = read.message().ends_with(&format!("… (cut from {} bytes)", message.len()));
                    assert!(whole || marked || read.message().is_empty() && limit < 300, "{limit} {size} {text}");
                    let all = whole && read.details().len() == size && trailers.contains_key("x-large");
                    assert_eq!(cut.is_none(), all || size == 0 && limit > 200, "{limit} {size} {text} {cut:?}");
                }
            }
        }
    }

    /// R19: a long message leaves room to details, and details to metadata.
    #[test]
    fn details_go_before_a_long_message() {
        let status = Status::not_found("x".repeat(60_000)).with_details(vec![7; 3000]);
        let (read, trailers, cut) = fitted(status, large(12_000), 16_384);
        assert_eq!((read.details().len(), trailers.contains_key("x-large")), (3000, false));
        assert!(read.message().len() > 10_000);
        let told = "message cut (of 60000 bytes), metadata left out (of 12039 bytes)";
        assert_eq!(cut.unwrap().to_string(), told);
    }
}
