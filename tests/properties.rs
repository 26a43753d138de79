//! What must hold for any bytes: the functions of the fuzz targets, on a few hundred inputs of one seed.
//!
//! `PUREGRPC_PROPERTIES=20000` runs more of them, `PUREGRPC_PROPERTIES_SEED=7` others.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use puregrpc::fuzzing;
use puregrpc_support::{fuzz_client, fuzz_server, sample_answer, sample_request};
use std::env;

/// Runs `property` on inputs of `strategy`; a broken one is shrunk before it is shown.
fn holds(property: fn(&[u8]), strategy: impl Strategy<Value = Vec<u8>>) {
    let number = |name: &str, plain| env::var(name).map_or(plain, |text| text.parse().expect("a number"));
    let seed: u64 = number("PUREGRPC_PROPERTIES_SEED", 1);
    let cases = number("PUREGRPC_PROPERTIES", 400) as u32;
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed.to_be_bytes(); 4].concat());
    let result = TestRunner::new_with_rng(config, random).run(&strategy, |data| {
        property(&data);
        Ok::<(), TestCaseError>(())
    });
    result.unwrap_or_else(|error| panic!("PUREGRPC_PROPERTIES_SEED={seed} PUREGRPC_PROPERTIES={cases}: {error}"));
}

/// Any bytes, fewer than `end`.
fn bytes(end: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..end)
}

/// Text of these bytes alone.
fn text(alphabet: &'static [u8], end: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(select(alphabet), 0..end)
}

/// M1, M3, M10: messages are the same wherever their bytes are parted.
#[test]
fn messages_are_the_same_wherever_they_are_parted() {
    let small = text(&[0, 0, 0, 0, 0, 1, 2, 3, 5], 200);
    holds(fuzzing::frame, prop_oneof![bytes(100), small]);
}

/// M8, M9: what was compressed comes back, altered it does not, and never more than the limit.
#[cfg(feature = "gzip")]
#[test]
fn compressed_bytes_come_back_within_the_limit() {
    holds(fuzzing::gzip, prop_oneof![bytes(100), text(b"aaaaaabc", 3000), bent(vec![0; 2000])]);
}

/// M13: a message decodes alike from any kind of payload, and to itself.
#[test]
fn messages_decode_to_themselves() {
    let likely = text(&[0x0a, 0x0a, 0, 1, 2, 3, 4, 0x12, 0x1a, 0x22, 0x2a, 0x32, b'a', 0x80, 0xff], 60);
    holds(fuzzing::message, prop_oneof![bytes(60), likely]);
}

/// M13: NaN is a number like others, alone, in a list and in a map.
#[test]
fn messages_with_numbers_that_are_not_equal_to_themselves_decode_to_themselves() {
    let nan = [&[0x11][..], &f64::NAN.to_le_bytes()].concat();
    let inside = |tag: u8, bytes: &[u8]| [&[tag, bytes.len() as u8][..], bytes].concat();
    let in_list = inside(0x0a, &inside(0x32, &inside(0x0a, &nan)));
    let entry = [&inside(0x0a, b"k")[..], &inside(0x12, &nan)].concat();
    let in_map = inside(0x0a, &inside(0x2a, &inside(0x0a, &entry)));
    for message in [inside(0x0a, &nan), in_list, in_map] {
        fuzzing::message(&message);
    }
}

/// S15, S17, S19, R10: received metadata hides what is reserved, and what can be set can be read again.
#[test]
fn metadata_is_read_as_it_was_set() {
    let likely = text(b"aB1-_.:::\n\n grpc-te-bin", 120);
    holds(fuzzing::metadata, prop_oneof![bytes(120), likely]);
}

/// S11, S12: a timeout is written again as at least as much, and hardly more.
#[test]
fn timeouts_are_written_again_as_hardly_more() {
    holds(fuzzing::timeout, prop_oneof![bytes(14), text(b"0123456789HMSmun", 10)]);
}

/// R3, C4, C5, C6: a status is read as it was written.
#[test]
fn statuses_are_read_as_they_were_written() {
    let likely = text(b"\x00\x01\x02\x05\x100123 abc%%2f\xe2\x98\xba\t\n", 60);
    holds(fuzzing::status, prop_oneof![bytes(120), likely]);
}

/// S15, S16: bytes come back from base64, and nothing comes from what is none.
#[test]
fn bytes_come_back_from_base64() {
    holds(fuzzing::base64, prop_oneof![bytes(100), text(b"ABCxyz019+/==, *", 20)]);
}

/// A server answers any bytes lawfully, and is there for others.
#[test]
fn a_server_outlives_any_bytes() {
    holds(fuzz_server, prop_oneof![bytes(300), frames(), bent(sample_request())]);
}

/// A client ends its call whatever the server says.
#[test]
fn a_client_outlives_any_bytes() {
    holds(fuzz_client, prop_oneof![bytes(300), frames(), bent(sample_answer())]);
}

/// Whole frames with any content, behind a greeting.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let frame = (0..11_u8, any::<u8>(), select(vec![0, 0, 1, 1, 1, 2, 3]), vec(any::<u8>(), 0..30));
    let encoded = frame.prop_map(|(kind, flags, stream, payload)| {
        [&[0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream][..], &payload].concat()
    });
    (0..32_u8, vec(encoded, 0..12)).prop_map(|(choice, frames)| {
        let behind_greeting = choice & !4;
        [vec![behind_greeting], frames.concat()].concat()
    })
}

/// A sound exchange with some of its bytes changed.
fn bent(sample: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = sample.len();
    vec((1..length, any::<u8>()), 0..6).prop_map(move |changes| {
        let mut bytes = sample.clone();
        changes.into_iter().for_each(|(place, byte)| bytes[place] = byte);
        bytes
    })
}
