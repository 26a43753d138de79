//! A service as it is generated, and a client that holds next to nothing.

use crate::proto::bench::BenchServer;
use crate::yardstick::Yardstick;
use bytes::BytesMut;
use puregrpc::Server;
use puregrpc_support::{Frame, PREFACE, Running, flag, message};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// A server of this service.
pub(crate) fn server() -> Server {
    Server::new().max_concurrent_streams(1000).add(BenchServer::new(Yardstick))
}

/// The same at work, over pipes.
pub(crate) fn serve() -> Running {
    Running::start(server())
}

/// A client of bytes that were made beforehand.
pub(crate) struct Quiet(DuplexStream);

impl Quiet {
    /// Connects and greets the server.
    pub(crate) async fn connect(running: &Running) -> Self {
        let mut quiet = Self(running.connect().await);
        quiet.say(&[PREFACE, &encoded(&[Frame::settings(&[]), Frame::settings_ack()])].concat()).await;
        quiet
    }

    /// Opens streams, each with one message, and waits until all of it has been answered.
    pub(crate) async fn open(&mut self, streams: impl Iterator<Item = u32>) {
        for stream in streams {
            let headers = Frame::call(stream, "/bench.Bench/Bidi", &[("user-agent", "grpc-quiet/1.0")]);
            self.say(&encoded(&[headers, Frame::data(stream, message(b"\x0a\x01x"), 0)])).await;
        }
    }

    /// Makes so many calls at once, each whole, that are answered at once.
    pub(crate) async fn burst(&mut self, calls: u32) {
        let call = |n: u32| {
            let stream = 2 * n + 1;
            let headers = Frame::call(stream, "/bench.Bench/Hello", &[("user-agent", "grpc-quiet/1.0")]);
            [headers, Frame::data(stream, message(b"\x0a\x01x"), flag::END_STREAM)]
        };
        self.say(&encoded(&(0..calls).flat_map(call).collect::<Vec<_>>())).await;
    }

    /// Sends frames and reads until they have been answered. The second answer has come behind what the
    /// handlers have said that were woken by the first.
    pub(crate) async fn say(&mut self, frames: &[u8]) {
        self.0.write_all(frames).await.unwrap();
        for round in 0..2 {
            self.0.write_all(&encoded(&[Frame::ping([round; 8])])).await.unwrap();
            let pong = encoded(&[Frame::pong([round; 8])]);
            let mut seen = Vec::new();
            while !seen.windows(pong.len()).any(|bytes| bytes == &pong[..]) {
                assert_ne!(self.0.read_buf(&mut seen).await.unwrap(), 0, "the server ended the connection");
            }
        }
    }
}

pub(crate) fn encoded(frames: &[Frame]) -> BytesMut {
    let mut bytes = BytesMut::new();
    frames.iter().for_each(|frame| frame.encode(&mut bytes));
    bytes
}
