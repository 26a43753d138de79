//! What a peer costs apart from its calls.
//!
//! h2 answers PING and SETTINGS by itself and ignores much else, as often as
//! it comes: a single connection can keep a core busy. So the frames are
//! counted here, before h2 sees them, by their heads alone.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::transport::breach::Breach;
use crate::transport::header_lists::HeaderLists;
use crate::transport::ledger::{Ledger, enough};
use crate::transport::settings;
use crate::transport::sieve::Place;
use crate::transport::turned::{Turned, Written};
use crate::transport::walker::{MAX_STREAM, Walker, flag, kind};

/// How much a peer may ask for; a server's limits tell what the fields mean.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    pub(crate) settings: u32,
    pub(crate) control_frames: u32,
    pub(crate) resets: u32,
    pub(crate) resets_per_second: u32,
    /// How long to wait between two pings.
    pub(crate) ping_interval: Duration,
    pub(crate) ping_interval_without_calls: Duration,
    /// How large a list of headers may be, as it is announced.
    pub(crate) header_list: u32,
}

/// What any peer may ask for, and what none should need.
impl Default for Allowance {
    fn default() -> Self {
        Self {
            settings: 20,
            control_frames: 10_000,
            // A call that the program gives up may cost as many as its server had
            // messages on their way.
            resets: 100_000,
            resets_per_second: 10_000,
            ping_interval: Duration::ZERO,
            ping_interval_without_calls: Duration::ZERO,
            header_list: settings::MAX_HEADER_LIST_SIZE,
        }
    }
}

/// The frames of one connection in both directions.
#[derive(Debug)]
pub(crate) struct Meter {
    received: Walker,
    sent: Walker,
    ledger: Ledger,
    /// Where in the peer's frames the last read began.
    begun: (usize, bool),
    last_read: Instant,
    /// Since when the peer is waited for in the middle of a frame that it
    /// should have sent in one go.
    stalled: Option<Instant>,
}

impl Meter {
    /// The meter of a server's connection.
    pub(crate) fn server(allowance: &Allowance) -> Self {
        Self::new([PREFACE, 0], allowance)
    }

    /// The meter of a client's connection.
    pub(crate) fn client(allowance: &Allowance) -> Self {
        Self::new([0, PREFACE], allowance)
    }

    fn new([received, sent]: [usize; 2], allowance: &Allowance) -> Self {
        let now = Instant::now();
        Self {
            received: Walker::behind(received),
            sent: Walker::behind(sent),
            ledger: Ledger::new(allowance, u32::from(received > 0), now),
            begun: (0, false),
            last_read: now,
            stalled: None,
        }
    }

    /// Counts what has come from the peer; `calls` tells whether it has calls open.
    pub(crate) fn receive(&mut self, bytes: &[u8], now: Instant, mut calls: bool) -> Result<(), Breach> {
        let ledger = &mut self.ledger;
        ledger.ages.note(now, self.last_read);
        self.last_read = now;
        ledger.finished = false;
        ledger.odd = false;
        self.begun = (self.received.rest(), ledger.block_open);
        enough(!ledger.faulty, Breach::Resets)?;
        ledger.peer_settings.go_on(bytes, &ledger.header_lists);
        if ledger.greeted {
            self.received.walk(bytes, |head, behind| ledger.receive(head, behind, now, &mut calls))?;
        } else {
            self.greet(bytes, now, calls)?;
        }
        if self.stalled.is_some() && (self.ledger.finished || !self.is_owed()) {
            self.stalled = None;
        }
        Ok(())
    }

    /// The same for what comes before the peer has greeted: its first frame is SETTINGS.
    #[cold]
    fn greet(&mut self, bytes: &[u8], now: Instant, mut calls: bool) -> Result<(), Breach> {
        let ledger = &mut self.ledger;
        self.received.walk(bytes, |head, behind| {
            let greets = head.kind == kind::SETTINGS && !head.has(flag::ACK);
            enough(ledger.greeted || greets, Breach::FirstFrame)?;
            ledger.receive_first(head, behind, now, &mut calls)
        })
    }

