//! A peer that sends as much as the windows let it, and waits for nothing else.

use std::collections::HashMap;
use std::net::SocketAddr;

use bytes::{Buf, BytesMut};
use puregrpc_support::{Frame, PREFACE, flag, kind, setting};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::load::{Load, Method};

/// One connection of it.
pub(crate) struct Attacker {
    io: TcpStream,
    came: BytesMut,
    /// How much may still be sent, in all and on each stream that is open.
    window: i64,
    windows: HashMap<u32, i64>,
    initial: i64,
    pongs: u64,
    closed: bool,
    /// The calls that the peer has begun, if it is a client.
    begun: Vec<u32>,
}

impl Attacker {
    /// Connects to a server.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let mut attacker = Self::over(TcpStream::connect(address).await.unwrap());
        attacker.write(PREFACE).await;
        attacker.send(&[Frame::settings(&[])]).await;
        attacker.settle().await;
        // Only from here on the windows of streams are as wide as the server has said.
        attacker.send(&[Frame::settings_ack()]).await;
        attacker.settle().await;
        attacker
    }

    /// Greets a client that has connected.
    pub(crate) async fn accept(listener: &TcpListener) -> Self {
        let mut attacker = Self::over(listener.accept().await.unwrap().0);
        while attacker.came.len() < PREFACE.len() {
            attacker.io.read_buf(&mut attacker.came).await.unwrap();
        }
        attacker.came.advance(PREFACE.len());
        attacker.send(&[Frame::settings(&[(setting::MAX_CONCURRENT_STREAMS, u32::MAX)]), Frame::settings_ack()]).await;
        attacker.settle().await;
        attacker
    }

    fn over(io: TcpStream) -> Self {
        Self {
            io,
            came: BytesMut::new(),
            window: 65_535,
            windows: HashMap::new(),
            initial: 65_535,
            pongs: 0,
            closed: false,
            begun: Vec::new(),
        }
    }

    /// Answers so many calls of a client as the load says, and leaves them open.
    pub(crate) async fn answer(&mut self, load: &Load, calls: usize) {
        let body = load.body();
        for call in 0..calls {
            while self.begun.is_empty() && !self.closed {
                self.read().await;
            }
            if self.closed {
                return;
            }
            let stream = self.begun.remove(0);
            self.windows.insert(stream, self.initial);
            self.send(&load.answer(stream, call == 0)).await;
            self.pour(stream, &body, 0).await;
        }
        self.settle().await;
        self.settle().await;
    }

    /// Makes the calls of a load, and leaves them open.
    pub(crate) async fn attack(&mut self, load: &Load) {
        let body = load.body();
        let end = if load.method == Method::Half { 0 } else { flag::END_STREAM };
        for call in 0..load.calls {
            self.windows.insert(2 * call + 1, self.initial);
            self.send(&load.headers(call)).await;
            self.pour(2 * call + 1, &body, end).await;
        }
        // The second answer comes behind what was said in the turn of the first.
        self.settle().await;
        self.settle().await;
    }

    /// Begins the calls of a load.
    pub(crate) async fn begin(&mut self, load: &Load) {
        for call in 0..load.calls {
            self.windows.insert(2 * call + 1, self.initial);
            self.send(&load.headers(call)).await;
        }
        self.settle().await;
    }

    /// Sends what follows the headers of the calls that were begun.
    pub(crate) async fn fill(&mut self, load: &Load) {
        let body = load.body();
        for call in 0..load.calls {
            self.pour(2 * call + 1, &body, 0).await;
        }
        self.settle().await;
        self.settle().await;
    }

    /// How many of its calls are open.
    pub(crate) fn open(&self) -> usize {
        if self.closed { 0 } else { self.windows.len() }
    }

    /// Sends what the windows let through, which is less where nothing is read.
    async fn pour(&mut self, stream: u32, mut body: &[u8], flags: u8) {
        while !self.closed {
            let mut room = self.room(stream);
            if room == 0 && !body.is_empty() {
                self.settle().await;
                room = self.room(stream);
            }
            let (now, later) = body.split_at(room.min(body.len()));
            if now.is_empty() && !later.is_empty() || !self.windows.contains_key(&stream) {
                return;
            }
            self.window -= now.len() as i64;
            *self.windows.entry(stream).or_default() -= now.len() as i64;
            self.send(&[Frame::data(stream, now, if later.is_empty() { flags } else { 0 })]).await;
            if later.is_empty() {
                return;
            }
            body = later;
        }
    }

    fn room(&self, stream: u32) -> usize {
        self.window.min(self.windows.get(&stream).copied().unwrap_or_default()).clamp(0, 16_384) as usize
    }

    /// Waits until all that was sent has been looked at.
    async fn settle(&mut self) {
        let before = self.pongs;
        self.send(&[Frame::ping(before.to_be_bytes())]).await;
        while self.pongs == before && !self.closed {
            self.read().await;
        }
    }

    async fn send(&mut self, frames: &[Frame]) {
        let mut bytes = BytesMut::new();
        frames.iter().for_each(|frame| frame.encode(&mut bytes));
        self.write(&bytes).await;
    }

    /// Writes, and reads meanwhile: a peer that does not read is another attack.
    async fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.closed {
            let (mut read, mut write) = self.io.split();
            tokio::select! {
                written = write.write(bytes) => match written {
                    Ok(written) => bytes = &bytes[written..],
                    Err(_) => self.closed = true,
                },
                read = read.read_buf(&mut self.came) => self.closed |= !matches!(read, Ok(1..)),
            }
            self.take();
        }
    }

    async fn read(&mut self) {
        let read = self.io.read_buf(&mut self.came).await;
        self.closed |= !matches!(read, Ok(1..));
        self.take();
    }

    fn take(&mut self) {
        while let Some(frame) = Frame::parse(&mut self.came) {
            match frame.kind {
                kind::WINDOW_UPDATE if frame.stream == 0 => self.window += i64::from(frame.number(0)),
                kind::WINDOW_UPDATE => {
                    if let Some(window) = self.windows.get_mut(&frame.stream) {
                        *window += i64::from(frame.number(0));
                    }
                }
                kind::SETTINGS if !frame.has(flag::ACK) => {
                    for setting in frame.payload.chunks(6).filter(|setting| setting[1] == 4) {
                        let initial = i64::from(u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]));
                        self.windows.values_mut().for_each(|window| *window += initial - self.initial);
                        self.initial = initial;
                    }
                }
                kind::PING if frame.has(flag::ACK) => self.pongs += 1,
                kind::RST_STREAM => drop(self.windows.remove(&frame.stream)),
                kind::HEADERS => {
                    self.begun.push(frame.stream);
                    if frame.has(flag::END_STREAM) {
                        self.windows.remove(&frame.stream);
                    }
                }
                _ => {}
            }
        }
    }
}
