//! The headers that all calls of a channel have in common.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::call::APPLICATION_GRPC;
use crate::compression::{ACCEPTED, GRPC_ACCEPT_ENCODING};

/// Made once: to copy them costs a third of what it costs to make them.
#[derive(Debug)]
pub(crate) struct CommonHeaders {
    untimed: HeaderMap,
    /// With a place for the timeout, in front of all others (C11).
    timed: HeaderMap,
    pub(crate) user_agent: HeaderValue,
}

impl CommonHeaders {
    pub(crate) fn new(user_agent: HeaderValue) -> Self {
        let mut untimed = HeaderMap::new();
        add_to(&mut untimed, &user_agent);
        let mut timed = HeaderMap::new();
        timed.insert(GRPC_TIMEOUT, HeaderValue::from_static(""));
        add_to(&mut timed, &user_agent);
        Self { untimed, timed, user_agent }
    }

    /// A copy for one call.
    #[inline]
    pub(crate) fn copy(&self, timeout: Option<HeaderValue>) -> HeaderMap {
        let Some(timeout) = timeout else {
            return self.untimed.clone();
        };
        let mut headers = self.timed.clone();
        headers.insert(GRPC_TIMEOUT, timeout);
        headers
    }
}

fn add_to(headers: &mut HeaderMap, user_agent: &HeaderValue) {
    headers.insert(header::TE, TRAILERS);
    headers.insert(header::CONTENT_TYPE, APPLICATION_GRPC);
    if cfg!(feature = "gzip") {
        headers.insert(GRPC_ACCEPT_ENCODING, ACCEPTED);
    }
    headers.insert(header::USER_AGENT, user_agent.clone());
}

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");
