//! Recorded answers, cut off and altered.

use crate::{
    anatomy::Anatomy,
    client::{attack, check_recovery},
    crafted,
    dice::Dice,
    places::{FLIPS, flip, locate, spread},
    recording::{Recording, record_all},
    reference::Body,
    run::{Target, Verdict, is_replay},
    scenario::{Handler, Told},
};
use puregrpc::Code;
use puregrpc_support::{End, Seen};

/// A recorded exchange with what its caller is told as it is.
struct Sound {
    recording: Recording,
    anatomy: Anatomy,
    told: Told,
    /// The status behind the messages, where one can be read.
    status: Option<Code>,
}

/// Two hundred exchanges.
struct Responses {
    exchanges: Vec<Sound>,
    /// How many bytes all of them have.
    bytes: u64,
    /// How often it was asked whether all is well.
    checks: usize,
}

impl Responses {
    async fn new() -> Self {
        let mut exchanges = Vec::new();
        let recorded = record_all().await.into_iter().filter(|recording| !recording.scenario.cancel);
        for recording in recorded.chain(crafted::responses()) {
            let anatomy = Anatomy::of_responses(&recording.responses);
            let Recording { scenario, responses, greeting, .. } = &recording;
            let told = attack(scenario, responses, *greeting, End::Wait).await.unwrap();
            let status = status(responses);
            let exchange = Sound { anatomy, told, status, recording };
            judge(&exchange, &exchange.recording.responses, &exchange.told).unwrap();
            exchanges.push(exchange);
        }
        assert!(exchanges.len() >= 200);
        let bytes = exchanges.iter().map(|exchange| exchange.recording.responses.len() as u64).sum();
        Self { exchanges, bytes, checks: 0 }
    }

    /// The exchange and the place in it that has this number.
    fn locate(&self, number: u64) -> (&Sound, usize) {
        let lengths = self.exchanges.iter().map(|exchange| exchange.recording.responses.len());
        let (exchange, place) = locate(number, lengths);
        (&self.exchanges[exchange], place)
    }

    /// Cuts one exchange in half, and sees whether the channel connects anew.
    async fn check_alive(&mut self) -> Result<(), String> {
        self.checks += 1;
        let Recording { scenario, responses, greeting, .. } =
            &self.exchanges[self.checks * 7 % self.exchanges.len()].recording;
        let cut = self.checks * 31 % responses.len();
        check_recovery(scenario, &responses[..cut], *greeting).await
    }
}

/// The status that an answer of a server ends with, as far as it is one of gRPC.
fn status(responses: &[u8]) -> Option<Code> {
    let seen = Seen::of_server(responses).ok()?;
    let stream = seen.streams.get(&1).filter(|stream| stream.ended && stream.http_status() == 200)?;
    let is_grpc = stream.head().get("content-type")? == "application/grpc";
    let code = stream.trailers().get("grpc-status").filter(|_| is_grpc)?;
    code.parse::<i32>().ok().map(Code::from)
}

/// Answers that end too early, after each byte.
pub(crate) struct Cuts(Responses);

impl Target for Cuts {
    async fn new() -> Self {
        Self(Responses::new().await)
    }

    async fn attack(&mut self, seed: u64, index: u64) -> Verdict {
        let (exchange, cut) = self.0.locate(spread(seed, index, self.0.bytes));
        let Sound { recording, anatomy, told: sound, .. } = exchange;
        let end = Dice::new(seed, index).pick(&[End::Wait, End::Close, End::Vanish]);
        let name = format!("{} cut at {cut}, {end:?}", recording.name);
        let bytes = &recording.responses[..cut];
        if is_replay() {
            println!("{name}: {bytes:?}");
        }
        let told = attack(&recording.scenario, bytes, recording.greeting, end).await;
        let told = told.map_err(|fault| format!("{name}: {fault}"))?;
        let lost = if end == End::Wait { Code::DeadlineExceeded } else { Code::Unavailable };
        let decided = anatomy.decided_at(1).is_some_and(|end| end <= cut);
        let allowed = match told.code {
            _ if decided => told == *sound,
            Code::Ok => false,
            // It may have been at fault before the cut.
            code => code == lost || code == sound.code || recording.is_foreign(),
        };
        if allowed { Ok(told.code.to_string()) } else { Err(format!("{name}: {told:?}, whole it is {sound:?}")) }
    }

    async fn check_alive(&mut self) -> Result<(), String> {
        self.0.check_alive().await
    }
}

/// Answers with a bit or a byte changed.
pub(crate) struct Flips(Responses);

impl Target for Flips {
    async fn new() -> Self {
        Self(Responses::new().await)
    }

    async fn attack(&mut self, seed: u64, index: u64) -> Verdict {
        let number = spread(seed, index, FLIPS * self.0.bytes);
        let (exchange, place) = self.0.locate(number / FLIPS);
        let mut dice = Dice::new(seed, index);
        let mask = flip(number % FLIPS, &mut dice);
        let mut bytes = exchange.recording.responses.clone();
        bytes[place] ^= mask;
        let is_message = exchange.anatomy.is_message(place);
        let end = if is_message { End::Wait } else { dice.pick(&[End::Wait, End::Close, End::Vanish]) };
        let name = format!("{} with {mask:#04x} at {place}, {end:?}", exchange.recording.name);
        if is_replay() {
            println!("{name}: {bytes:?}");
        }
        let told = attack(&exchange.recording.scenario, &bytes, exchange.recording.greeting, end).await;
        let told = told.map_err(|fault| format!("{name}: {fault}"))?;
        if is_message {
            judge(exchange, &bytes, &told).map_err(|fault| format!("{name}: {fault}"))?;
        }
        Ok(told.code.to_string())
    }

    async fn check_alive(&mut self) -> Result<(), String> {
        self.0.check_alive().await
    }
}

/// What the caller must be told where nothing but messages was altered.
fn judge(exchange: &Sound, bytes: &[u8], told: &Told) -> Result<(), String> {
    let Sound { recording, anatomy, told: sound, status } = exchange;
    let body = Body::read_with(&anatomy.body(bytes, 1), recording.scenario.handler == Handler::Compress);
    let notes = body.notes.iter().zip(&told.notes);
    let are_those_sent = told.notes.len() <= body.notes.len()
        && notes.clone().all(|(sent, got)| sent.as_ref().is_none_or(|sent| sent == got));
    let allowed = match (told.code, status) {
        _ if !are_those_sent => false,
        // Nothing that was sent is missing from what succeeds.
        (Code::Ok, _) => body.fault.is_none() && notes.len() == body.notes.len(),
        (code, Some(status)) => body.results(recording.scenario.kind, *status).contains(&code),
        (code, None) => {
            let fault = if body.odd { Some(vec![Code::Internal]) } else { body.fault.clone() };
            code == sound.code || fault.is_some_and(|fault| fault.contains(&code))
        }
    };
    if allowed { Ok(()) } else { Err(format!("{told:?}, unaltered it is {sound:?}; {body:?}")) }
}
