//! The raw peer as a server.

use crate::{client::PREFACE, message, peer::RawPeer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

impl RawPeer {
    /// Greets a client with empty SETTINGS, once its preface has come.
    pub async fn server(io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self::server_with(io, &[]).await
    }

    /// Greets a client with the given settings.
    pub async fn server_with(
        mut io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        settings: &[(u16, u32)],
    ) -> Self {
        let mut preface = [0; PREFACE.len()];
        let read = tokio::time::timeout(crate::peer::PATIENCE, io.read_exact(&mut preface)).await;
        read.expect("the preface comes in time").expect("the preface comes whole");
        assert_eq!(preface, PREFACE);
        let mut peer = Self::new(io, settings);
        peer.settle().await;
        peer
    }

    /// Waits for the next call; gives its stream.
    pub async fn accept(&mut self) -> u32 {
        self.until("a call", |peer| !peer.opened.is_empty()).await;
        self.opened.pop_front().expect("it was just seen")
    }

    /// Sends response headers with `extra`.
    pub async fn respond(&mut self, stream: u32, extra: &[(&str, &str)]) {
        self.headers(stream, &[RESPONSE, extra].concat(), false).await;
    }

    /// Sends trailers with this status and `extra`.
    pub async fn trailers(&mut self, stream: u32, status: &str, extra: &[(&str, &str)]) {
        self.headers(stream, &[&[("grpc-status", status)], extra].concat(), true).await;
    }

    /// Ends the call at once: one block of headers with this status and `extra`.
    pub async fn trailers_only(&mut self, stream: u32, status: &str, extra: &[(&str, &str)]) {
        self.headers(stream, &[RESPONSE, &[("grpc-status", status)], extra].concat(), true).await;
    }

    /// Answers a whole unary call: headers, one note, status 0.
    pub async fn reply(&mut self, stream: u32, value: &[u8]) {
        self.respond(stream, &[]).await;
        self.data(stream, message::note(value), false).await;
        self.trailers(stream, "0", &[]).await;
    }
}

const RESPONSE: &[(&str, &str)] = &[(":status", "200"), ("content-type", "application/grpc")];
