//! Whose limit a message was too large for.

use std::error::Error as _;

use crate::code::Code;
use crate::status::Status;

/// The side that a call is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

impl Side {
    /// Says that a message was too large for this side to receive.
    #[cold]
    pub(crate) fn received(self, status: Status) -> Status {
        match self {
            Self::Server => self.owned(status, "this server's limit for requests"),
            Self::Client => self.owned(status, "this channel's limit for answers"),
        }
    }

    /// Says that a message was too large for this side to send.
    #[cold]
    pub(crate) fn sent(self, status: Status) -> Status {
        match self {
            Self::Server => self.owned(status, "this server's limit for answers"),
            Self::Client => self.owned(status, "this channel's limit for requests"),
        }
    }

    /// The name of a setter comes as the status's source. A channel tells it to its
    /// caller. A server keeps it as the source, for its own log: its clients may be
    /// written in any language.
    fn owned(self, status: Status, limit: &str) -> Status {
        let setter = status.source().filter(|_| status.code() == Code::ResourceExhausted);
        let Some(setter) = setter.map(ToString::to_string) else {
            return status;
        };
        let message = status.message();
        match self {
            Self::Server => {
                let status = Status::resource_exhausted(format!("{message}: {limit}"));
                status.with_source(format!("the setter is Server::{setter}"))
            }
            Self::Client => Status::resource_exhausted(format!("{message}: {limit} (raise it with Channel::{setter})")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_limits_that_have_a_setter_have_an_owner() {
        let limit = || Status::resource_exhausted("too much").with_source("max_it");
        let told = |status: Status| (status.message().to_owned(), status.source().map(ToString::to_string));
        let server =
            ("too much: this server's limit for answers".to_owned(), Some("the setter is Server::max_it".to_owned()));
        assert_eq!(told(Side::Server.sent(limit())), server);
        let client = "too much: this channel's limit for answers (raise it with Channel::max_it)";
        assert_eq!(told(Side::Client.received(limit())), (client.to_owned(), None));
        for other in [Status::resource_exhausted("quota"), Status::internal("broken").with_source("why")] {
            assert_eq!(told(Side::Client.received(other.clone())), told(other));
        }
    }
}
