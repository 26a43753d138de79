//! Recorded requests, cut off and altered.

use crate::{
    altered::{Exchanges, Sound},
    anatomy::Anatomy,
    crafted,
    recording::record_all,
    reference::Body,
    run::{Target, Verdict},
    scenario::{Handler, Scenario},
    server::{Outcome, Victim, class},
};
use puregrpc::Code;
use puregrpc_support::{End, Seen, error};

/// Two hundred exchanges with what the server answers to them, and that server.
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
        for stream in exchange.anatomy.streams() {
            let sound = Outcome::of(exchange.outcome.streams.get(&stream));
            let decided = exchange.anatomy.decided_at(stream).is_some_and(|end| end <= cut.place);
            let outcome = Outcome::of(seen.streams.get(&stream));
            let allowed = match cut.end {
                End::Wait if decided => outcome == sound,
                // The end of the connection may have come before the answer was out.
                End::Close if decided => outcome == sound || outcome == Outcome::Nothing,
                // What was not said to the end never succeeds.
                _ => outcome != Outcome::Status(Code::Ok),
            };
            if !allowed {
                return Err(cut.fault(format_args!("stream {stream} is {outcome:?}, whole it is {sound:?}")));
            }
        }
        Ok(class(&seen))
    }

    async fn check_alive(&mut self) -> Result<(), String> {
        self.0.victim.check_alive().await
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
        if altered.is_message() {
            let sound = altered.exchange;
            judge(sound, &altered.bytes, Some(&sound.outcome), &seen).map_err(|fault| altered.fault(fault))?;
        }
        Ok(class(&seen))
    }

    async fn check_alive(&mut self) -> Result<(), String> {
        self.0.victim.check_alive().await
    }
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
