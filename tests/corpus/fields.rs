//! Headers of requests that chance has bent, and how each of them may be answered.

use crate::{dice::Dice, server::Outcome};
use puregrpc::Code;
use puregrpc_support::{error, request};

/// The headers of a request.
pub(crate) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// How a request may be answered for its headers alone.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    /// In any of these ways.
    pub(crate) refusals: Vec<Outcome>,
    /// As its messages have it.
    pub(crate) passes: bool,
}

/// The headers of a call of this method with up to three oddities.
pub(crate) fn bend(dice: &mut Dice, path: &str) -> (Fields, Answers) {
    let plain = request(path, &[]).into_iter();
    let mut fields: Fields = plain.map(|(name, value)| (name.into_bytes(), value.into_bytes())).collect();
    let mut answers = Answers { refusals: Vec::new(), passes: true };
    let mut bent = Vec::new();
    for _ in 0..dice.below(4) {
        let oddity = dice.below(17);
        // One would undo what another of the same header has done.
        let header = if matches!(oddity, 2 | 4 | 6) { oddity - 1 } else { oddity };
        if bent.contains(&header) {
            continue;
        }
        bent.push(header);
        let (refusals, passes) = bend_one(dice, oddity, &mut fields);
        answers.refusals.extend(refusals);
        answers.passes &= passes;
    }
    (fields, answers)
}

/// Bends one header; gives how that may be refused, and whether it may be let through.
fn bend_one(dice: &mut Dice, oddity: usize, fields: &mut Fields) -> (Vec<Outcome>, bool) {
    let http = |status| (vec![Outcome::Http(status)], false);
    let malformed = (vec![Outcome::Reset(error::PROTOCOL_ERROR), Outcome::Closed(error::PROTOCOL_ERROR)], false);
    let taken = (Vec::new(), true);
    match oddity {
        0 => {
            set(fields, ":method", dice.pick(&["GET", "PUT", "post", "BREW"]));
            http(405)
        }
        1 => {
            set(fields, "content-type", dice.pick(&["", "text/html", "application/grpcX", "application/grpc-web"]));
            http(415)
        }
        2 => {
            set(
                fields,
                "content-type",
                dice.pick(&["application/grpc+proto", "Application/GRPC", "application/grpc;x=y"]),
            );
            taken
        }
        3 => {
            set(
                fields,
                ":path",
                dice.pick(&["/", "//", "/wire.Wire", "/wire.Wire/Unary?q", "/wire.Wire/unary", "/a/b/c"]),
            );
            (vec![Outcome::Status(Code::Unimplemented)], false)
        }
        4 => {
            set(
                fields,
                ":path",
                dice.pick(&["", "wire.Wire/Unary", "/wire.Wire/Un ary", "http://localhost/wire.Wire/Unary"]),
            );
            malformed
        }
        5 => {
            fields.retain(|(name, _)| name != b"te");
            taken
        }
        6 => {
            set(fields, "te", dice.pick(&["gzip", "", "trailers, gzip"]));
            malformed
        }
        7 => timeout(dice, fields),
        8 => binary(dice, fields),
        9 => {
            set(fields, "grpc-encoding", dice.pick(&["snappy", "lzma", "x"]));
            (vec![Outcome::Status(Code::Unimplemented)], false)
        }
        10 => {
            let name = dice.pick(&["connection", "transfer-encoding", "upgrade", "keep-alive", "proxy-connection"]);
            add(fields, name, "x");
            malformed
        }
        11 => {
            let name = dice.pick(&["X-Upper", "x y", "", ":path", ":foo", ":method", ":status", "x\0y", "\u{e4}"]);
            add(fields, name, "x");
            malformed
        }
        12 => {
            fields.push((b"x-value".to_vec(), dice.pick(&[&b"\0"[..], b"a\nb", b"\r", b"\x7f"]).to_vec()));
            // The HTTP library may take one or the other of them.
            (malformed.0, true)
        }
        13 => {
            fields.push((b"x-value".to_vec(), dice.pick(&[&b"\xe9\xff"[..], b"\t", b"", b" a "]).to_vec()));
            taken
        }
        14 => {
            // S21: between the limit and twice as much, and beyond.
            let (size, refusal) =
                dice.pick(&[(20_000, Outcome::Status(Code::ResourceExhausted)), (340_000, Outcome::Http(431))]);
            fields.push((b"x-long".to_vec(), vec![b'a'; size]));
            (vec![refusal], false)
        }
        15 => {
            let name = dice.pick(&["grpc-other", "grpc-status", "grpc-message", "grpc-accept-encoding", "host"]);
            add(fields, name, "x");
            taken
        }
        _ => {
            add(fields, "content-length", dice.pick(&["0", "5", "-1", "x", "99999999999999999999"]));
            (malformed.0, true)
        }
    }
}

/// S11, S12: digits, up to eight, and a unit.
fn timeout(dice: &mut Dice, fields: &mut Fields) -> (Vec<Outcome>, bool) {
    let mut text: String = (0..dice.below(10)).map(|_| char::from(dice.pick(b"00123456789"))).collect();
    text.push(char::from(dice.pick(b"HMSmunsh")));
    if dice.one_in(4) {
        text.insert(dice.below(text.len()), char::from(dice.pick(b" +-.,:x")));
    }
    let (digits, unit) = text.split_at(text.len() - 1);
    let digits_are_good = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_good = digits_are_good && "HMSmun".contains(unit);
    let is_twice = dice.one_in(6);
    (0..=usize::from(is_twice)).for_each(|_| add(fields, "grpc-timeout", &text));
    if !is_good || is_twice {
        return (vec![Outcome::Http(400)], false);
    }
    let is_over = digits.bytes().all(|digit| digit == b'0');
    // A short one may be over before the call is.
    (vec![Outcome::Status(Code::DeadlineExceeded), Outcome::Reset(error::CANCEL)], !is_over)
}

/// S15, S16: base64 of all sorts.
fn binary(dice: &mut Dice, fields: &mut Fields) -> (Vec<Outcome>, bool) {
    let text: String = (0..dice.below(12)).map(|_| char::from(dice.pick(b"abcXYZ019+/+/,=*! "))).collect();
    add(fields, "x-odd-bin", &text);
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let is_plain = |part: &str| part.bytes().all(is_base64) && part.len() % 4 != 1;
    let refusals = vec![Outcome::Http(400)];
    if text.split(',').all(is_plain) {
        (Vec::new(), true)
    } else {
        // Spaces and padding may be taken, anything else may not.
        (refusals, text.bytes().all(|byte| is_base64(byte) || matches!(byte, b',' | b'=' | b' ')))
    }
}

/// Puts a value in the place of the one that is there, or behind all others.
fn set(fields: &mut Fields, name: &str, value: &str) {
    match fields.iter_mut().find(|field| field.0 == name.as_bytes()) {
        Some(field) => field.1 = value.as_bytes().to_vec(),
        None => add(fields, name, value),
    }
}

fn add(fields: &mut Fields, name: &str, value: &str) {
    fields.push((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
}