    /// Whether h2 may not see all that came last, or not yet.
    #[inline]
    pub(crate) fn is_odd(&self) -> bool {
        self.ledger.odd || self.received.is_inside_head()
    }

    /// How large lists of headers may be, in both directions.
    pub(crate) fn header_lists(&self) -> &Arc<HeaderLists> {
        &self.ledger.header_lists
    }

    /// How many bytes this side sends before its first frame.
    pub(crate) fn preface(&self) -> usize {
        if self.is_client() { PREFACE } else { 0 }
    }

    /// Whether this is the end that begins calls.
    pub(crate) fn is_client(&self) -> bool {
        self.ledger.parity == 0
    }

    /// Where in the peer's frames the last read began.
    #[cold]
    pub(crate) fn place(&self) -> Place {
        let ((rest, block_open), server) = (self.begun, !self.is_client());
        let leaving = self.ledger.going_away == Some(MAX_STREAM);
        Place { rest, block_open, leaving, newest: self.newest(), server }
    }

    /// Counts frames that turned out to carry nothing.
    #[cold]
    pub(crate) fn charge(&mut self, frames: u32) -> Result<(), Breach> {
        (0..frames).try_for_each(|_| enough(self.ledger.control_frames.take(self.last_read), Breach::ControlFrames))
    }

    /// The newest stream that the peer has begun.
    pub(crate) fn newest(&self) -> u32 {
        self.ledger.ages.newest()
    }

    /// Whether all frames of the peer have come to their end, and its blocks of headers.
    pub(crate) fn is_quiet(&self) -> bool {
        self.received.is_between_frames() && !self.ledger.block_open
    }

    /// Whether all frames for the peer are whole.
    pub(crate) fn is_between_sent(&self) -> bool {
        self.sent.is_between_frames()
    }

    /// Notes that nothing more has come.
    pub(crate) fn wait(&mut self) {
        if self.is_owed() && self.stalled.is_none() {
            self.stalled = Some(Instant::now());
        }
    }

    /// Counts what h2 sends to the peer.
    #[inline(always)]
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let (mut frames, mut ends, mut faults) = (0, 0, 0);
        let ledger = &mut self.ledger;
        let Ok(()) = self.sent.walk(bytes, |head, behind| {
            // DATA and HEADERS.
            if head.kind <= kind::HEADERS {
                frames += 1;
                ends += u32::from(head.has(flag::END_STREAM));
            } else {
                faults += ledger.send_other(head.kind, head.stream, behind);
            }
            Ok::<_, Infallible>(())
        });
        if frames > 0 {
            self.ledger.credit(frames, ends);
        }
        for _ in 0..faults {
            self.ledger.faulty |= !self.ledger.resets.take(self.last_read);
        }
    }

    /// The last words to a peer: a GOAWAY, if one can be put in here.
    pub(crate) fn farewell(&self, breach: Breach) -> Option<Vec<u8>> {
        // Later GOAWAYs must not name later streams.
        let last = self.newest().min(self.ledger.going_away.unwrap_or(MAX_STREAM));
        self.sent.is_between_frames().then(|| breach.goaway(last))
    }

    pub(crate) fn has_greeted(&self) -> bool {
        self.ledger.greeted
    }

    /// When the last byte came.
    pub(crate) fn last_read(&self) -> Instant {
        self.last_read
    }

    /// When the last headers came.
    pub(crate) fn last_call(&self) -> Instant {
        self.ledger.last_call
    }

    /// What the end of a turn tells that has written so much.
    pub(crate) fn turned(&self, written: Written) -> Turned {
        let Ledger { window, small, .. } = self.ledger;
        Turned { written, stalled: self.stalled, window, small }
    }

    /// Since when the rest of a frame or of a block of headers is waited for.
    pub(crate) fn stalled(&self) -> Option<Instant> {
        self.stalled
    }

    /// Whether the peer has begun what it must send in one go. DATA need not be.
    fn is_owed(&self) -> bool {
        self.ledger.block_open
            || self.received.is_inside_head()
            || (self.ledger.kind != kind::DATA && !self.received.is_between_frames())
    }
}

