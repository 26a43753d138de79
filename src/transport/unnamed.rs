//! Connections on which the authority has no meaning.
//!
//! A Unix socket has no host, and clients name whatever they like: its path
//! (C core), that in percent-encoding (Java, Swift), or nothing. h2 resets calls
//! whose `:authority` is none. So it is told another one here. Blocks of headers
//! pass as they came until there is a first authority to replace.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::codec::CHUNK;
use crate::transport::Io;
use crate::transport::hpack::Blocks;
use crate::transport::scratch::Scratch;
use crate::transport::walker::{HEAD, Head, flag, kind};

/// An IO object whose peer may name any authority.
pub(crate) struct Unnamed<I> {
    io: I,
    frames: Frames,
    /// What h2 is to read; of it, it has read `taken` bytes.
    told: Vec<u8>,
    taken: usize,
}

impl<I: Io> Unnamed<I> {
    /// What a server reads that takes header lists of up to `limit` bytes.
    pub(crate) fn new(io: I, limit: usize) -> Self {
        Self { io, frames: Frames::new(limit), told: Vec::new(), taken: 0 }
    }

    fn give(&mut self, target: &mut ReadBuf<'_>) {
        let rest = &self.told[self.taken..];
        let count = rest.len().min(target.remaining());
        target.put_slice(&rest[..count]);
        self.taken += count;
        if self.taken == self.told.len() {
            // An idle connection holds no buffer.
            (self.told, self.taken) = (Vec::new(), 0);
        }
    }
}

impl<I: Io> AsyncRead for Unnamed<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, target: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        while me.told.is_empty() && !me.frames.dead {
            let mut scratch = Scratch::take();
            let mut read = ReadBuf::new(&mut scratch);
            ready!(Pin::new(&mut me.io).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            me.frames.read(read.filled(), &mut me.told);
        }
        me.give(target);
        Poll::Ready(Ok(()))
    }
}

impl<I: Io> AsyncWrite for Unnamed<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// The frames of a client, told again.
#[derive(Debug)]
pub(crate) struct Frames {
    blocks: Blocks,
    next: Next,
    head: [u8; HEAD],
    have: usize,
    /// The block of headers that has come in part.
    open: Option<Open>,
    /// Whether the connection is over: h2 was told a frame that ends it.
    dead: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// So many bytes that pass as they are.
    Passing(usize),
    Head,
    /// A part of a block of headers: so many bytes, by a frame with this head.
    Part(usize, Head),
}

#[derive(Debug)]
struct Open {
    stream: u32,
    /// END_STREAM, if the block has it.
    end: u8,
    block: Vec<u8>,
    /// Where the part of the frame at hand begins.
    from: usize,
    parts: usize,
    /// Whether h2 was told that the block begins: the time in which it must end
    /// is taken there.
    begun: bool,
}

