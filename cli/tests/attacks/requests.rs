//! Requests that are wrong, and connections that are no HTTP/2.

use puregrpc_support::{Frame, PREFACE, error, flag, kind, request};

use crate::attacker::{CHAT, GREET, Seen};
use crate::report::Cost;
use crate::stage::Stage;

#[tokio::test]
async fn wrong_requests_are_refused_and_the_connection_lives() {
    let stage = Stage::open().await;
    let mut peer = stage.peer().await;
    let missing =
        ["/helloworld.Greeter/Nothing", "/helloworld.Greeter/../SayHello", "/"].map(|path| ((":path", path), 200));
    let wrong = [
        ((":method", "GET"), 405),
        (("content-type", "text/html"), 415),
        (("content-type", "application/grpcx"), 415),
        (("grpc-timeout", "forever"), 400),
        (("x-bin", "!"), 400),
    ];
    for (index, (field, expected)) in missing.into_iter().chain(wrong).enumerate() {
        let answer = peer.call(2 * index as u32 + 1, GREET, &[field], &[0; 5]).await;
        assert_eq!(answer.http_status(), expected, "{field:?}: {answer:?}");
        assert!(expected != 200 || answer.status() == UNIMPLEMENTED, "{field:?}: {answer:?}");
    }
    peer.assert_alive().await;
    stage.report("wrong requests", "8 of them", "UNIMPLEMENTED, HTTP 400, 405, 415", None);
}

#[tokio::test]
async fn streams_beyond_the_limit_are_refused_and_the_connection_lives() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    let calls: Vec<_> = (0..1_200).map(|number| Frame::request(2 * number + 1, CHAT)).collect();
    attacker.send_frames(&calls).await;
    assert!(attacker.until(|seen| seen.resets.len() == 200).await, "{attacker:?}");
    assert!(attacker.seen.resets.iter().all(|code| *code == error::REFUSED_STREAM));
    stage.close("streams beyond the limit", &attacker);
    assert!(!attacker.is_cut());
}

/// The patterns of gRPC C-core's `bad_client` tests that end the connection.
#[tokio::test]
async fn what_is_no_http2_ends_its_connection_alone() {
    let stage = Stage::open_with(&["--handshake-timeout", "300ms"]).await;
    let greeting = [PREFACE, &encoded(&[Frame::settings(&[])])].concat();
    let frames = bad_frames();
    let mut attacks: Vec<Vec<u8>> = (0..PREFACE.len()).map(|length| PREFACE[..length].to_vec()).collect();
    attacks.extend((0..PREFACE.len()).map(|place| [&PREFACE[..place], b"X", &PREFACE[place + 1..]].concat()));
    attacks.push(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec());
    attacks.push(vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);
    attacks.extend(frames.iter().map(|frames| [&greeting[..], &encoded(frames)].concat()));
    let mut all = Vec::new();
    for attack in &attacks {
        let mut attacker = stage.stranger().await;
        attacker.send(attack).await;
        all.push(attacker);
    }
    for (attacker, attack) in all.iter_mut().zip(&attacks) {
        assert!(attacker.until(|seen| seen.closed || seen.goaway.is_some()).await, "{attack:?}: {attacker:?}");
    }
    stage.report("no HTTP/2", &format!("{} connections", attacks.len()), "each closed", None);
}

/// A call that is cut off behind each of its bytes, headers in two frames with padding and priority among them.
#[tokio::test]
async fn connections_cut_off_anywhere_leave_no_descriptor_behind() {
    let stage = Stage::open().await;
    let before = stage.server.descriptors();
    let block = Frame::request(1, GREET).payload;
    let (begin, end) = block.split_at(block.len() / 2);
    let head = [&[3, 0, 0, 0, 0, 15], begin, &[0; 3]].concat();
    let call = encoded(&[
        Frame::settings(&[(4, 1 << 20)]),
        Frame::new(kind::HEADERS, flag::PADDED | flag::PRIORITY, 1, head),
        Frame::new(kind::CONTINUATION, flag::END_HEADERS, 1, end),
        Frame::data(1, [0; 5], 1),
    ]);
    let bytes = [PREFACE, &call].concat();
    for length in 0..=bytes.len() {
        stage.stranger().await.send(&bytes[..length]).await;
    }
    let cost = stage.measure();
    stage.settle(before);
    cost.print("calls cut off anywhere", &format!("{} connections", bytes.len()), "closed", None);
}

