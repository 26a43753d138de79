//! Calls: what each kind of call sends, and how often it is tried.

mod attempts;
pub(crate) mod headers;
mod outgoing;
mod path;
pub(crate) mod streaming;
mod unary;
mod upload;