/// What comes before the first frame of a client.
const PREFACE: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::ledger::CREDIT;
    use crate::transport::walker::Head;

    fn frame(kind: u8, flags: u8, stream: u32, length: usize) -> Vec<u8> {
        let mut bytes = Head { length, kind, flags, stream }.encode().to_vec();
        bytes.resize(bytes.len() + length, 0);
        bytes
    }

    fn greeted(mut meter: Meter) -> Meter {
        meter.ledger.greeted = true;
        meter
    }

    #[test]
    fn the_first_frame_is_settings() {
        let settings = || frame(kind::SETTINGS, 0, 0, 6);
        for first in [frame(kind::HEADERS, flag::END_HEADERS, 1, 9), frame(kind::SETTINGS, flag::ACK, 0, 0)] {
            for (frames, outcome) in
                [([settings(), first.clone()], Ok(())), ([first, settings()], Err(Breach::FirstFrame))]
            {
                let bytes = frames.concat();
                for size in 1..=bytes.len() {
                    let mut meter = Meter::client(&Allowance::default());
                    let now = meter.last_read;
                    let got = bytes.chunks(size).try_for_each(|chunk| meter.receive(chunk, now, false));
                    assert_eq!(got, outcome, "in pieces of {size}");
                }
            }
        }
    }

    /// What comes of `frames` in pieces of each size, which must be the same.
    fn outcome(allowance: &Allowance, frames: &[Vec<u8>]) -> Result<(), Breach> {
        let bytes = [vec![0; PREFACE], frames.concat()].concat();
        let mut outcomes = (1..=bytes.len()).map(|size| {
            let mut meter = greeted(Meter::server(allowance));
            let now = meter.last_read;
            let outcome = bytes.chunks(size).try_for_each(|chunk| meter.receive(chunk, now, false));
            assert!(outcome.is_err() || !meter.is_owed(), "in pieces of {size}");
            outcome
        });
        let first = outcomes.next().unwrap();
        assert!(outcomes.all(|outcome| outcome == first));
        first
    }

    fn small() -> Allowance {
        let ping_interval = Duration::from_secs(300);
        Allowance {
            settings: 3,
            control_frames: 5,
            resets: 2,
            resets_per_second: 100,
            ping_interval,
            ping_interval_without_calls: ping_interval,
            ..Allowance::default()
        }
    }

    #[test]
    fn each_budget_holds_as_far_as_it_goes_however_the_bytes_are_split() {
        let cases = [
            (3, frame(kind::SETTINGS, 0, 0, 6), Breach::Settings),
            (5, frame(kind::SETTINGS, flag::ACK, 0, 0), Breach::ControlFrames),
            (5, frame(8, 0, 0, 4), Breach::ControlFrames),
            (5, frame(2, 0, 1, 5), Breach::ControlFrames),
            (5, frame(0xba, 0xff, 7, 3), Breach::ControlFrames),
            (5, frame(kind::DATA, 0, 1, 0), Breach::ControlFrames),
            (5, frame(kind::CONTINUATION, flag::END_HEADERS, 1, 0), Breach::ControlFrames),
            (5, frame(kind::PING, flag::ACK, 0, 8), Breach::ControlFrames),
            (3, frame(kind::PING, 0, 0, 8), Breach::Pings),
            (2, frame(kind::RST_STREAM, 0, 1, 4), Breach::Resets),
        ];
        for (allowed, frame, breach) in cases {
            assert_eq!(outcome(&small(), &vec![frame.clone(); allowed]), Ok(()), "{breach:?}");
            assert_eq!(outcome(&small(), &vec![frame; allowed + 1]), Err(breach));
        }
    }

    #[test]
    fn headers_that_begin_no_call_are_counted() {
        let trailers = frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, 1, 3);
        let call = frame(kind::HEADERS, flag::END_HEADERS, 1, 20);
        let credit = CREDIT as usize + 5;
        let behind = |count| [vec![call.clone()], vec![trailers.clone(); count]].concat();
        assert_eq!(outcome(&small(), &behind(credit)), Ok(()));
        assert_eq!(outcome(&small(), &behind(credit + 1)), Err(Breach::ControlFrames));

        let interim = frame(kind::HEADERS, flag::END_HEADERS, 1, 1);
        let mut client = greeted(Meter::client(&small()));
        let now = client.last_read;
        assert_eq!(client.receive(&interim.repeat(5), now, true), Ok(()));
        assert_eq!(client.receive(&interim, now, true), Err(Breach::ControlFrames));
        client.send(&[vec![0; PREFACE], call].concat());
        assert_eq!(client.receive(&interim.repeat(CREDIT as usize), now, true), Ok(()));
    }

    #[test]
    fn what_carries_calls_is_not_counted() {
        let call = [frame(kind::HEADERS, flag::END_HEADERS, 1, 20), frame(kind::DATA, flag::END_STREAM, 1, 0)].concat();
        assert_eq!(outcome(&small(), &vec![call; 5]), Ok(()));
        let block = [frame(kind::HEADERS, 0, 1, 20), frame(kind::CONTINUATION, flag::END_HEADERS, 1, 9)].concat();
        assert_eq!(outcome(&small(), &vec![block; 5]), Ok(()));
        assert_eq!(outcome(&small(), &vec![frame(kind::DATA, 0, 1, 5); 10]), Ok(()));
    }

    #[test]
    fn calls_and_their_answers_bring_credit() {
        let mut meter = greeted(Meter::client(&small()));
        let (now, control) = (meter.last_read, frame(8, 0, 0, 4));
        for credit in [frame(kind::DATA, 0, 1, 100), frame(kind::HEADERS, flag::END_HEADERS, 1, 9)] {
            meter.receive(&control.repeat(5), now, true).unwrap();
            meter.send(&[&vec![0; if credit[3] == kind::DATA { PREFACE } else { 0 }], &credit[..]].concat());
        }
        meter.receive(&control.repeat(2 * CREDIT as usize - 5), now, true).unwrap();
        assert_eq!(meter.receive(&control, now, true), Err(Breach::ControlFrames));
    }

    #[test]
    fn resets_that_the_peer_has_made_us_send_count_as_its_own() {
        let reset = |code: u8| [&frame(kind::RST_STREAM, 0, 1, 4)[..12], &[code]].concat();
        for (code, counts) in [(0, false), (1, true), (3, true), (5, true), (7, false), (8, false)] {
            let mut meter = Meter::client(&small());
            meter.send(&[&[0; PREFACE], &reset(code).repeat(2)[..]].concat());
            assert_eq!(meter.receive(&[0], meter.last_read, true), Ok(()), "{code}");
            meter.send(&reset(code));
            assert_eq!(meter.receive(&[0], meter.last_read, true).is_err(), counts, "{code}");
        }
    }

    #[test]
    fn whoever_leaves_something_half_sent_is_owed_for() {
        let headers = frame(kind::HEADERS, 0, 1, 3);
        let end = frame(kind::CONTINUATION, flag::END_HEADERS, 1, 3);
        let data = frame(kind::DATA, 0, 1, 3);
        let bytes = [&headers[..], &end, &data].concat();
        let owed_until = headers.len() + end.len();
        let mut meter = greeted(Meter::client(&small()));
        for (count, byte) in bytes.iter().enumerate() {
            meter.receive(&[*byte], meter.last_read, true).unwrap();
            meter.wait();
            let in_head = (1..9).contains(&(count + 1 - owed_until.min(count + 1)));
            assert_eq!(meter.stalled().is_some(), count + 1 < owed_until || in_head, "after {} bytes", count + 1);
        }
    }

    #[test]
    fn last_words_are_said_between_frames_only() {
        let mut meter = Meter::client(&small());
        assert_eq!(meter.farewell(Breach::Pings), None);
        meter.send(&[0; PREFACE]);
        let (goaway, data) = (frame(kind::GOAWAY, 0, 0, 8), frame(kind::DATA, 0, 1, 5));
        meter.send(&data[..12]);
        assert_eq!(meter.farewell(Breach::Pings), None);
        meter.send(&data[12..]);
        let words = meter.farewell(Breach::Pings).unwrap();
        assert!(words.ends_with(b"\0\0\0\x0btoo_many_pings"));
        meter.send(&goaway);
        assert_eq!(meter.farewell(Breach::Pings).unwrap()[9..13], [0; 4]);
    }
}
