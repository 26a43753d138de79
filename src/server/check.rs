//! What a request must look like before it reaches a handler.

use http::header::HeaderValue;
use http::{HeaderMap, Method, StatusCode, Uri};
use tokio::time::Instant;

use crate::call::deadline;
use crate::call::protocol::Protocol;
use crate::compression::{ACCEPTED_HERE, Accepted, Encoding, Offer};
use crate::excerpt::Excerpt;
use crate::metadata::{is_base64, is_binary};
use crate::status::Status;
use crate::timeout;

/// Why a request is refused.
pub(crate) enum Refusal {
    /// With gRPC's status alone: HTTP 200.
    Status(Status),
    /// With the status, and with the encodings that would be accepted.
    Encoding(Status),
    /// With an HTTP status and, for a peer that speaks gRPC, one of gRPC.
    Http(StatusCode, Option<Status>),
}

/// A request that goes no further.
pub(crate) struct Refused {
    /// How it is answered.
    pub(crate) protocol: Protocol,
    pub(crate) refusal: Refusal,
}

impl Refused {
    pub(crate) fn status(protocol: Protocol, status: Status) -> Self {
        Self { protocol, refusal: Refusal::Status(status) }
    }
}

/// What a request says of its call.
pub(crate) struct Checked {
    pub(crate) protocol: Protocol,
    pub(crate) deadline: Option<Instant>,
    pub(crate) offer: Offer,
    /// How large its headers are, as HTTP/2 counts.
    pub(crate) size: usize,
}

/// Checks a request.
#[inline]
pub(crate) fn check(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    max_header_list_size: u32,
) -> Result<Checked, Refused> {
    let (protocol, found) =
        identify(method, headers).map_err(|refusal| Refused { protocol: Protocol::default(), refusal })?;
    let size = found.size + pseudo_headers(uri);
    found.check(protocol, size, max_header_list_size).map_err(|refusal| Refused { protocol, refusal })
}

/// What the request speaks. Without that it is answered as if it spoke gRPC.
#[inline]
fn identify<'a>(method: &Method, headers: &'a HeaderMap) -> Result<(Protocol, Found<'a>), Refusal> {
    if method != Method::POST {
        let status = Status::internal(format!("the method of a gRPC request is POST, not {}", Excerpt(method)));
        return Err(Refusal::Http(StatusCode::METHOD_NOT_ALLOWED, Some(status)));
    }
    let found = Found::read(headers)?;
    match found.content_type.and_then(|value| Protocol::of(value.as_bytes())) {
        Some(protocol) => Ok((protocol, found)),
        None => Err(Refusal::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE, None)),
    }
}

/// The headers that matter, found in one pass.
#[derive(Default)]
struct Found<'a> {
    content_type: Option<&'a HeaderValue>,
    timeout: Option<&'a HeaderValue>,
    encoding: Option<&'a HeaderValue>,
    accepted: Accepted,
    host: Option<&'a HeaderValue>,
    /// As HTTP/2 counts it: names, values and 32 bytes each.
    size: usize,
}

impl<'a> Found<'a> {
    #[inline]
    fn check(self, protocol: Protocol, size: usize, max_header_list_size: u32) -> Result<Checked, Refusal> {
        if size > max_header_list_size as usize {
            return Err(Refusal::Status(too_large(size, max_header_list_size)));
        }
        let mut offer = Offer { accepted: self.accepted, ..Offer::default() };
        if let Some(name) = self.encoding {
            offer.encoding = Encoding::parse(name.as_bytes()).ok_or_else(|| unknown_encoding(name))?;
        }
        let deadline = match self.timeout.map(|value| (value, timeout::parse(value.as_bytes()))) {
            None => None,
            Some((_, Some(timeout))) if timeout.is_zero() => return Err(Refusal::Status(deadline::exceeded())),
            Some((_, Some(timeout))) => Some(deadline::after(timeout)),
            Some((value, None)) => return Err(bad_request(format!("malformed grpc-timeout {:?}", Excerpt(value)))),
        };
        Ok(Checked { protocol, deadline, offer, size })
    }

    fn read(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let mut found = Self::default();
        for (name, value) in headers {
            let name = name.as_str();
            found.size += name.len() + value.len() + ENTRY;
            let place = match name {
                "content-type" => &mut found.content_type,
                "grpc-timeout" => &mut found.timeout,
                "grpc-encoding" => &mut found.encoding,
                "host" => &mut found.host,
                "grpc-accept-encoding" => {
                    found.accepted.add(value.as_bytes());
                    continue;
                }
                _ if is_binary(name) && !is_base64(value.as_bytes()) => {
                    return Err(bad_request(format!("the value of metadata {:?} is not base64", Excerpt(name))));
                }
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(bad_request(format!("more than one header {name:?}")));
            }
        }
        Ok(found)
    }
}

/// What `:method`, `:scheme`, `:path` and `:authority` come to.
fn pseudo_headers(uri: &Uri) -> usize {
    let scheme = uri.scheme_str().map_or(0, str::len);
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    let authority = uri.authority().map_or(0, |authority| AUTHORITY + authority.as_str().len());
    METHOD_SCHEME_PATH + scheme + path + authority
}

#[cold]
fn bad_request(message: String) -> Refusal {
    Refusal::Http(StatusCode::BAD_REQUEST, Some(Status::internal(message)))
}

#[cold]
fn too_large(size: usize, limit: u32) -> Status {
    let message =
        format!("the metadata and headers of the request have {size} bytes, and this server takes up to {limit} bytes");
    Status::resource_exhausted(message).with_source("the setter is Server::max_header_list_size")
}

/// M5, M7: refused at once, with what would be accepted.
#[cold]
fn unknown_encoding(name: &HeaderValue) -> Refusal {
    Refusal::Encoding(Status::unimplemented(format!(
        "grpc-encoding {:?} is not supported, expected one of {ACCEPTED_HERE}",
        Excerpt(name)
    )))
}

/// What HTTP/2 adds to the size of each header.
const ENTRY: usize = 32;

/// `:method`, `:scheme` and `:path`, without the scheme and the path themselves.
const METHOD_SCHEME_PATH: usize = 3 * ENTRY + ":methodPOST:scheme:path".len();

/// The name of `:authority`.
const AUTHORITY: usize = ENTRY + ":authority".len();
