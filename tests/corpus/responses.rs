//! Recorded answers, cut off and altered.

use crate::{
    altered::{Exchanges, Sound},
    anatomy::Anatomy,
    client::attack,
    crafted,
    reading::{is_ended, may_be_told},
    recording::{Recording, record_all},
    reference::Body,
    run::{Coverage, Target, Verdict},
    scenario::{Handler, Told},
};
use puregrpc::Code;
use puregrpc_support::{End, Said, Seen};

/// What becomes of an answer as it is.
struct Answer {
    told: Told,
    /// The status behind the messages, where one can be read.
    status: Option<Code>,
}

/// Two hundred recorded exchanges and those written by hand, with what their callers are told.
struct Responses {
    exchanges: Exchanges<Answer>,
}

impl Responses {
    async fn new() -> Self {
        let mut exchanges = Vec::new();
        let recorded: Vec<_> = record_all().await.into_iter().filter(|recording| !recording.scenario.cancel).collect();
        assert!(recorded.len() >= 200);
        for recording in recorded.into_iter().chain(crafted::responses()) {
            let anatomy = Anatomy::of_responses(&recording.responses);
            let Recording { scenario, responses, greeting, .. } = &recording;
            let told = attack(scenario, responses, *greeting, End::Wait).await.unwrap();
            let outcome = Answer { told, status: status(responses) };
            let exchange = Sound { bytes: recording.responses.clone(), anatomy, outcome, recording };
            judge(&exchange, &exchange.bytes, &exchange.outcome.told).unwrap();
            exchanges.push(exchange);
        }
        Self { exchanges: Exchanges::new(exchanges) }
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
        let is_said = || {
            let said = Said::by_server(&cut.bytes);
            may_be_told(&said, &recording.scenario, cut.place < recording.greeting, &told)
        };
        let allowed = match told.code {
            _ if decided => told == *sound,
            Code::Ok => false,
            // It may have been at fault before the cut, or its time was over before.
            code @ (Code::Unavailable | Code::Internal) => code == lost || code == sound.code,
            code => code == lost || is_said(),
        };
        if allowed {
            Ok(told.code.to_string())
        } else {
            Err(cut.fault(format_args!("{told:?}, whole it is {sound:?}")))
        }
    }

    fn coverage(&self) -> Option<Coverage> {
        Some(self.0.exchanges.coverage())
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
        let said = Said::by_server(&altered.bytes);
        // Without a greeting no call is made.
        let waits = altered.place < recording.greeting || altered.end == End::Wait && !is_ended(&said, 1);
        if !may_be_told(&said, &recording.scenario, waits, &told) {
            return Err(altered.fault(format_args!("{told:?}: {said:?}")));
        }
        let sound = &altered.exchange.outcome.told;
        if altered.idle && (told.code, &told.notes) != (sound.code, &sound.notes) {
            return Err(altered.fault(format_args!("{told:?}, but {sound:?} before what means nothing")));
        }
        if altered.is_message() {
            judge(altered.exchange, &altered.bytes, &told).map_err(|fault| altered.fault(fault))?;
        }
        Ok(told.code.to_string())
    }

    fn coverage(&self) -> Option<Coverage> {
        Some(self.0.exchanges.coverage())
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
