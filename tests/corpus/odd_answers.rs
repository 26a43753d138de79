//! Answers that nobody has recorded: odd headers, messages and trailers, and odd frames.

use crate::{
    client::attack,
    crafted::{GREETING, Script},
    dice::Dice,
    odd,
    reading::{is_ended, may_be_told},
    reference::Body,
    run::{Target, Verdict, is_replay},
    scenario::{Kind, Scenario},
};
use puregrpc::Code;
use puregrpc_support::{End, Said, flag, note};

/// One answer, bent anywhere.
pub(crate) struct Answers;

type Fields = Vec<(String, Vec<u8>)>;

impl Target for Answers {
    async fn new() -> Self {
        Self
    }

    async fn attack(&mut self, seed: u64, index: u64) -> Verdict {
        let mut dice = Dice::new(seed, index);
        let scenario = Scenario::echo(dice.pick(&Kind::ALL), &[b"note"]);
        let http = dice.pick(&[200, 200, 200, 200, 204, 302, 400, 401, 403, 404, 418, 429, 431, 500, 502, 503, 504]);
        let content_type =
            dice.pick(&["application/grpc", "application/grpc", "application/grpc+proto", "text/html", ""]);
        let mut head: Fields =
            vec![(":status".into(), http.to_string().into()), ("content-type".into(), content_type.into())];
        let is_grpc = http == 200 && content_type.starts_with("application/grpc");
        let mut trailers = Fields::new();
        let status = status(&mut dice, &mut trailers);
        let is_only = dice.one_in(3);
        let body = if is_only { Vec::new() } else { odd::body(&mut dice, scenario.kind.gives_one()) };
        let script = if is_only {
            head.append(&mut trailers);
            Script::new().headers(1, &head, flag::END_STREAM)
        } else {
            let script = odd::in_frames(&mut dice, Script::new().headers(1, &head, 0), &body, false);
            script.headers(1, &trailers, flag::END_STREAM)
        };
        let bytes = script.bytes();
        let name = || format!("{:?} {head:?} {:?} {trailers:?}", scenario.kind, body.escape_ascii().to_string());
        if is_replay() {
            println!("{}", name());
        }
        let told =
            attack(&scenario, &bytes, GREETING, End::Wait).await.map_err(|fault| format!("{}: {fault}", name()))?;
        let read = Body::read(&body);
        let allowed = match (is_grpc || is_only, status) {
            (true, Some(status)) => read.results(scenario.kind, status),
            // Nothing tells that the messages were all: but what is wrong with them may be told first.
            (true, None) => {
                [vec![foreign(http)], read.fault.clone().unwrap_or_default(), vec![Code::Internal]].concat()
            }
            // A long page is not read to its end, where a status may be.
            (false, Some(status)) if status != Code::Ok && body.len() < PAGE => vec![status],
            (false, status) => {
                [vec![foreign(http)], status.into_iter().filter(|code| *code != Code::Ok).collect()].concat()
            }
        };
        let is_whole = told.code != Code::Ok
            || read.values().is_none_or(|notes| notes == told.notes) && read.notes.len() == told.notes.len();
        if allowed.contains(&told.code) && is_whole {
            return Ok(told.code.to_string());
        }
        Err(format!("{}: {told:?}, not {allowed:?}", name()))
    }
}

/// Trailers with any status, or none; gives the code that they mean.
fn status(dice: &mut Dice, trailers: &mut Fields) -> Option<Code> {
    let text = match dice.below(8) {
        0 => dice.pick(&["00", "01", "-1", "+1", "17", "99", " 1", "abc", "1.0", "999999999999", "\u{b2}"]).to_owned(),
        1..3 => dice.below(17).to_string(),
        3 => String::new(),
        _ => "0".to_owned(),
    };
    let is_missing = text.is_empty() && dice.one_in(2);
    if !is_missing {
        trailers.push(("grpc-status".into(), text.clone().into()));
    }
    let escapes = b"ab %0A%zz%e2%98%ba%\xff\t\"\\".to_vec();
    let bent = |dice: &mut Dice| (0..dice.below(20)).map(|_| dice.pick(&escapes)).collect::<Vec<u8>>();
    if dice.one_in(2) {
        trailers.push(("grpc-message".into(), bent(dice)));
    }
    for name in ["grpc-status-details-bin", "x-odd-bin", "x-odd", "grpc-encoding", "grpc-other"] {
        if dice.one_in(5) {
            trailers.push((name.into(), bent(dice)));
        }
    }
    if is_missing {
        return None;
    }
    let number = text.parse::<u8>().ok().filter(|number| *number < 17 && number.to_string() == text);
    Some(number.map_or(Code::Unknown, |number| Code::from(i32::from(number))))
}

/// C2: what an HTTP status means where gRPC has none.
fn foreign(http: u16) -> Code {
    match http {
        400 | 431 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502..=504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// How much of a page is read.
const PAGE: usize = 1_024;

/// Frames of all kinds in any order, before and in the middle of an answer.
pub(crate) struct Frames;

impl Target for Frames {
    async fn new() -> Self {
        Self
    }

    async fn attack(&mut self, seed: u64, index: u64) -> Verdict {
        let mut dice = Dice::new(seed, index);
        let scenario = Scenario::echo(dice.pick(&Kind::ALL), &[b"note"]);
        let mut bytes = if dice.one_in(3) { Script::new().bytes() } else { Script::new().respond().bytes() };
        let early = if dice.one_in(4) { dice.below(3) } else { 0 };
        let mut greeting = GREETING;
        for _ in 0..early {
            let frame = odd::frame(&mut dice);
            let rest = bytes.split_off(greeting);
            greeting += frame.len();
            bytes.extend(frame);
            bytes.extend(rest);
        }
        (0..dice.below(8)).for_each(|_| bytes.extend(odd::frame(&mut dice)));
        let mut good = Script::new().data(note("good")).trailers(&[("grpc-status", "0")]).bytes();
        bytes.extend(good.split_off(GREETING));
        let end = dice.pick(&[End::Wait, End::Close, End::Vanish]);
        if is_replay() {
            println!("{end:?}, the first {greeting} before the call: {bytes:?}");
        }
        let told =
            attack(&scenario, &bytes, greeting, end).await.map_err(|fault| format!("{bytes:?}, {end:?}: {fault}"))?;
        // Behind an odd frame the greeting may not be taken for one, so that no call is made.
        let said = Said::by_server(&bytes);
        let waits = early > 0 || end == End::Wait && !is_ended(&said, 1);
        if !may_be_told(&said, &scenario, waits, &told) {
            return Err(format!("{bytes:?}, {end:?}: {told:?}: {said:?}"));
        }
        Ok(told.code.to_string())
    }
}
