//! What a link does with the frames that pass: it may put some between them, and take some away.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::BytesMut;
use fastrand::Rng;
use puregrpc_support::{Frame, PREFACE, Said, error, flag, kind, setting};

use crate::plan::chance;
use crate::service::CALL;
use crate::streams::Streams;
use crate::world::World;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the server.
    Up,
    /// To the client.
    Down,
}

/// The frames of one link.
pub(crate) struct Wire {
    world: Arc<World>,
    link: u64,
    rng: Rng,
    /// Whether it resets, refuses and sends away. Header blocks that depend on each other could not be taken away, so
    /// that then both sides are told to have no table of headers.
    meddles: bool,
    preface: usize,
    streams: Streams,
    /// The call of each stream, as far as its headers tell.
    calls: BTreeMap<u32, usize>,
    up: Lane,
    down: Lane,
}

/// One direction.
#[derive(Default)]
pub(crate) struct Lane {
    /// The beginning of a frame.
    partial: BytesMut,
    /// What is to be delivered.
    pub(crate) out: BytesMut,
    /// Whether no more comes in.
    pub(crate) ended: bool,
    /// Whether a block of headers goes on in the next frame, so that nothing may come in between.
    in_block: bool,
}

impl Wire {
    pub(crate) fn new(world: Arc<World>, link: u64, mut rng: Rng) -> Self {
        let meddles = world.profile.meddles() && chance(0.9, &mut rng);
        let (up, down) = (Lane::default(), Lane::default());
        Self {
            world,
            link,
            rng,
            meddles,
            preface: PREFACE.len(),
            streams: Streams::new(),
            calls: BTreeMap::new(),
            up,
            down,
        }
    }

