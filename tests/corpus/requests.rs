//! Recorded requests, cut off and altered.

use crate::{
    anatomy::Anatomy,
    crafted,
    dice::Dice,
    places::{FLIPS, flip, locate, spread},
    recording::{Recording, record_all},
    reference::Body,
    run::{Target, Verdict, is_replay},
    scenario::{Handler, Scenario},
    server::{Outcome, Victim, class},
};
use puregrpc::Code;
use puregrpc_support::{End, Seen, error};

/// A recorded exchange with what the server answers to it as it is.
struct Sound {
    recording: Recording,
    anatomy: Anatomy,
    seen: Seen,
}

/// Two hundred exchanges and the server that answers them.
struct Requests {
    victim: Victim,
    exchanges: Vec<Sound>,
    /// How many bytes all of them have.
    bytes: u64,
}

impl Requests {
    async fn new() -> Self {
        let victim = Victim::new();
        let mut exchanges = Vec::new();
        for recording in record_all().await.into_iter().chain(crafted::requests()) {
            let anatomy = Anatomy::of_requests(&recording.requests);
            let seen = victim.attack(&recording.requests, End::Wait).await.unwrap();
            judge(&recording, &anatomy, &recording.requests, None, &seen).unwrap();
            exchanges.push(Sound { recording, anatomy, seen });
        }
        assert!(exchanges.len() >= 200);
        let bytes = exchanges.iter().map(|exchange| exchange.recording.requests.len() as u64).sum();
        Self { victim, exchanges, bytes }
    }

    /// The exchange and the place in it that has this number.
    fn locate(&self, number: u64) -> (&Sound, usize) {
        let lengths = self.exchanges.iter().map(|exchange| exchange.recording.requests.len());
        let (exchange, place) = locate(number, lengths);
        (&self.exchanges[exchange], place)
    }
}

/// Exchanges that end too early, after each byte.
pub(crate) struct Cuts(Requests);

impl Target for Cuts {
    async fn new() -> Self {
        Self(Requests::new().await)
    }

    async fn attack(&mut self, seed: u64, index: u64) -> Verdict {
        let (exchange, cut) = self.0.locate(spread(seed, index, self.0.bytes));
        let end = Dice::new(seed, index).pick(&[End::Wait, End::Wait, End::Close, End::Vanish]);
        let name = format!("{} cut at {cut}, {end:?}", exchange.recording.name);
        if is_replay() {
            println!("{name}: {:?}", &exchange.recording.requests[..cut]);
        }
        let seen = self.0.victim.attack(&exchange.recording.requests[..cut], end).await;
        let seen = seen.map_err(|fault| format!("{name}: {fault}"))?;
        for stream in exchange.anatomy.streams() {
            let sound = Outcome::of(exchange.seen.streams.get(&stream));
            let decided = exchange.anatomy.decided_at(stream).is_some_and(|end| end <= cut);
            let outcome = Outcome::of(seen.streams.get(&stream));
            let allowed = match end {
                End::Wait if decided => outcome == sound,
                // The end of the connection may have come before the answer was out.
                End::Close if decided => outcome == sound || outcome == Outcome::Nothing,
                // What was not said to the end never succeeds.
                _ => outcome != Outcome::Status(Code::Ok),
            };
            if !allowed {
                return Err(format!("{name}: stream {stream} is {outcome:?}, whole it is {sound:?}"));
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
        let number = spread(seed, index, FLIPS * self.0.bytes);
        let (exchange, place) = self.0.locate(number / FLIPS);
        let mut dice = Dice::new(seed, index);
        let mask = flip(number % FLIPS, &mut dice);
        let mut bytes = exchange.recording.requests.clone();
        bytes[place] ^= mask;
        let is_message = exchange.anatomy.is_message(place);
        let end = if is_message { End::Wait } else { dice.pick(&[End::Wait, End::Close, End::Vanish]) };
        let name = format!("{} with {mask:#04x} at {place}, {end:?}", exchange.recording.name);
        if is_replay() {
            println!("{name}: {bytes:?}");
        }
        let seen = self.0.victim.attack(&bytes, end).await.map_err(|fault| format!("{name}: {fault}"))?;
        if is_message {
            let Sound { recording, anatomy, seen: sound } = exchange;
            judge(recording, anatomy, &bytes, Some(sound), &seen).map_err(|fault| format!("{name}: {fault}"))?;
        }
        Ok(class(&seen))
    }

    async fn check_alive(&mut self) -> Result<(), String> {
        self.0.victim.check_alive().await
    }
}

/// How the server must answer where nothing but messages was altered.
fn judge(
    recording: &Recording,
    anatomy: &Anatomy,
    bytes: &[u8],
    sound: Option<&Seen>,
    seen: &Seen,
) -> Result<(), String> {
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
