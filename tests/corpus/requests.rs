//! Recorded requests, cut off and altered.

use crate::{
    altered::{Altered, Exchanges, Sound},
    anatomy::Anatomy,
    crafted,
    reading::{is_ended, may_answer},
    recording::record_all,
    reference::Body,
    run::{Coverage, Target, Verdict},
    scenario::{Handler, Scenario},
    server::{Outcome, Victim, class},
};
use puregrpc::Code;
use puregrpc_support::{End, Said, Seen, error};

/// Two hundred recorded exchanges and those written by hand, with what the server answers to them, and that server.
struct Requests {
    victim: Victim,
    exchanges: Exchanges<Seen>,
}

impl Requests {
    async fn new() -> Self {
        let victim = Victim::new();
        let mut exchanges = Vec::new();
        for recording in record_all().await.into_iter().chain(crafted::requests()) {
            let anatomy = Anatomy::of_requests(&recording.requests);
            let outcome = victim.attack(&recording.requests, End::Wait).await.unwrap();
            let exchange = Sound { bytes: recording.requests.clone(), recording, anatomy, outcome };
            judge(&exchange, &exchange.bytes, None, &exchange.outcome).unwrap();
            exchanges.push(exchange);
        }
        Self { victim, exchanges: Exchanges::new(exchanges) }
    }
}

/// Exchanges that end too early, after each byte.
pub(crate) struct Cuts(Requests);

impl Target for Cuts {
    async fn new() -> Self {
        Self(Requests::new().await)
    }

    async fn attack(&mut self, seed: u64, index: u64) -> Verdict {
        let cut = self.0.exchanges.cut(seed, index, &[End::Wait, End::Wait, End::Close, End::Vanish]);
        let seen = self.0.victim.attack(&cut.bytes, cut.end).await.map_err(|fault| cut.fault(fault))?;
        let exchange = cut.exchange;
        let said = Said::by_client(&cut.bytes);
        for stream in exchange.anatomy.streams() {
            let sound = Outcome::of(exchange.outcome.streams.get(&stream));
            let decided = exchange.anatomy.decided_at(stream).is_some_and(|end| end <= cut.place);
            let outcome = Outcome::of(seen.streams.get(&stream));
            let allowed = match cut.end {
                End::Wait if decided => outcome == sound,
                // The end of the connection may have come before the answer was out.
                End::Close if decided => outcome == sound || outcome == Outcome::Nothing,
                // What was not said to the end never succeeds, and is answered for what was said.
                _ => may_answer(&said, stream, seen.streams.get(&stream)),
            };
            if !allowed {
                return Err(cut.fault(format_args!("stream {stream} is {outcome:?}, whole it is {sound:?}")));
            }
        }
        Ok(class(&seen))
    }

    fn coverage(&self) -> Option<Coverage> {
        Some(self.0.exchanges.coverage())
    }
}

/// Exchanges with a bit or a byte changed.
pub(crate) struct Flips(Requests);

impl Target for Flips {
    async fn new() -> Self {
        Self(Requests::new().await)
    }

    async fn attack(&mut self, seed: u64, index: u64) -> Verdict {
        let altered = self.0.exchanges.flipped(seed, index);
        let seen = self.0.victim.attack(&altered.bytes, altered.end).await.map_err(|fault| altered.fault(fault))?;
        judge_said(&altered, &seen).map_err(|fault| altered.fault(fault))?;
        if altered.is_message() {
            let sound = altered.exchange;
            judge(sound, &altered.bytes, Some(&sound.outcome), &seen).map_err(|fault| altered.fault(fault))?;
        }
        Ok(class(&seen))
    }

    fn coverage(&self) -> Option<Coverage> {
        Some(self.0.exchanges.coverage())
    }
}

/// How the server may answer what was said, and must answer what was said to its end.
fn judge_said(altered: &Altered<'_, Seen>, seen: &Seen) -> Result<(), String> {
    let Altered { exchange: Sound { anatomy, outcome: sound, .. }, place, .. } = *altered;
    let said = Said::by_client(&altered.bytes);
    let is_closed = seen.frames == 0 || seen.goaways.iter().any(|goaway| goaway.code != 0);
    for number in said.streams.keys().chain(seen.streams.keys()) {
        let answer = seen.streams.get(number);
        let outcome = Outcome::of(answer);
        let is_due = altered.end == End::Wait && !is_closed && !anatomy.is_limit(place) && is_ended(&said, *number);
        let is_same = || outcome == Outcome::of(sound.streams.get(number)) || anatomy.decided_at(*number).is_none();
        let fault = match () {
            () if !may_answer(&said, *number, answer) => "is answered what was not asked",
            () if is_due && outcome == Outcome::Nothing => "is not answered",
            () if altered.idle && !is_same() => "is answered otherwise for what means nothing",
            () => continue,
        };
        return Err(format!("stream {number} {fault}: {outcome:?}, {answer:?}; {said:?}"));
    }
    Ok(())
}

/// How the server must answer where nothing but messages was altered.
fn judge(exchange: &Sound<Seen>, bytes: &[u8], sound: Option<&Seen>, seen: &Seen) -> Result<(), String> {
    let Sound { recording, anatomy, .. } = exchange;
    let Scenario { kind, handler, .. } = recording.scenario;
    // A call that its client resets may have been answered before, or not.
    for stream in anatomy.streams().into_iter().filter(|stream| anatomy.decided_at(*stream).is_some()) {
        let answer = seen.streams.get(&stream);
        let outcome = Outcome::of(answer);
        let body = Body::read_with(&anatomy.body(bytes, stream), handler == Handler::Compress);
        let before = Outcome::of(sound.and_then(|sound| sound.streams.get(&stream)));
        let allowed = match outcome {
            // Refused for its headers, unread.
            Outcome::Http(_) | Outcome::Status(Code::Unimplemented) => sound.is_none() || outcome == before,
            // S14: how a call ends whose time is over.
            Outcome::Reset(error::CANCEL) => handler == Handler::Hang,
            Outcome::Status(Code::Ok) if body.fault.is_none() && !handler.fails() => {
                let notes = answer.map(|answer| Body::read_with(&answer.body, true)).and_then(|answer| answer.values());
                body.echo(kind).is_none_or(|echo| notes == Some(echo))
            }
            Outcome::Status(code) => body.answers(kind, handler).contains(&code),
            Outcome::Reset(_) | Outcome::Closed(_) | Outcome::Nothing => false,
        };
        if !allowed {
            return Err(format!("stream {stream} is {outcome:?}, unaltered it is {before:?}; {body:?}"));
        }
    }
    Ok(())
}