/// Frames that no peer may send.
fn bad_frames() -> Vec<Vec<Frame>> {
    let head = |stream| Frame::request(stream, GREET);
    let block = head(1).payload;
    vec![
        vec![head(2)],
        vec![head(0)],
        vec![head(5), head(3)],
        vec![Frame::data(0, [0; 5], 0)],
        vec![Frame::data(1, [0; 5], 0)],
        vec![Frame::reset(1, error::CANCEL)],
        vec![Frame::window_update(1, 1)],
        vec![Frame::window_update(0, 0)],
        vec![Frame::window_update(0, i32::MAX as u32), Frame::window_update(0, i32::MAX as u32)],
        vec![Frame::new(kind::CONTINUATION, flag::END_HEADERS, 1, [])],
        vec![Frame::new(kind::HEADERS, 0, 1, &block), Frame::ping([0; 8])],
        vec![Frame::new(kind::HEADERS, 0, 1, &block), Frame::new(kind::CONTINUATION, flag::END_HEADERS, 3, [])],
        vec![Frame::new(kind::HEADERS, flag::END_HEADERS | flag::PADDED, 1, [0xff])],
        vec![Frame::new(kind::HEADERS, flag::END_HEADERS | flag::PRIORITY, 1, [0; 3])],
        vec![Frame::new(kind::HEADERS, flag::END_HEADERS, 1, [0xff; 20])],
        vec![Frame::new(kind::PUSH_PROMISE, flag::END_HEADERS, 1, [0, 0, 0, 2])],
        vec![Frame::new(kind::SETTINGS, 0, 0, [0; 5])],
        vec![Frame::new(kind::SETTINGS, 0, 1, [])],
        vec![Frame::new(kind::SETTINGS, flag::ACK, 0, [0; 6])],
        vec![Frame::settings(&[(4, u32::MAX)])],
        vec![Frame::settings(&[(5, 1)])],
        vec![Frame::settings(&[(2, 2)])],
        vec![Frame::new(kind::PING, 0, 0, [0; 7])],
        vec![Frame::new(kind::PING, 0, 1, [0; 8])],
        vec![Frame::new(kind::GOAWAY, 0, 0, [0; 3])],
        vec![Frame::new(kind::WINDOW_UPDATE, 0, 0, [0; 3])],
        vec![Frame::new(kind::DATA, 0, 1, [0; 16_385])],
    ]
}

fn encoded(frames: &[Frame]) -> Vec<u8> {
    let mut bytes = bytes::BytesMut::new();
    frames.iter().for_each(|frame| frame.encode(&mut bytes));
    bytes.to_vec()
}

/// Duplicates and other fields of C-core's `badreq` and `duplicate_header` that a stream is reset or refused for.
#[tokio::test]
async fn duplicate_fields_are_refused_and_the_connection_lives() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    let names = [":path", ":method", ":scheme", ":authority", "content-type", "grpc-timeout", "grpc-encoding"];
    for (index, name) in names.iter().enumerate() {
        let mut fields = request(GREET, &[("grpc-timeout", "1S"), ("grpc-encoding", "identity")]);
        let twin = fields.iter().position(|field| field.0 == *name).unwrap();
        fields.insert(twin, fields[twin].clone());
        attacker.send_frames(&[Frame::headers(2 * index as u32 + 1, flag::END_HEADERS, &fields)]).await;
        let told = index + 1;
        assert!(attacker.until(|seen| answers(seen) >= told).await, "{name}: {attacker:?}");
    }
    stage.close("duplicate fields", &attacker);
    assert!(!attacker.is_cut());
}

/// Refused by HTTP/2, or answered with a status and then reset, since the request has not ended.
fn answers(seen: &Seen) -> usize {
    seen.resets.iter().filter(|code| **code == error::PROTOCOL_ERROR).count() + seen.ends
}

/// Whatever a peer says, a line of the log is a line, and a terminal shows it as text.
#[tokio::test]
async fn nothing_that_a_peer_says_is_a_control_character_in_the_log() {
    let stage = Stage::open_as(&[], &[("RUST_LOG", "trace"), ("NO_COLOR", "1")]).await;
    let mut attacker = stage.attacker().await;
    let evil = "x\x1b[31m\x07\u{85}\u{9b}\u{202e}y";
    for (index, name) in [":path", "user-agent", "x", "grpc-timeout", ":authority"].into_iter().enumerate() {
        let stream = 2 * index as u32 + 1;
        attacker.send_frames(&[Frame::call(stream, GREET, &[(name, evil)]), Frame::data(stream, [0; 5], 1)]).await;
    }
    attacker.send_frames(&[Frame::goaway(0, 99, evil)]).await;
    attacker.closed().await;
    let cost = Cost { log: 0, ..stage.measure() };
    cost.print("log injection", "6 frames", &attacker.seen.to_string(), None);
    let log = String::from_utf8(stage.server.log()).expect("the log is text");
    let found = log.lines().find(|line| line.chars().any(|letter| letter.is_control() || letter == '\u{202e}'));
    assert_eq!(found, None);
}

const UNIMPLEMENTED: u32 = 12;
