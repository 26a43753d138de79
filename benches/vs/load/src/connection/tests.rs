use std::io::Write;
use std::net::{TcpListener, TcpStream};

use super::*;
use crate::request::Headers;

/// A connection that makes calls with `body`, and the server's end of its socket.
pub(crate) fn connection(body: &[u8]) -> (Connection, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    let body = Upload { pattern: Rc::from(body), offset: 0, left: body.len() as u64, end: true };
    let call = Call { headers: Headers::new("/a.A/A", "h", false, 0), body };
    (Connection::new(Wire::Plain(client), Rc::from([call])), server)
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frames::put_head(&mut bytes, payload.len(), kind, flags, stream);
    bytes.extend_from_slice(payload);
    bytes
}

pub(crate) fn settings(settings: &[(u16, u32)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frames::put_settings(&mut bytes, settings);
    bytes
}

fn number(kind: u8, stream: u32, number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    frames::put_number(&mut bytes, kind, stream, number);
    bytes
}

pub(crate) fn trailers(stream: u32, status: &[u8]) -> Vec<u8> {
    let block = [b"\x00\x0bgrpc-status\x01", status].concat();
    frame(frames::HEADERS, frames::END_HEADERS | frames::END_STREAM, stream, &block)
}

/// What a connection makes of whole frames.
pub(crate) fn tell(connection: &mut Connection, mut bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = connection.next_event(&mut bytes).unwrap() {
        events.push(event);
    }
    assert!(bytes.is_empty());
    events
}

/// How much DATA waits to be sent, and whether it ends the stream.
fn sent(connection: &Connection) -> (usize, bool) {
    let mut rest = connection.output.strip_prefix(frames::PREFACE).unwrap();
    let (mut length, mut end) = (0, false);
    while let Some((frame, taken)) = Frame::parse(rest).unwrap() {
        rest = &rest[taken..];
        if frame.kind == frames::DATA {
            length += frame.payload.len();
            end |= frame.has(frames::END_STREAM);
        }
    }
    (length, end)
}

/// The failure that `bytes` make of the first call.
fn failure(bytes: &[u8]) -> Option<Failure> {
    let (mut connection, _server) = connection(b"body");
    connection.begin(0, Instant::now());
    match tell(&mut connection, bytes).pop() {
        Some(Event::End { outcome: Err(failure), .. }) => Some(failure),
        _ => None,
    }
}

#[test]
fn an_answer_is_understood_wherever_it_is_cut() {
    let answer = [
        settings(&[(frames::MAX_CONCURRENT_STREAMS, 7)]),
        frame(frames::HEADERS, 0, 1, b"\x88"),
        frame(frames::CONTINUATION, frames::END_HEADERS, 1, b"\x0f\x10\x10application/grpc"),
        frame(frames::DATA, 0, 1, b"\0\0\0\0\x02ab"),
        trailers(1, b"0"),
    ];
    let answer = answer.concat();
    for cut in 1..answer.len() {
        let (mut connection, mut server) = connection(b"body");
        connection.begin(0, Instant::now());
        let (mut ready, mut outcome) = (0, None);
        let mut parts = [&answer[..cut], &answer[cut..]].into_iter();
        while outcome.is_none() {
            if let Some(part) = parts.next() {
                server.write_all(part).unwrap();
            }
            let mut buffer = vec![0; 32 * 1024];
            let received = connection.receive(&mut buffer, |_, event| match event {
                Event::Ready => ready += 1,
                Event::End { outcome: result, frames, .. } => outcome = Some((result, frames)),
                other => panic!("{other:?}"),
            });
            received.unwrap();
        }
        assert_eq!((ready, outcome), (1, Some((Ok(1), 1))), "cut at {cut}");
        assert_eq!((connection.max_streams(), connection.open_calls()), (7, 0));
    }
}

#[test]
fn an_upload_keeps_to_both_windows() {
    let (mut connection, _server) = connection(&vec![0; 100_000]);
    tell(&mut connection, &settings(&[(frames::INITIAL_WINDOW_SIZE, 10)]));
    connection.begin(0, Instant::now());
    assert_eq!(sent(&connection), (10, false));
    tell(&mut connection, &number(frames::WINDOW_UPDATE, 1, 20));
    connection.upload();
    assert_eq!(sent(&connection), (30, false));
    // The window of the connection is the smaller one now.
    tell(&mut connection, &settings(&[(frames::INITIAL_WINDOW_SIZE, 200_000)]));
    connection.upload();
    assert_eq!(sent(&connection), (65_535, false));
    tell(&mut connection, &number(frames::WINDOW_UPDATE, 0, 34_464));
    connection.upload();
    assert_eq!(sent(&connection), (99_999, false));
    tell(&mut connection, &number(frames::WINDOW_UPDATE, 0, 1));
    connection.upload();
    assert_eq!(sent(&connection), (100_000, true));
}

#[test]
fn streams_share_the_windows_frame_by_frame() {
    let (mut connection, _server) = connection(&vec![0; 40_000]);
    connection.begin(0, Instant::now());
    connection.begin(0, Instant::now());
    let (a, b) = (connection.streams.get(1).unwrap().upload.left, connection.streams.get(3).unwrap().upload.left);
    // The first was alone at first: what fits goes out at once.
    assert_eq!((a, b), (0, 40_000 - (65_535 - 40_000)));
    tell(&mut connection, &number(frames::WINDOW_UPDATE, 0, 100_000));
    connection.upload();
    assert_eq!(sent(&connection), (80_000, true));
}

#[test]
fn what_was_received_is_given_back() {
    let (mut connection, _server) = connection(b"body");
    connection.begin(0, Instant::now());
    let before = connection.output.len();
    // The beginning of a message that is longer than all of it.
    let mut part = [0xff; frames::DEFAULT_FRAME];
    part[0] = 0;
    let data = frame(frames::DATA, 0, 1, &part);
    for _ in 0..WINDOW as usize / 4 / frames::DEFAULT_FRAME {
        assert_eq!(connection.output.len(), before);
        tell(&mut connection, &data);
    }
    let expected =
        [number(frames::WINDOW_UPDATE, 0, WINDOW / 4), number(frames::WINDOW_UPDATE, 1, WINDOW / 4)].concat();
    assert_eq!(connection.output[before..], expected);
}

#[test]
fn calls_that_fail_are_told_by_why() {
    let headers = |block| frame(frames::HEADERS, frames::END_HEADERS, 1, block);
    assert_eq!(failure(&number(frames::RST_STREAM, 1, 7)), Some(Failure::Reset(7)));
    assert_eq!(failure(&trailers(1, b"8")), Some(Failure::Status(8)));
    assert_eq!(failure(&[headers(b"\x8d"), trailers(1, b"0")].concat()), Some(Failure::Http(404)));
    let end = frame(frames::DATA, frames::END_STREAM, 1, b"");
    assert_eq!(failure(&[headers(b"\x88"), end].concat()), Some(Failure::NoStatus));
    assert_eq!(failure(&trailers(1, b"x")), Some(Failure::NoStatus));
    assert_eq!(failure(&trailers(1, b"0")), None);
}

#[test]
fn messages_are_told_of_calls_whose_requests_go_on() {
    let (mut connection, _server) = connection(b"body");
    connection.begin(0, Instant::now());
    let data = frame(frames::DATA, 0, 1, b"\0\0\0\0\0\0\0\0\0\x02a");
    assert!(tell(&mut connection, &data).is_empty());
    connection.streams.get(1).unwrap().upload.end = false;
    let events = tell(&mut connection, &frame(frames::DATA, 0, 1, b"b"));
    assert!(matches!(events[..], [Event::Messages { id: 1, kind: 0, count: 1, frames: 2, .. }]), "{events:?}");
}

#[test]
fn a_message_can_be_sent_again() {
    let (mut connection, _server) = connection(b"body");
    connection.begin(0, Instant::now());
    connection.send_again(1, Instant::now());
    connection.send_again(3, Instant::now());
    assert_eq!(sent(&connection).0, 8);
}

#[test]
fn a_goaway_loses_the_calls_behind_its_last() {
    let (mut connection, _server) = connection(b"body");
    for _ in 0..3 {
        connection.begin(0, Instant::now());
    }
    let events = tell(&mut connection, &frame(frames::GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 11]));
    assert!(matches!(events[..], [Event::GoAway { code: 11, lost: 2 }]), "{events:?}");
    assert!(connection.draining());
    assert_eq!(connection.open_calls(), 1);
}

#[test]
fn pings_and_settings_are_answered() {
    let (mut connection, _server) = connection(b"body");
    let before = connection.output.len();
    let ack = frame(frames::PING, frames::ACK, 0, b"anything");
    tell(&mut connection, &[frame(frames::PING, 0, 0, b"12345678"), ack, settings(&[])].concat());
    let answers = [frame(frames::PING, frames::ACK, 0, b"12345678"), frame(frames::SETTINGS, frames::ACK, 0, b"")];
    assert_eq!(connection.output[before..], answers.concat());
}

#[test]
fn a_server_that_breaks_off_a_header_block_is_refused() {
    let (mut connection, _server) = connection(b"body");
    let bytes = [frame(frames::HEADERS, 0, 1, b"\x88"), frame(frames::DATA, 0, 1, b"")].concat();
    assert!(connection.next_event(&mut &bytes[..]).is_err());
}