impl Frames {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            blocks: Blocks::new(limit),
            next: Next::Passing(PREFACE),
            head: [0; HEAD],
            have: 0,
            open: None,
            dead: false,
        }
    }

    /// Reads what has come, and appends what h2 is told.
    pub(crate) fn read(&mut self, mut bytes: &[u8], told: &mut Vec<u8>) {
        while !bytes.is_empty() && !self.dead {
            match &mut self.next {
                Next::Passing(left) => {
                    let passed = take(&mut bytes, left);
                    told.extend_from_slice(passed);
                    if *left == 0 {
                        self.next = Next::Head;
                    }
                }
                Next::Head => {
                    let mut left = HEAD - self.have;
                    let begun = take(&mut bytes, &mut left);
                    self.head[self.have..][..begun.len()].copy_from_slice(begun);
                    self.have += begun.len();
                    if left == 0 {
                        self.have = 0;
                        self.begin(Head::decode(&self.head), told);
                    }
                }
                Next::Part(left, head) => {
                    let (part, head) = (take(&mut bytes, left), *head);
                    let is_whole = *left == 0;
                    if let Some(open) = &mut self.open {
                        open.block.extend_from_slice(part);
                    }
                    if is_whole {
                        self.end_part(head, told);
                    }
                }
            }
        }
        if let Some(open) = self.open.as_mut().filter(|open| !open.begun && !self.dead) {
            open.begun = true;
            let head = Head { length: 0, kind: kind::HEADERS, flags: open.end, stream: open.stream };
            told.extend_from_slice(&head.encode());
        }
    }

    /// A frame begins.
    fn begin(&mut self, head: Head, told: &mut Vec<u8>) {
        match (&mut self.open, head.kind) {
            (None, kind::HEADERS) => {
                let end = head.flags & flag::END_STREAM;
                let (stream, block) = (head.stream, Vec::new());
                self.open = Some(Open { stream, end, block, from: 0, parts: 0, begun: false });
            }
            (Some(open), kind::CONTINUATION) if open.stream == head.stream => {
                open.from = open.block.len();
                open.parts += 1;
            }
            (Some(_), _) => return self.kill(told),
            (None, _) => {
                told.extend_from_slice(&self.head);
                self.next = if head.length > 0 { Next::Passing(head.length) } else { Next::Head };
                return;
            }
        }
        let most = self.blocks.most();
        let is_too_large = self.open.as_ref().is_some_and(|open| {
            open.block.len() + head.length > most + FRAME || open.parts > MOST_PARTS + most / FRAME
        });
        if head.length > FRAME || is_too_large {
            return self.kill(told);
        }
        self.next = Next::Part(head.length, head);
        if head.length == 0 {
            self.end_part(head, told);
        }
    }

    /// A frame with a part of a block has come whole.
    fn end_part(&mut self, head: Head, told: &mut Vec<u8>) {
        self.next = Next::Head;
        let Some(open) = &mut self.open else {
            return;
        };
        if head.kind == kind::HEADERS && strip(&mut open.block, head).is_none() {
            return self.kill(told);
        }
        if !head.has(flag::END_HEADERS) {
            return;
        }
        if let Some(open) = self.open.take() {
            match self.blocks.read(&open.block) {
                Ok(block) => put_block(told, &open, block.unwrap_or(&open.block)),
                Err(_) => self.kill(told),
            }
        }
    }

    /// Tells h2 a frame that no peer may send: what the peer has sent is one, or
    /// too much.
    fn kill(&mut self, told: &mut Vec<u8>) {
        self.dead = true;
        told.extend_from_slice(&Head { length: 0, kind: kind::DATA, flags: 0, stream: 0 }.encode());
    }
}

/// Takes up to `left` bytes.
fn take<'a>(bytes: &mut &'a [u8], left: &mut usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(bytes.len().min(*left));
    *left -= taken.len();
    *bytes = rest;
    taken
}

/// Strips HEADERS of padding and priority; `None` if they are malformed.
fn strip(payload: &mut Vec<u8>, head: Head) -> Option<()> {
    let mut begin = 0;
    let mut end = payload.len();
    if head.has(flag::PADDED) {
        begin = 1;
        end = end.checked_sub(usize::from(*payload.first()?))?;
    }
    if head.has(flag::PRIORITY) {
        begin += 5;
    }
    if begin > end {
        return None;
    }
    payload.truncate(end);
    payload.drain(..begin);
    Some(())
}

/// Tells a block in frames of its stream.
fn put_block(told: &mut Vec<u8>, open: &Open, mut block: &[u8]) {
    let mut kind = if open.begun { kind::CONTINUATION } else { kind::HEADERS };
    loop {
        let (part, rest) = block.split_at(block.len().min(FRAME));
        let mut flags = if kind == kind::HEADERS { open.end } else { 0 };
        if rest.is_empty() {
            flags |= flag::END_HEADERS;
        }
        told.extend_from_slice(&Head { length: part.len(), kind, flags, stream: open.stream }.encode());
        told.extend_from_slice(part);
        if rest.is_empty() {
            return;
        }
        (block, kind) = (rest, kind::CONTINUATION);
    }
}

/// What comes before the first frame of a client.
const PREFACE: usize = 24;

/// The largest frame that h2 takes.
const FRAME: usize = CHUNK;

