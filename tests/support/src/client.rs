//! The raw peer as a client.

use crate::{
    block::encode,
    frame::{Frame, flag, kind},
    peer::RawPeer,
    stream::Stream,
};
use tokio::io::{AsyncRead, AsyncWrite};

/// The preface of every client (RFC 9113, 3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl RawPeer {
    /// Greets a server: the preface and empty SETTINGS; returns once the server's SETTINGS have come.
    pub async fn client(io: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self::client_with(io, &[]).await
    }

    /// Greets a server with the given settings.
    pub async fn client_with(io: impl AsyncRead + AsyncWrite + Send + 'static, settings: &[(u16, u32)]) -> Self {
        let mut peer = Self::new(io, settings);
        let settings = peer.pipe.outbox.split();
        peer.pipe.outbox.extend_from_slice(PREFACE);
        peer.pipe.outbox.extend_from_slice(&settings);
        peer.settle().await;
        peer
    }

    /// Opens a call: the headers of a gRPC request, `extra` in the place of those of the same name or behind them.
    pub async fn request(&mut self, stream: u32, path: &str, extra: &[(&str, &str)]) {
        self.headers(stream, &request(path, extra), false).await;
    }

    /// A whole unary call in one turn: request headers, one body that ends the stream; gives the answer.
    pub async fn call(&mut self, stream: u32, path: &str, extra: &[(&str, &str)], body: &[u8]) -> Stream {
        self.queue_headers(stream, &request(path, extra), false);
        self.queue_data(stream, body, true);
        self.over(stream).await
    }

    /// A whole unary call with further fields that need not be text.
    pub async fn call_raw(&mut self, stream: u32, path: &str, extra: &[(&str, &[u8])], body: &[u8]) -> Stream {
        let plain = request(path, &[]);
        let plain = plain.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let fields: Vec<_> = plain.chain(extra.iter().copied()).collect();
        self.queue_headers(stream, &fields, false);
        self.queue_data(stream, body, true);
        self.over(stream).await
    }

    /// Sends HEADERS with exactly these fields.
    pub async fn headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(&mut self, stream: u32, fields: &[(N, V)], end: bool) {
        self.queue_headers(stream, fields, end);
        self.flush().await;
    }

    /// Queues HEADERS with exactly these fields.
    pub fn queue_headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(&mut self, stream: u32, fields: &[(N, V)], end: bool) {
        self.open(stream);
        let block = encode(fields);
        let mut chunks = block.chunks(16_384).peekable();
        let mut kind_of = kind::HEADERS;
        let mut flags = if end { flag::END_STREAM } else { 0 };
        while let Some(chunk) = chunks.next() {
            if chunks.peek().is_none() {
                flags |= flag::END_HEADERS;
            }
            self.queue(&Frame::new(kind_of, flags, stream, chunk));
            (kind_of, flags) = (kind::CONTINUATION, 0);
        }
    }

    /// Waits for the whole answer on `stream`, however it ends.
    pub async fn answer(&mut self, stream: u32) -> Stream {
        self.over(stream).await
    }
}

impl Frame {
    /// The HEADERS of a gRPC request, in one frame.
    pub fn request(stream: u32, path: &str) -> Self {
        Self::call(stream, path, &[])
    }

    /// The same, `extra` in the place of fields of the same name or behind them.
    pub fn call(stream: u32, path: &str, extra: &[(&str, &str)]) -> Self {
        Self::headers(stream, flag::END_HEADERS, &request(path, extra))
    }

    /// HEADERS with exactly these fields.
    pub fn headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(stream: u32, flags: u8, fields: &[(N, V)]) -> Self {
        Self::new(kind::HEADERS, flags, stream, encode(fields))
    }
}

/// The fields of a gRPC request, `extra` in the place of those of the same name or behind them.
pub fn request(path: &str, extra: &[(&str, &str)]) -> Vec<(String, String)> {
    let plain = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ];
    let given = |name: &str| extra.iter().find(|field| field.0 == name);
    let first = plain.iter().map(|field| given(field.0).unwrap_or(field));
    let rest = extra.iter().filter(|field| plain.iter().all(|known| known.0 != field.0));
    first.chain(rest).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
