//! What must hold of each call once it has ended.

use std::time::Duration;

use puregrpc::Code;

use crate::adversary::Mood;
use crate::content::Way;
use crate::plan::{Cancel, Kind, Plan, Verdict};
use crate::service::error_of;
use crate::world::{End, Hit, Record, State, World};

/// Looks at all calls of a run; gives what must not be.
pub(crate) fn violations(world: &World) -> Vec<String> {
    let state = world.lock();
    let mut found = Vec::new();
    for (plan, record) in world.plans.iter().zip(&state.calls) {
        let call = Call { world, state: &state, plan, record };
        found.extend(call.faults().into_iter().map(|fault| format!("call {}: {fault}: {record:?}", plan.id)));
    }
    found
}

struct Call<'a> {
    world: &'a World,
    state: &'a State,
    plan: &'a Plan,
    record: &'a Record,
}

impl Call<'_> {
    fn faults(&self) -> Vec<&'static str> {
        let [(end, at)] = &self.record.ends[..] else {
            return vec!["it has not ended once"];
        };
        let mut faults = Vec::new();
        let mut rule = |holds: bool, fault| {
            if !holds {
                faults.push(fault);
            }
        };
        rule(self.record.starts <= 1, "its handler has begun more than once");
        rule(self.end_was_true(), "its server saw an end before all requests");
        rule(self.is_planned(end) || self.is_excused(end, *at), "nothing has ended it so");
        rule(self.is_whole(end), "not all messages have come");
        rule(self.is_in_time(end, *at), "its deadline was not kept");
        faults
    }

    fn sends(&self, way: Way) -> bool {
        match way {
            Way::Request => matches!(self.plan.kind, Kind::ClientStream | Kind::PingPong | Kind::Duplex),
            Way::Reply => matches!(self.plan.kind, Kind::ServerStream | Kind::PingPong | Kind::Duplex),
        }
    }

    /// A stream that looks complete is complete.
    fn end_was_true(&self) -> bool {
        !self.record.server.saw_end || self.record.server.received == self.plan.count(Way::Request)
    }

    /// Whether the call has ended as its handler, its client or its deadline were to end it.
    fn is_planned(&self, end: &End) -> bool {
        match end {
            End::Dropped => matches!(self.plan.cancel, Some(Cancel::After(_) | Cancel::Receiver(_))),
            End::Ok => self.plan.verdict == Verdict::Ok && self.record.verdict == Some(Ok(())),
            End::Error(Code::DeadlineExceeded, _) => self.plan.deadline.is_some(),
            End::Error(Code::Cancelled, _) if matches!(self.plan.cancel, Some(Cancel::Sender(_))) => true,
            End::Error(code, message) => {
                self.plan.verdict == Verdict::Error(*code)
                    && self.record.verdict == Some(Err(*code))
                    && *message == error_of(self.plan)
            }
        }
    }

    /// Whether the adversary has done what may end a call so, to it or to a link that it can have used.
    fn is_excused(&self, end: &End, at: Duration) -> bool {
        let End::Error(code, _) = end else {
            return false;
        };
        let done =
            |faults: &[&str]| self.state.hits.iter().any(|hit| faults.contains(&hit.fault) && self.felt(hit, at));
        match code {
            Code::Unavailable => match self.world.profile.mood {
                Mood::Calm => false,
                Mood::Graceful => self.record.starts == 0 && done(&["drain", "nobody listens", "nobody answers"]),
                Mood::Hostile => {
                    let setup = &self.world.profile.setup;
                    setup.is_tight() || done(LOSSES) || setup.is_impatient() && done(&["delay"])
                }
            },
            Code::Cancelled => done(&["reset with CANCEL"]),
            Code::Internal => done(&["reset with INTERNAL_ERROR", "reset with NO_ERROR"]),
            Code::ResourceExhausted => done(&["reset with ENHANCE_YOUR_CALM"]),
            _ => false,
        }
    }

    /// Whether a call that has ended then can have felt this: until its channel had another connection.
    fn felt(&self, hit: &Hit, end: Duration) -> bool {
        let links = &self.state.links;
        let life = &links[hit.link as usize - 1];
        let later = links[hit.link as usize..].iter();
        let later = later.filter(|next| next.channel == life.channel && Some(next.begun) >= life.ended);
        let over = life.ended.and_then(|_| later.filter_map(|next| next.heard).min());
        let is_of_call = hit.call.is_none_or(|call| call == self.plan.id);
        let in_time = hit.at <= end && over.is_none_or(|over| self.record.began <= over + TICK);
        life.channel == self.plan.channel && is_of_call && in_time
    }

    /// Whether all messages have come of a call whose handler has ended it; of any other their beginning, which is
    /// seen as they come.
    fn is_whole(&self, end: &End) -> bool {
        let (client, server) = (&self.record.client, &self.record.server);
        let by_handler = match end {
            End::Ok => true,
            End::Error(_, message) => *message == error_of(self.plan),
            End::Dropped => false,
        };
        if !by_handler {
            return true;
        }
        let replies = if *end == End::Ok || self.sends(Way::Reply) { server.sent } else { 0 };
        let all_heard = self.plan.early.is_some() && self.sends(Way::Request) || server.saw_end;
        client.received == replies && all_heard && server.received <= self.plan.count(Way::Request)
    }

    /// A deadline ends a call when it has come, not before and not later.
    fn is_in_time(&self, end: &End, at: Duration) -> bool {
        let Some(deadline) = self.plan.deadline else {
            return true;
        };
        let took = at - self.record.began;
        let pauses = [self.plan.client_pause.send, self.plan.client_pause.recv];
        let in_time = took <= deadline + TICK || pauses.iter().any(Option::is_some);
        in_time && (took + TICK >= deadline || !matches!(end, End::Error(Code::DeadlineExceeded, _)))
    }
}

/// What may cost a call its connection.
const LOSSES: &[&str] = &[
    "cut",
    "half-cut",
    "crash",
    "drain",
    "nobody listens",
    "nobody answers",
    "GOAWAY",
    "GOAWAY with an error",
    "REFUSED_STREAM",
    // The server takes no connections while it is drained; a stall may last longer than the client waits for one.
    "stall",
];

/// The clock of the runtime counts milliseconds, and `grpc-timeout` may be rounded.
const TICK: Duration = Duration::from_millis(3);
