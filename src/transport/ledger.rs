//! What the frames of a connection come to.

use std::sync::Arc;

use tokio::time::Instant;

use crate::codec::CHUNK;
use crate::transport::ages::Ages;
use crate::transport::breach::Breach;
use crate::transport::bucket::Bucket;
use crate::transport::header_lists::HeaderLists;
use crate::transport::meter::Allowance;
use crate::transport::peer_settings::PeerSettings;
use crate::transport::pings::Pings;
use crate::transport::walker::{Head, MAX_STREAM, flag, kind};

/// What the frames of one connection come to, in both directions.
#[derive(Debug)]
pub(super) struct Ledger {
    /// The kind of the frame that comes now, and whether it or the block of
    /// headers that it belongs to is to be followed by another one.
    pub(super) kind: u8,
    pub(super) block_open: bool,
    /// How much of the block has come, and whether it is the trailers of a request.
    block: usize,
    behind: bool,
    pub(super) header_lists: Arc<HeaderLists>,
    pub(super) peer_settings: PeerSettings,
    /// Whether something was finished that the peer must send in one go.
    pub(super) finished: bool,
    /// Whether there is a frame among those that came last that h2 may not see.
    pub(super) odd: bool,
    pub(super) settings: Bucket,
    pub(super) control_frames: Bucket,
    pub(super) resets: Bucket,
    /// Whether the peer has made us reset more calls than it may.
    pub(super) faulty: bool,
    pub(super) pings: Pings,
    /// What the last bit of the numbers of the peer's own streams is.
    pub(super) parity: u32,
    pub(super) ages: Ages,
    /// Whether the peer's SETTINGS have come.
    pub(super) greeted: bool,
    pub(super) last_call: Instant,
    /// The last stream of the last GOAWAY that was sent.
    pub(super) going_away: Option<u32>,
    /// How much of the connection's window the peer has left.
    pub(super) window: i64,
    /// How many small DATA frames have come.
    pub(super) small: u32,
}

impl Ledger {
    /// Nothing has come yet; `parity` is the last bit of the numbers of the peer's own streams.
    pub(super) fn new(allowance: &Allowance, parity: u32, now: Instant) -> Self {
        Self {
            kind: kind::DATA,
            block_open: false,
            block: 0,
            behind: false,
            header_lists: Arc::new(HeaderLists::new(allowance.header_list)),
            peer_settings: PeerSettings::default(),
            finished: false,
            odd: false,
            settings: Bucket::new(allowance.settings, SETTINGS_PER_SECOND, now),
            control_frames: Bucket::new(allowance.control_frames, CONTROL_FRAMES_PER_SECOND, now),
            resets: Bucket::new(allowance.resets, allowance.resets_per_second, now),
            faulty: false,
            pings: Pings::new(allowance.ping_interval, allowance.ping_interval_without_calls),
            parity,
            ages: Ages::new(now),
            greeted: false,
            last_call: now,
            going_away: None,
            window: FIRST_WINDOW,
            small: 0,
        }
    }

    /// As [`receive`](Self::receive), before the peer has greeted.
    #[cold]
    #[inline(never)]
    pub(super) fn receive_first(
        &mut self,
        head: Head,
        behind: &[u8],
        now: Instant,
        calls: &mut bool,
    ) -> Result<(), Breach> {
        self.receive(head, behind, now, calls)
    }

    /// Counts a frame of the peer. It is a part of the loop over the frames.
    #[inline(always)]
    pub(super) fn receive(&mut self, head: Head, behind: &[u8], now: Instant, calls: &mut bool) -> Result<(), Breach> {
        self.finished |= !self.block_open;
        self.kind = head.kind;
        match head.kind {
            kind::DATA if !head.has(flag::PADDED) && (head.length > 0 || head.has(flag::END_STREAM)) => {
                self.spend(head.length);
                Ok(())
            }
            kind::HEADERS => {
                self.block_open = !head.has(flag::END_HEADERS);
                self.block = head.length;
                self.behind = false;
                self.last_call = now;
                *calls = true;
                if head.stream & 1 == self.parity && head.stream > self.ages.newest() {
                    self.ages.open(head.stream);
                    self.control_frames.give(CREDIT, MOST_CREDIT);
                    return Ok(());
                }
                // An answer's headers and trailers, for which the call's own frames have given credit. Interim answers,
                // and headers of calls that are over, may come in any number.
                self.behind = head.stream & 1 == self.parity;
                self.check_trailers()?;
                enough(self.control_frames.take(now), Breach::ControlFrames)
            }
            _ => self.control(head, behind, now, *calls),
        }
    }

