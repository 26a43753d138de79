//! What the peer has sent on one stream.

use crate::{block::Block, message};
use bytes::{Bytes, BytesMut};

/// What the peer has sent on one stream so far.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The header blocks, in order: head, then trailers, or only the trailers.
    pub blocks: Vec<Block>,
    /// Whether END_STREAM has come.
    pub ended: bool,
    /// The code of RST_STREAM, if it has come.
    pub reset: Option<u32>,
    /// The lengths of the DATA frames, in order.
    pub frames: Vec<usize>,
    /// The content of all DATA frames.
    pub body: BytesMut,
    /// What the peer may still send: the stream's receive window.
    pub(crate) window: i64,
    /// What this side may still send: the stream's send window.
    pub(crate) credit: i64,
    /// How much of the body `take_message` has taken.
    taken: usize,
}

impl Stream {
    pub(crate) fn new(window: i64, credit: i64) -> Self {
        Self {
            blocks: Vec::new(),
            ended: false,
            reset: None,
            frames: Vec::new(),
            body: BytesMut::new(),
            window,
            credit,
            taken: 0,
        }
    }

    pub(crate) fn push(&mut self, data: &[u8]) {
        self.frames.push(data.len());
        self.body.extend_from_slice(data);
    }

    /// Takes the next whole message's payload, if it is there.
    pub(crate) fn take_message(&mut self) -> Option<Bytes> {
        let payload = message::first(&self.body[self.taken..])?;
        self.taken += 5 + payload.len();
        Some(payload)
    }

    /// Whether nothing more may come.
    pub fn is_over(&self) -> bool {
        self.ended || self.reset.is_some()
    }

    /// The first block.
    ///
    /// # Panics
    /// When there is none.
    pub fn head(&self) -> &Block {
        self.blocks.first().unwrap_or_else(|| panic!("no headers came: {self:?}"))
    }

    /// The last block, which must have ended the stream.
    ///
    /// # Panics
    /// When the stream has not ended with headers.
    pub fn trailers(&self) -> &Block {
        assert!(self.ended, "the stream has not ended: {self:?}");
        self.blocks.last().unwrap_or_else(|| panic!("no trailers came: {self:?}"))
    }

    /// Whether the answer is one block of headers with END_STREAM.
    pub fn is_trailers_only(&self) -> bool {
        self.ended && self.blocks.len() == 1 && self.frames.is_empty()
    }

    /// `:status`.
    pub fn http_status(&self) -> u16 {
        self.head().get(":status").and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no :status: {self:?}"))
    }

    /// `grpc-status` of the trailers.
    ///
    /// # Panics
    /// When it is missing, or not in its canonical decimal form.
    pub fn status(&self) -> u32 {
        let text = self.trailers().get("grpc-status").unwrap_or_else(|| panic!("no grpc-status: {self:?}"));
        let code: u32 = text.parse().unwrap_or_else(|_| panic!("grpc-status {text:?}"));
        assert_eq!(code.to_string(), text, "grpc-status has no leading zeros");
        code
    }

    /// `grpc-message` of the trailers as sent, "" when missing.
    pub fn grpc_message(&self) -> &str {
        self.trailers().get("grpc-message").unwrap_or_default()
    }

    /// The payloads of all messages.
    pub fn messages(&self) -> Vec<Bytes> {
        message::messages(&self.body)
    }

    /// The values of all messages, each a `Note`.
    pub fn notes(&self) -> Vec<Bytes> {
        self.messages().into_iter().map(message::note_value).collect()
    }
}
