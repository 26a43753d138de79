//! What the calls of a run are to do, on both sides.

use std::time::Duration;

use fastrand::Rng;
use puregrpc::Code;

use crate::adversary::Profile;
use crate::content::{Content, MOST, Way};

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) id: usize,
    pub(crate) channel: usize,
    pub(crate) kind: Kind,
    pub(crate) start: Duration,
    pub(crate) deadline: Option<Duration>,
    pub(crate) cancel: Option<Cancel>,
    /// The sizes of the messages each way.
    requests: Vec<usize>,
    replies: Vec<usize>,
    /// How the handler ends the call.
    pub(crate) verdict: Verdict,
    /// After how many requests the handler ends the call without hearing the rest.
    pub(crate) early: Option<usize>,
    pub(crate) server_pause: Pauses,
    pub(crate) client_pause: Pauses,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unary,
    ServerStream,
    ClientStream,
    /// Each request is answered before the next is read.
    PingPong,
    /// The two ways go on independently of each other.
    Duplex,
}

/// How a client gives its call up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancel {
    /// It drops all it has of it.
    After(Duration),
    /// It drops its sender, unclosed, after so many messages.
    Sender(usize),
    /// It drops its receiver after so many messages.
    Receiver(usize),
}

/// How a handler ends its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ok,
    Error(Code),
    /// Not at all.
    Hang,
}

/// When one side does nothing for a while: before the message of this number.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pauses {
    pub(crate) send: Option<(usize, Duration)>,
    pub(crate) recv: Option<(usize, Duration)>,
}

impl Plan {
    /// A message of this call.
    pub(crate) fn content(&self, way: Way, sequence: usize) -> Content {
        let sizes = if way == Way::Request { &self.requests } else { &self.replies };
        Content { call: self.id, way, sequence, len: sizes.get(sequence).copied().unwrap_or(0) }
    }

    /// How many messages go this way if all goes well.
    pub(crate) fn count(&self, way: Way) -> usize {
        match way {
            Way::Request => self.requests.len(),
            Way::Reply => self.replies.len(),
        }
    }

    /// A call without anything special, to see whether calls succeed.
    pub(crate) fn probe(id: usize, channel: usize) -> Self {
        Self {
            id,
            channel,
            kind: Kind::Unary,
            start: Duration::ZERO,
            deadline: None,
            cancel: None,
            requests: vec![100],
            replies: vec![100],
            verdict: Verdict::Ok,
            early: None,
            server_pause: Pauses::default(),
            client_pause: Pauses::default(),
        }
    }

    fn random(id: usize, profile: &Profile, rng: &mut Rng) -> Self {
        let kinds = [Kind::Unary, Kind::Unary, Kind::ServerStream, Kind::ClientStream, Kind::PingPong, Kind::Duplex];
        let kind = kinds[rng.usize(..kinds.len())];
        let streams = |streaming: &[Kind]| streaming.contains(&kind);
        let requests = sizes(streams(&[Kind::ClientStream, Kind::PingPong, Kind::Duplex]), rng);
        let replies = match kind {
            Kind::PingPong => requests.iter().map(|_| size(rng)).collect(),
            _ => sizes(streams(&[Kind::ServerStream, Kind::Duplex]), rng),
        };
        let mut plan = Self { kind, requests, replies, ..Self::probe(id, rng.usize(..profile.channels)) };
        plan.start = start(rng);
        plan.deadline = chance(0.25, rng).then(|| time(rng, profile.longest_pause * 2));
        plan.cancel = chance(0.15, rng).then(|| plan.cancel(rng, profile.longest_pause));
        plan.verdict = plan.verdict(rng);
        plan.early = chance(0.1, rng).then(|| rng.usize(..=plan.requests.len()));
        plan.server_pause = pauses(rng, plan.replies.len(), plan.requests.len(), profile.longest_pause);
        plan.client_pause = pauses(rng, plan.requests.len(), plan.replies.len(), profile.longest_pause);
        plan
    }

    fn cancel(&self, rng: &mut Rng, longest: Duration) -> Cancel {
        match (self.kind, rng.u8(..4)) {
            (Kind::PingPong | Kind::Duplex | Kind::ClientStream, 0) => {
                Cancel::Sender(rng.usize(..=self.requests.len()))
            }
            (Kind::PingPong | Kind::Duplex | Kind::ServerStream, 1) => {
                Cancel::Receiver(rng.usize(..=self.replies.len()))
            }
            _ => Cancel::After(time(rng, longest)),
        }
    }

    /// A handler hangs only in a call that somebody else ends.
    fn verdict(&self, rng: &mut Rng) -> Verdict {
        let ends = self.deadline.is_some() || matches!(self.cancel, Some(Cancel::After(_)));
        match rng.u8(..10) {
            0..=1 => Verdict::Error(CODES[rng.usize(..CODES.len())]),
            2 if ends => Verdict::Hang,
            _ => Verdict::Ok,
        }
    }
}

/// The calls of a run: few enough for no method to be timed as often as it takes to be called slow, since that would
/// let the real clock in.
pub(crate) fn plans(profile: &Profile, rng: &mut Rng) -> Vec<Plan> {
    let calls = rng.usize(6..=30);
    let random = (0..calls).map(|id| Plan::random(id, profile, rng)).collect::<Vec<_>>();
    let probes = (0..profile.channels).map(|channel| Plan::probe(calls + channel, channel));
    random.into_iter().chain(probes).collect()
}

/// With this probability.
pub(crate) fn chance(probability: f64, rng: &mut Rng) -> bool {
    rng.f64() < probability
}

/// From a millisecond up to `longest`, short ones as often as long ones.
pub(crate) fn time(rng: &mut Rng, longest: Duration) -> Duration {
    let longest = longest.as_millis().max(1) as f64;
    Duration::from_micros((1000.0 * longest.powf(rng.f64())) as u64)
}

/// Many calls begin at the same moments.
fn start(rng: &mut Rng) -> Duration {
    if rng.bool() { Duration::from_secs(rng.u64(..4) * 8) } else { Duration::from_millis(rng.u64(..32_000)) }
}

fn sizes(stream: bool, rng: &mut Rng) -> Vec<usize> {
    let count = match (stream, rng.u8(..20)) {
        (false, _) => 1,
        (true, 0) => rng.usize(20..60),
        (true, _) => rng.usize(..12),
    };
    (0..count).map(|_| size(rng)).collect()
}

fn size(rng: &mut Rng) -> usize {
    match rng.u8(..100) {
        0..5 => 0,
        5..45 => rng.usize(1..40),
        45..85 => rng.usize(40..2_000),
        85..95 => rng.usize(2_000..20_000),
        95..99 => rng.usize(20_000..70_000),
        _ => rng.usize(70_000..=MOST),
    }
}

fn pauses(rng: &mut Rng, sends: usize, recvs: usize, longest: Duration) -> Pauses {
    let mut pause = |count| chance(0.2, rng).then(|| (rng.usize(..=count), time(rng, longest)));
    Pauses { send: pause(sends), recv: pause(recvs) }
}

/// None of them is one that the library gives by itself.
const CODES: [Code; 4] = [Code::Aborted, Code::NotFound, Code::DataLoss, Code::PermissionDenied];
