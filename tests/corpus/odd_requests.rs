//! Requests that nobody has recorded: odd headers around odd messages, and odd frames.

use crate::{
    crafted::Script,
    dice::Dice,
    fields::{Fields, bend},
    odd,
    reading::may_answer,
    reference::Body,
    run::{Target, Verdict, is_replay},
    scenario::{Handler, Kind},
    server::{Outcome, Victim, class},
};
use puregrpc::Code;
use puregrpc_support::{End, Frame, PREFACE, Said, encode, flag, kind, note};

/// One call, bent in its headers, its messages, or both.
pub(crate) struct Calls(Victim);

impl Target for Calls {
    async fn new() -> Self {
        Self(Victim::new())
    }

    async fn attack(&mut self, seed: u64, index: u64) -> Verdict {
        let mut dice = Dice::new(seed, index);
        let kind = dice.pick(&Kind::ALL);
        let (fields, answers) = bend(&mut dice, kind.path());
        let body = odd::body(&mut dice, kind.takes_one());
        let script = in_blocks(Script::new(), &encode(&fields));
        let script = odd::in_frames(&mut dice, script, &body, true);
        let bytes = [PREFACE, &script.bytes()].concat();
        let name = || format!("{kind:?} {} {body:?}", written(&fields));
        if is_replay() {
            println!("{}", name());
        }
        let seen = self.0.attack(&bytes, End::Wait).await.map_err(|fault| format!("{}: {fault}", name()))?;
        let read = Body::read(&body);
        let answer = seen.streams.get(&1);
        let outcome = match Outcome::of(answer) {
            Outcome::Nothing => seen.goaways.first().map_or(Outcome::Nothing, |goaway| Outcome::Closed(goaway.code)),
            outcome => outcome,
        };
        let as_read = match outcome {
            Outcome::Status(Code::Ok) if read.fault.is_none() => {
                let notes = answer.and_then(|answer| Body::read(&answer.body).values());
                (!kind.takes_one() || read.notes.len() == 1) && read.echo(kind).is_none_or(|echo| notes == Some(echo))
            }
            Outcome::Status(code) => read.answers(kind, Handler::Echo).contains(&code),
            _ => false,
        };
        if answers.refusals.contains(&outcome) || answers.passes && as_read {
            return Ok(class(&seen));
        }
        Err(format!("{}: {outcome:?}, not {answers:?} or {:?}", name(), read.answers(kind, Handler::Echo)))
    }
}

/// Headers as people read them.
fn written(fields: &Fields) -> String {
    let field = |(name, value): &(Vec<u8>, Vec<u8>)| format!("{}: {}", name.escape_ascii(), value.escape_ascii());
    fields.iter().map(field).collect::<Vec<_>>().join(", ")
}

/// HEADERS and as many CONTINUATION as it takes.
fn in_blocks(mut script: Script, block: &[u8]) -> Script {
    let mut chunks = block.chunks(16_384).peekable();
    let mut kind = kind::HEADERS;
    while let Some(chunk) = chunks.next() {
        let flags = if chunks.peek().is_none() { flag::END_HEADERS } else { 0 };
        script = script.frame(Frame::new(kind, flags, 1, chunk));
        kind = kind::CONTINUATION;
    }
    script
}

/// Frames of all kinds in any order, in the middle of a call, with a good call behind them.
pub(crate) struct Frames(Victim);

impl Target for Frames {
    async fn new() -> Self {
        Self(Victim::new())
    }

    async fn attack(&mut self, seed: u64, index: u64) -> Verdict {
        let mut dice = Dice::new(seed, index);
        let begun =
            if dice.one_in(3) { Script::new() } else { Script::new().call(1, dice.pick(&Kind::ALL).path(), &[]) };
        let begun = if dice.one_in(2) { begun } else { begun.data(note("x")) };
        let mut bytes = [PREFACE, &begun.bytes()].concat();
        (0..dice.below(10)).for_each(|_| bytes.extend(odd::frame(&mut dice)));
        let mut good = Script::new().call(7, Kind::Unary.path(), &[]).last(7, note("good")).bytes();
        bytes.extend(good.split_off(crate::crafted::GREETING));
        let end = dice.pick(&[End::Wait, End::Wait, End::Close, End::Vanish]);
        if is_replay() {
            println!("{end:?}: {bytes:?}");
        }
        let seen = self.0.attack(&bytes, end).await.map_err(|fault| format!("{bytes:?}, {end:?}: {fault}"))?;
        let said = Said::by_client(&bytes);
        for (number, answer) in &seen.streams {
            if !may_answer(&said, *number, Some(answer)) {
                return Err(format!("{bytes:?}, {end:?}: stream {number} is answered by {answer:?}: {said:?}"));
            }
        }
        Ok(class(&seen))
    }
}
