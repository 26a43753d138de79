//! Messages, bodies and frames that chance has bent.

use crate::{crafted::Script, dice::Dice, scenario::Kind};
use bytes::{BufMut, BytesMut};
use puregrpc_support::{Frame, encode, flag, kind, note, request, setting};

/// A note, more or less.
fn payload(dice: &mut Dice) -> Vec<u8> {
    let length = dice.length();
    let mut payload = note(vec![7; length])[5..].to_vec();
    match dice.below(9) {
        // Fields that a note does not have, of all types.
        0 => (0..dice.below(5)).for_each(|_| field(dice, &mut payload)),
        1 => payload = dice.bytes(60),
        // A tag or a length that does not end, or is far too long.
        2 => payload.extend(vec![dice.pick(&[0x80, 0xff, 0x8a]); dice.below(15)]),
        // Groups in groups, closed or not.
        3 => {
            let depth = dice.pick(&[1, 2, 99, 100, 101, 300]);
            payload.extend(vec![0x13; depth]);
            payload.extend(vec![0x14; dice.pick(&[0, depth, depth + 1])]);
        }
        // Its own field in another type.
        4 => payload.push(8 | dice.below(8) as u8),
        // A length that lies.
        5 => payload.extend([0x0a, dice.next() as u8]),
        6 => payload.truncate(dice.below(payload.len() + 1)),
        _ => {}
    }
    payload
}

fn field(dice: &mut Dice, payload: &mut Vec<u8>) {
    let number = dice.pick(&[0, 1, 2, 15, 16, 2_047, 536_870_911]);
    let kind = dice.below(8) as u64;
    varint(payload, number << 3 | kind);
    match kind {
        0 => varint(payload, dice.clone().next() >> dice.below(64)),
        1 => payload.extend([1; 8]),
        2 => {
            let content = dice.bytes(20);
            varint(payload, content.len() as u64);
            payload.extend(content);
        }
        5 => payload.extend([1; 4]),
        _ => {}
    }
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The messages of a call that takes or gives `one`, or should.
pub(crate) fn body(dice: &mut Dice, one: bool) -> Vec<u8> {
    let count = if one && !dice.one_in(6) { 1 } else { dice.below(5) };
    let mut body = Vec::new();
    for _ in 0..count {
        let payload = payload(dice);
        let length = payload.len() as u32;
        let said = match dice.below(24) {
            0 => length + 1,
            1 => length.saturating_sub(1),
            2 => dice.pick(&[u32::MAX, 1 << 31, 4 * 1024 * 1024 + 1]),
            3 => dice.next() as u32,
            _ => length,
        };
        body.push(if dice.one_in(12) { dice.pick(&[1, 2, 128, 255]) } else { 0 });
        body.put_u32(said);
        body.extend(payload);
    }
    if dice.one_in(10) {
        body.truncate(dice.below(body.len() + 1));
    }
    body
}

/// The body in DATA frames that part it anywhere; the last one ends the stream if `end`.
pub(crate) fn in_frames(dice: &mut Dice, mut script: Script, body: &[u8], end: bool) -> Script {
    let mut rest = body;
    while !rest.is_empty() {
        let size = if dice.one_in(2) { 16_000 } else { dice.below(9) + 1 };
        let (part, more) = rest.split_at(size.min(rest.len()));
        script = if dice.one_in(8) {
            script.frame(Frame::padded_data(1, part, dice.below(20) as u8, 0))
        } else {
            script.data(part)
        };
        rest = more;
    }
    if end { script.last(1, []) } else { script }
}

/// Any frame, in any state; its length may be a lie.
pub(crate) fn frame(dice: &mut Dice) -> BytesMut {
    let kind =
        if dice.one_in(20) { dice.next() as u8 } else { dice.pick(&[0, 0, 0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9]) };
    let stream = match kind {
        _ if dice.one_in(5) => dice.pick(&[0, 1, 2, 3, 4, 5, 99, 0x7fff_ffff, 0x8000_0001]),
        kind::SETTINGS | kind::PING | kind::GOAWAY => 0,
        kind::WINDOW_UPDATE => dice.pick(&[0, 1]),
        kind::HEADERS => dice.pick(&[1, 3, 5]),
        _ => 1,
    };
    let likely = match kind {
        kind::HEADERS | kind::PUSH_PROMISE => flag::END_HEADERS | dice.pick(&[0, flag::END_STREAM]),
        kind::SETTINGS | kind::PING | kind::DATA => dice.pick(&[0, 0, flag::ACK]),
        _ => 0,
    };
    let flags = if dice.one_in(8) { dice.next() as u8 } else { likely };
    let payload = if dice.one_in(12) { dice.bytes(40) } else { content(dice, kind) };
    let mut bytes = BytesMut::new();
    Frame::new(kind, flags, stream, &payload).encode(&mut bytes);
    if dice.one_in(16) {
        bytes[0] = dice.pick(&[0, 0, 1, 255]);
        bytes[2] = dice.next() as u8;
    }
    bytes
}

/// What belongs into a frame of this kind.
fn content(dice: &mut Dice, kind: u8) -> Vec<u8> {
    let number = dice.pick(&[0, 1, 2, 100, 65_535, 1 << 20, (1 << 31) - 1, 1 << 31, u32::MAX]).to_be_bytes();
    match kind {
        kind::DATA => note(dice.bytes(30)).to_vec(),
        kind::HEADERS | kind::CONTINUATION => block(dice),
        kind::PUSH_PROMISE => [&number[..], &block(dice)].concat(),
        kind::PRIORITY => [&number[..], &[15]].concat(),
        kind::SETTINGS => (0..dice.below(4)).flat_map(|_| entry(dice)).collect(),
        kind::PING => vec![dice.next() as u8; 8],
        kind::GOAWAY => [&number[..], &(dice.below(14) as u32).to_be_bytes(), &dice.bytes(9)].concat(),
        kind::RST_STREAM => (dice.below(14) as u32).to_be_bytes().to_vec(),
        _ => number.to_vec(),
    }
}

fn entry(dice: &mut Dice) -> [u8; 6] {
    let name = dice.pick(&[
        setting::HEADER_TABLE_SIZE,
        setting::ENABLE_PUSH,
        setting::MAX_CONCURRENT_STREAMS,
        setting::INITIAL_WINDOW_SIZE,
        setting::MAX_FRAME_SIZE,
        setting::MAX_HEADER_LIST_SIZE,
        0,
        8,
        0xffff,
    ]);
    let value = dice.pick(&[0u32, 1, 2, 1_000, 16_384, 65_535, 1 << 24, (1 << 31) - 1, 1 << 31, u32::MAX]);
    let [a, b] = name.to_be_bytes();
    let [c, d, e, f] = value.to_be_bytes();
    [a, b, c, d, e, f]
}

/// A block of headers: of a request, of an answer, of trailers, of nothing known.
fn block(dice: &mut Dice) -> Vec<u8> {
    let kind = dice.pick(&Kind::ALL);
    let mut block = match dice.below(5) {
        0 => encode(&request(kind.path(), &[])).to_vec(),
        1 => encode(&[(":status", "200"), ("content-type", "application/grpc")]).to_vec(),
        2 => encode(&[("grpc-status", "0")]).to_vec(),
        // Indexed fields, growing tables, changed sizes: HPACK of all sorts.
        3 => dice.bytes(20),
        _ => vec![],
    };
    if dice.one_in(8) {
        block.truncate(dice.below(block.len() + 1));
    }
    block
}
