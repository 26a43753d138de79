//! The streams of a link, as one on the way sees them.

use std::collections::BTreeMap;

use puregrpc_support::{Frame, flag, kind};

use crate::wire::Way;

/// What has passed, so that nothing is said that no peer could have said.
#[derive(Debug)]
pub(crate) struct Streams {
    states: BTreeMap<u32, State>,
    /// The last that was let through to the server.
    pub(crate) last: u32,
    /// The last that a GOAWAY has allowed.
    pub(crate) allowed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open {
        client_done: bool,
        server_done: bool,
    },
    /// Both sides have ended it, or one has reset it.
    Over,
    /// The adversary has ended it: what either side still sends is not let through.
    Dead,
}

impl Streams {
    pub(crate) fn new() -> Self {
        Self { states: BTreeMap::new(), last: 0, allowed: u32::MAX >> 1 }
    }

    /// Whether a frame opens a stream.
    pub(crate) fn opens(&self, way: Way, frame: &Frame) -> bool {
        way == Way::Up && frame.kind == kind::HEADERS && !self.states.contains_key(&frame.stream)
    }

    /// Whether a frame is of a stream that the adversary has ended.
    pub(crate) fn is_dead(&self, stream: u32) -> bool {
        self.states.get(&stream) == Some(&State::Dead)
    }

    pub(crate) fn is_open(&self, stream: u32) -> bool {
        matches!(self.states.get(&stream), Some(State::Open { .. }))
    }

    /// The adversary ends a stream.
    pub(crate) fn kill(&mut self, stream: u32) {
        self.states.insert(stream, State::Dead);
    }

    /// Takes note of a frame that is let through.
    pub(crate) fn pass(&mut self, way: Way, frame: &Frame) {
        if self.opens(way, frame) {
            self.last = frame.stream;
            self.states.insert(frame.stream, State::Open { client_done: false, server_done: false });
        }
        let ends = matches!(frame.kind, kind::HEADERS | kind::DATA) && frame.has(flag::END_STREAM);
        if let Some(state) = self.states.get_mut(&frame.stream)
            && let State::Open { client_done, server_done } = state
        {
            match way {
                Way::Up => *client_done |= ends,
                Way::Down => *server_done |= ends,
            }
            if *client_done && *server_done || frame.kind == kind::RST_STREAM {
                *state = State::Over;
            }
        }
    }
}