/// How many frames a block may have that are not full.
const MOST_PARTS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        [&Head { length: payload.len(), kind, flags, stream }.encode()[..], payload].concat()
    }

    /// What h2 is told, with the blocks of headers put together and everything else frame by frame.
    fn told(bytes: &[u8], size: usize) -> Vec<(u8, u32, u8, Vec<u8>)> {
        let (mut frames, mut told) = (Frames::new(1_000), Vec::new());
        bytes.chunks(size).for_each(|chunk| frames.read(chunk, &mut told));
        let mut rest = &told[PREFACE..];
        let mut seen: Vec<(u8, u32, u8, Vec<u8>)> = Vec::new();
        while let Some((head, behind)) = rest.split_first_chunk() {
            let head = Head::decode(head);
            let (payload, behind) = behind.split_at(head.length);
            rest = behind;
            match seen.last_mut() {
                Some(block) if head.kind == kind::CONTINUATION => {
                    block.2 |= head.flags;
                    block.3.extend_from_slice(payload);
                }
                _ => seen.push((head.kind, head.stream, head.flags, payload.to_vec())),
            }
        }
        seen
    }

    #[test]
    fn frames_are_the_same_however_their_bytes_are_split() {
        let block = [&[0x83, 0x86, 0x41, 2][..], b"/x", &[0x44, 1], b"/"].concat();
        let padded = [&[3][..], &[0, 0, 0, 0, 9], &block, &[0; 3]].concat();
        let bytes = [
            vec![7; PREFACE],
            frame(kind::SETTINGS, 0, 0, &[0; 6]),
            frame(kind::HEADERS, flag::END_HEADERS | flag::PADDED | flag::PRIORITY, 1, &padded),
            frame(kind::DATA, flag::END_STREAM, 1, b"data"),
            frame(kind::HEADERS, flag::END_STREAM, 3, &block[..3]),
            frame(kind::CONTINUATION, 0, 3, &[]),
            frame(kind::CONTINUATION, flag::END_HEADERS, 3, &block[3..]),
        ]
        .concat();
        let again = [&[0x83, 0x86, 0x01, 9][..], b"localhost", &[0x04, 1], b"/"].concat();
        let expected = vec![
            (kind::SETTINGS, 0, 0, vec![0; 6]),
            (kind::HEADERS, 1, flag::END_HEADERS, again.clone()),
            (kind::DATA, 1, flag::END_STREAM, b"data".to_vec()),
            (kind::HEADERS, 3, flag::END_HEADERS | flag::END_STREAM, again),
        ];
        for size in 1..=bytes.len() {
            assert_eq!(told(&bytes, size), expected, "in pieces of {size}");
        }
    }

    /// h2 hears of a block that has begun, and takes the time.
    #[test]
    fn a_block_that_does_not_end_is_seen_to_have_begun() {
        let bytes = [vec![7; PREFACE], frame(kind::HEADERS, flag::END_STREAM, 1, &[0x83])].concat();
        for count in PREFACE + HEAD..=bytes.len() {
            assert_eq!(told(&bytes[..count], count), [(kind::HEADERS, 1, flag::END_STREAM, Vec::new())]);
        }
    }

    #[test]
    fn what_no_peer_may_send_ends_the_connection() {
        let begun = frame(kind::HEADERS, 0, 1, &[0x83]);
        let cases = [
            frame(kind::HEADERS, flag::END_HEADERS, 1, &[0x80]),
            frame(kind::HEADERS, flag::END_HEADERS | flag::PADDED, 1, &[9, 0]),
            frame(kind::HEADERS, flag::END_HEADERS | flag::PRIORITY, 1, &[0; 4]),
            [begun.clone(), frame(kind::DATA, 0, 1, &[])].concat(),
            [begun.clone(), frame(kind::CONTINUATION, flag::END_HEADERS, 3, &[])].concat(),
            [begun.clone(), frame(kind::CONTINUATION, 0, 1, &[]).repeat(MOST_PARTS + 1)].concat(),
            [begun, frame(kind::CONTINUATION, 0, 1, &[0; FRAME]).repeat(3)].concat(),
            frame(kind::HEADERS, 0, 1, &[0; FRAME + 1]),
        ];
        for case in cases {
            // Nothing of what comes behind it is read.
            let bytes = [vec![7; PREFACE], case, frame(kind::PING, 0, 0, &[0; 8])].concat();
            for size in [1, 7, bytes.len()] {
                let seen = told(&bytes, size);
                assert_eq!(seen.last(), Some(&(kind::DATA, 0, 0, Vec::new())), "{seen:?}");
            }
        }
    }
}