    pub(crate) fn lane(&mut self, way: Way) -> &mut Lane {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    /// Takes what has come.
    pub(crate) fn push(&mut self, way: Way, mut bytes: &[u8]) {
        let before = self.held();
        if way == Way::Up && self.preface > 0 {
            let preface = self.preface.min(bytes.len());
            self.up.out.extend_from_slice(&bytes[..preface]);
            self.preface -= preface;
            bytes = &bytes[preface..];
        }
        self.lane(way).partial.extend_from_slice(bytes);
        while let Some(frame) = Frame::parse(&mut self.lane(way).partial) {
            self.pass(way, frame);
        }
        let mut state = self.world.lock();
        state.held = state.held + self.held() - before;
    }

    /// How many bytes are under way.
    pub(crate) fn held(&self) -> usize {
        [&self.up, &self.down].iter().map(|lane| lane.partial.len() + lane.out.len()).sum()
    }

    fn pass(&mut self, way: Way, frame: Frame) {
        self.world.note(|| format!("link {} {way:?}: {}", self.link, line(&frame)));
        if self.streams.opens(way, &frame) {
            self.calls.extend(call_of(&frame).map(|call| (frame.stream, call)));
            if self.refuses(frame.stream) {
                self.streams.kill(frame.stream);
            }
        }
        if self.streams.is_dead(frame.stream) {
            return self.swallow(way, &frame);
        }
        self.streams.pass(way, &frame);
        let frame = self.changed(way, frame);
        self.queue(way, &frame);
        if self.meddles && !self.world.is_quiet() && !self.up.in_block && !self.down.in_block {
            self.meddle(&frame);
        }
    }

    /// What is sent on a dead stream took window of the connection, which its sender gets back.
    fn swallow(&mut self, way: Way, frame: &Frame) {
        if frame.kind == kind::DATA && !frame.payload.is_empty() {
            self.queue(back(way), &Frame::window_update(0, frame.payload.len() as u32));
        }
    }

    /// Whether a new call is not let through: beyond a GOAWAY, or refused for the server.
    fn refuses(&mut self, stream: u32) -> bool {
        if stream > self.streams.allowed && self.meddles {
            return true;
        }
        let refuses = self.meddles
            && !self.world.is_quiet()
            && !self.down.in_block
            && chance(self.world.profile.refuse, &mut self.rng);
        if refuses {
            let call = self.calls.get(&stream).copied();
            self.world.hit("REFUSED_STREAM", self.link, call, || format!("link {}, stream {stream}", self.link));
            self.queue(Way::Down, &Frame::reset(stream, error::REFUSED_STREAM));
        }
        refuses
    }

    fn changed(&mut self, way: Way, frame: Frame) -> Frame {
        match frame.kind {
            kind::SETTINGS if self.meddles && !frame.has(flag::ACK) => {
                let mut payload = BytesMut::from(&frame.payload[..]);
                payload.extend_from_slice(&setting::HEADER_TABLE_SIZE.to_be_bytes());
                payload.extend_from_slice(&0_u32.to_be_bytes());
                Frame { payload: payload.freeze(), ..frame }
            }
            // A peer may lower the last stream that it has acted on, and never raise it.
            kind::GOAWAY if way == Way::Down => {
                self.streams.allowed = self.streams.allowed.min(frame.number(0));
                let mut payload = BytesMut::from(&frame.payload[..]);
                payload[..4].copy_from_slice(&self.streams.allowed.to_be_bytes());
                Frame { payload: payload.freeze(), ..frame }
            }
            _ => frame,
        }
    }

    fn queue(&mut self, way: Way, frame: &Frame) {
        let lane = self.lane(way);
        frame.encode(&mut lane.out);
        if matches!(frame.kind, kind::HEADERS | kind::CONTINUATION) {
            lane.in_block = !frame.has(flag::END_HEADERS);
        }
    }

    /// Does harm behind a frame.
    fn meddle(&mut self, frame: &Frame) {
        if !matches!(frame.kind, kind::HEADERS | kind::DATA) {
            return;
        }
        let stream = frame.stream;
        if self.streams.is_open(stream) && chance(self.world.profile.reset, &mut self.rng) {
            let (fault, code) = RESETS[self.rng.usize(..RESETS.len())];
            let call = self.calls.get(&stream).copied();
            self.world.hit(fault, self.link, call, || format!("link {}, stream {stream}", self.link));
            self.streams.kill(stream);
            self.queue(Way::Down, &Frame::reset(stream, code));
            self.queue(Way::Up, &Frame::reset(stream, error::CANCEL));
        }
        if chance(self.world.profile.goaway, &mut self.rng) {
            let (fault, code) = GOAWAYS[self.rng.usize(..GOAWAYS.len())];
            self.world.hit(fault, self.link, None, || format!("link {} after stream {}", self.link, self.streams.last));
            self.streams.allowed = self.streams.allowed.min(self.streams.last);
            self.queue(Way::Down, &Frame::goaway(self.streams.allowed, code, "sent by the adversary"));
        }
    }
}

/// The call that is made by a frame; nothing if that cannot be told from it alone.
fn call_of(frame: &Frame) -> Option<usize> {
    let mut bytes = BytesMut::new();
    frame.encode(&mut bytes);
    let said = Said::by_server(&bytes);
    let call = said.streams.get(&frame.stream)?.blocks.first()?.raw(CALL)?;
    std::str::from_utf8(call).ok()?.parse().ok()
}

/// The other way.
fn back(way: Way) -> Way {
    match way {
        Way::Up => Way::Down,
        Way::Down => Way::Up,
    }
}

fn line(frame: &Frame) -> String {
    const NAMES: [&str; 10] = [
        "DATA",
        "HEADERS",
        "PRIORITY",
        "RST_STREAM",
        "SETTINGS",
        "PUSH_PROMISE",
        "PING",
        "GOAWAY",
        "WINDOW_UPDATE",
        "CONTINUATION",
    ];
    let name = NAMES.get(usize::from(frame.kind)).unwrap_or(&"unknown");
    let numbers: Vec<_> = match frame.kind {
        kind::DATA | kind::HEADERS | kind::CONTINUATION => vec![frame.payload.len() as u32],
        _ => (0..frame.payload.len() / 4).map(|place| frame.number(4 * place)).collect(),
    };
    format!("{name} {} flags {:#x} {numbers:?}", frame.stream, frame.flags)
}

const RESETS: [(&str, u32); 4] = [
    ("reset with CANCEL", error::CANCEL),
    ("reset with INTERNAL_ERROR", error::INTERNAL_ERROR),
    ("reset with ENHANCE_YOUR_CALM", error::ENHANCE_YOUR_CALM),
    ("reset with NO_ERROR", error::NO_ERROR),
];

const GOAWAYS: [(&str, u32); 3] =
    [("GOAWAY", error::NO_ERROR), ("GOAWAY", error::NO_ERROR), ("GOAWAY with an error", error::ENHANCE_YOUR_CALM)];
