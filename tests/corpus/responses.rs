//! Recorded answers, cut off and altered.

use crate::{
    altered::{Exchanges, Sound},
    anatomy::Anatomy,
    client::{attack, check_recovery},
    crafted,
    recording::{Recording, record_all},
    reference::Body,
    run::{Target, Verdict},
    scenario::{Handler, Told},
};
use puregrpc::Code;
use puregrpc_support::{End, Seen};

/// What becomes of an answer as it is.
struct Answer {
    told: Told,
    /// The status behind the messages, where one can be read.
    status: Option<Code>,
}

/// Two hundred exchanges with what their callers are told.
struct Responses {
    exchanges: Exchanges<Answer>,
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
            let outcome = Answer { told, status: status(responses) };
            let exchange = Sound { bytes: recording.responses.clone(), anatomy, outcome, recording };
            judge(&exchange, &exchange.bytes, &exchange.outcome.told).unwrap();
            exchanges.push(exchange);
        }
        Self { exchanges: Exchanges::new(exchanges), checks: 0 }
    }

    /// Cuts one exchange in half, and sees whether the channel connects anew.
    async fn check_alive(&mut self) -> Result<(), String> {
        self.checks += 1;
        let Recording { scenario, responses, greeting, .. } = &self.exchanges.some(self.checks * 7).recording;
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
        let cut = self.0.exchanges.cut(seed, index, &[End::Wait, End::Close, End::Vanish]);
        let Sound { recording, anatomy, outcome: Answer { told: sound, .. }, .. } = cut.exchange;
        let told = attack(&recording.scenario, &cut.bytes, recording.greeting, cut.end).await;
        let told = told.map_err(|fault| cut.fault(fault))?;
        let lost = if cut.end == End::Wait { Code::DeadlineExceeded } else { Code::Unavailable };
        let decided = anatomy.decided_at(1).is_some_and(|end| end <= cut.place);
        let allowed = match told.code {
            _ if decided => told == *sound,
            Code::Ok => false,
            // It may have been at fault before the cut.
            code => code == lost || code == sound.code || recording.is_foreign(),
        };
        if allowed {
            Ok(told.code.to_string())
        } else {
            Err(cut.fault(format_args!("{told:?}, whole it is {sound:?}")))
        }
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
        let altered = self.0.exchanges.flipped(seed, index);
        let recording = &altered.exchange.recording;
        let told = attack(&recording.scenario, &altered.bytes, recording.greeting, altered.end).await;
        let told = told.map_err(|fault| altered.fault(fault))?;
        if altered.is_message() {
            judge(altered.exchange, &altered.bytes, &told).map_err(|fault| altered.fault(fault))?;
        }
        Ok(told.code.to_string())
    }

    async fn check_alive(&mut self) -> Result<(), String> {
        self.0.check_alive().await
    }
}

/// What the caller must be told where nothing but messages was altered.
fn judge(exchange: &Sound<Answer>, bytes: &[u8], told: &Told) -> Result<(), String> {
    let Sound { recording, anatomy, outcome: Answer { told: sound, status }, .. } = exchange;
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