    /// Counts a frame that carries nothing of a call, but for CONTINUATION.
    fn control(&mut self, head: Head, behind: &[u8], now: Instant, calls: bool) -> Result<(), Breach> {
        match head.kind {
            // Whether it carries anything is seen later.
            kind::DATA if head.has(flag::PADDED) => {
                self.odd = true;
                self.spend(head.length);
                return Ok(());
            }
            kind::DATA => self.odd = true,
            kind::WINDOW_UPDATE => self.odd |= self.going_away.is_some(),
            kind::CONTINUATION => {
                self.block_open = !head.has(flag::END_HEADERS);
                self.continue_block(head);
                self.check_trailers()?;
                if head.length > 0 {
                    return Ok(());
                }
            }
            kind::SETTINGS if !head.has(flag::ACK) => {
                self.greeted = true;
                self.peer_settings.begin(head.length, behind, &self.header_lists);
                return enough(self.settings.take(now), Breach::Settings);
            }
            kind::RST_STREAM if self.ages.is_young(head.stream) => enough(self.resets.take(now), Breach::Resets)?,
            kind::PING if !head.has(flag::ACK) => enough(self.pings.admit(now, calls), Breach::Pings)?,
            kind::PING => self.odd |= self.going_away.is_some(),
            _ => {}
        }
        enough(self.control_frames.take(now), Breach::ControlFrames)
    }

    /// gRPC's requests have no trailers. h2 keeps them until the body is read.
    fn check_trailers(&self) -> Result<(), Breach> {
        enough(!self.behind || self.block <= MOST_TRAILERS, Breach::Trailers)
    }

    fn continue_block(&mut self, head: Head) {
        let limit = self.header_lists.oversized_block();
        let before = self.block;
        // h2 reads none of a frame that is larger than it may be.
        self.block += if head.length <= CHUNK { head.length } else { 0 };
        if before <= limit && self.block > limit {
            self.header_lists.note_oversized(head.stream);
        }
    }

    /// The peer has spent window on DATA.
    #[inline]
    fn spend(&mut self, length: usize) {
        self.window -= length as i64;
        self.small = self.small.wrapping_add(u32::from(length < SMALL));
    }

    /// Notes a frame that was sent to the peer and carries nothing of a call; 1 if it
    /// tells of a fault of the peer.
    #[inline(never)]
    pub(super) fn send_other(&mut self, kind: u8, stream: u32, payload: &[u8]) -> u32 {
        match kind {
            // h2 writes small frames in one piece.
            kind::RST_STREAM => return u32::from(is_fault(payload)),
            kind::GOAWAY => self.going_away = payload.first_chunk().map(|id| u32::from_be_bytes(*id) & MAX_STREAM),
            kind::WINDOW_UPDATE if stream == 0 => self.window += i64::from(increment(payload)),
            _ => {}
        }
        0
    }

    /// Notes frames of calls that were sent to the peer, and how many of them
    /// ended their calls.
    #[inline]
    pub(super) fn credit(&mut self, frames: u32, ends: u32) {
        self.pings.forget();
        self.control_frames.give(frames.saturating_mul(CREDIT), MOST_CREDIT);
        self.resets.give(ends, 0);
    }
}

/// Whether a reset of ours says that the peer broke the protocol: to make us do
/// so cancels a call without a RST_STREAM (CVE-2025-8671).
fn is_fault(payload: &[u8]) -> bool {
    let faults = [h2::Reason::PROTOCOL_ERROR, h2::Reason::FLOW_CONTROL_ERROR, h2::Reason::STREAM_CLOSED];
    payload.first_chunk().is_some_and(|code| faults.contains(&u32::from_be_bytes(*code).into()))
}

/// By how much a WINDOW_UPDATE opens a window.
fn increment(payload: &[u8]) -> u32 {
    payload.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

#[inline]
pub(super) fn enough(there: bool, breach: Breach) -> Result<(), Breach> {
    if there { Ok(()) } else { Err(breach) }
}

/// The window of a connection before it is opened further (RFC 9113, 6.9.2).
const FIRST_WINDOW: i64 = 65_535;

/// Below this size h2 charges a DATA frame that lies unread.
const SMALL: usize = 256;

const SETTINGS_PER_SECOND: u32 = 10;
const CONTROL_FRAMES_PER_SECOND: u32 = 1_000;

/// How long the trailers of a request may be, as they are sent.
const MOST_TRAILERS: usize = 1024;

/// How many control frames come free with each DATA and HEADERS frame.
pub(super) const CREDIT: u32 = 10;

/// How much of that is kept: a whole window of small messages may be on its
/// way before the first WINDOW_UPDATE for it comes. To read as many frames
/// takes a tenth of a second.
const MOST_CREDIT: u32 = 1_000_000;
