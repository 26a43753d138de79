//! Exchanges written by hand: what our own client and server never send.

use crate::{
    recording::Recording,
    scenario::{Kind, Scenario},
};
use bytes::{BufMut, BytesMut};
use puregrpc_support::{Frame, PREFACE, encode, error, flag, kind, message, note, prefixed, request, setting};

/// What a client sends, in the order of its frames.
pub(crate) struct Script(Vec<Frame>);

impl Script {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Any frame.
    pub(crate) fn frame(mut self, frame: Frame) -> Self {
        self.0.push(frame);
        self
    }

    /// HEADERS with these fields.
    pub(crate) fn headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(self, stream: u32, fields: &[(N, V)], flags: u8) -> Self {
        self.frame(Frame::new(kind::HEADERS, flags | flag::END_HEADERS, stream, encode(fields)))
    }

    /// The headers of a request.
    pub(crate) fn call(self, stream: u32, path: &str, extra: &[(&str, &str)]) -> Self {
        self.headers(stream, &request(path, extra), 0)
    }

    /// The headers of a response.
    pub(crate) fn respond(self) -> Self {
        self.headers(1, &[(":status", "200"), ("content-type", "application/grpc")], 0)
    }

    /// DATA.
    pub(crate) fn data(self, bytes: impl AsRef<[u8]>) -> Self {
        self.frame(Frame::data(1, bytes, 0))
    }

    /// DATA that ends its stream.
    pub(crate) fn last(self, stream: u32, bytes: impl AsRef<[u8]>) -> Self {
        self.frame(Frame::data(stream, bytes, flag::END_STREAM))
    }

    /// DATA, each byte in a frame of its own.
    pub(crate) fn bytewise(self, bytes: &[u8]) -> Self {
        bytes.chunks(1).fold(self, |script, byte| script.data(byte))
    }

    /// Trailers.
    pub(crate) fn trailers(self, fields: &[(&str, &str)]) -> Self {
        self.headers(1, fields, flag::END_STREAM)
    }

    /// The frames behind SETTINGS and their acknowledgement.
    pub(crate) fn bytes(&self) -> BytesMut {
        let mut bytes = BytesMut::new();
        let greeting = [Frame::settings(&[(setting::MAX_CONCURRENT_STREAMS, 100)]), Frame::settings_ack()];
        greeting.iter().chain(&self.0).for_each(|frame| frame.encode(&mut bytes));
        bytes
    }
}

/// How long the greeting of a script is.
pub(crate) const GREETING: usize = 9 + 6 + 9;

/// Requests of all kinds, sound and unsound.
pub(crate) fn requests() -> Vec<Recording> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        for (number, script) in request_scripts(kind).iter().enumerate() {
            let name = format!("crafted request {number} ({kind:?})");
            let scenario = Scenario::echo(kind, &[b"note"]);
            let requests = [PREFACE, &script.bytes()].concat();
            all.push(Recording { name, scenario, requests, responses: Vec::new(), greeting: 0 });
        }
    }
    all
}

fn request_scripts(kind: Kind) -> Vec<Script> {
    let call = || Script::new().call(1, kind.path(), &[]);
    let with = |name, value| Script::new().call(1, kind.path(), &[(name, value)]);
    let block = encode(&request(kind.path(), &[]));
    let (one, two) = block.split_at(block.len() / 3);
    let padded = [&[4][..], &block, &[0; 4]].concat();
    let weighted = [&[0, 0, 0, 0, 15][..], &block].concat();
    let whole = flag::END_HEADERS;
    let start = |flags, payload: &[u8]| Script::new().frame(Frame::new(kind::HEADERS, flags, 1, payload));
    vec![
        call().last(1, note("x")),
        call().bytewise(&note("bytes")).last(1, []),
        call().data(&note("x")[..2]).data(&note("x")[2..5]).last(1, &note("x")[5..]),
        call().frame(Frame::padded_data(1, note("x"), 7, flag::END_STREAM)),
        start(whole | flag::PADDED, &padded).last(1, note("x")),
        start(whole | flag::PRIORITY, &weighted).last(1, note("x")),
        start(0, one).frame(Frame::new(kind::CONTINUATION, whole, 1, two)).last(1, note("x")),
        call().data(note("x")).headers(1, &[("x-trailer", "1")], flag::END_STREAM),
        Script::new().headers(1, &request(kind.path(), &[]), flag::END_STREAM),
        call().last(1, prefixed(1, "x")),
        call().data(note("x")).last(1, prefixed(255, "x")),
        with("grpc-encoding", "identity").last(1, note("x")),
        with("grpc-encoding", "snappy").last(1, prefixed(1, "x")),
        call().last(1, [0, 255, 255, 255, 255]),
        call().last(1, &note("cut")[..7]),
        call().last(1, [note("one"), note("two")].concat()),
        call().last(1, []),
        call().data(note("x")).frame(Frame::reset(1, error::CANCEL)),
        control(call()).last(1, note("x")),
        call().last(1, note("x")).frame(Frame::goaway(0, error::NO_ERROR, "bye")),
        call().call(3, kind.path(), &[]).last(3, note("three")).last(1, note("one")),
        call().frame(Frame::new(0x42, 0xff, 1, "grease")).last(1, note("x")),
        Script::new().call(1, "/wire.Wire/Other", &[]).last(1, note("x")),
        with("content-type", "text/plain").last(1, note("x")),
        with("grpc-timeout", "5").last(1, note("x")),
    ]
}

/// Frames of the connection between those of a call.
fn control(script: Script) -> Script {
    script
        .frame(Frame::ping([7; 8]))
        .frame(Frame::window_update(0, 1_000))
        .frame(Frame::window_update(1, 1_000))
        .frame(Frame::priority(1, 0))
        .frame(Frame::settings(&[(setting::INITIAL_WINDOW_SIZE, 1_000), (setting::HEADER_TABLE_SIZE, 0)]))
}

/// Answers of all kinds, sound and unsound, and the calls that they answer.
pub(crate) fn responses() -> Vec<Recording> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        for (number, script) in response_scripts().iter().enumerate() {
            let name = format!("crafted response {number} ({kind:?})");
            let scenario = Scenario::echo(kind, &[b"note"]);
            let responses = script.bytes().to_vec();
            all.push(Recording { name, scenario, requests: Vec::new(), responses, greeting: GREETING });
        }
    }
    all
}

fn response_scripts() -> Vec<Script> {
    let respond = || Script::new().respond();
    let well: &[(&str, &str)] = &[("grpc-status", "0")];
    let foreign = |status, kind| Script::new().headers(1, &[(":status", status), ("content-type", kind)], 0);
    let head = encode(&[(":status", "200"), ("content-type", "application/grpc")]);
    let (one, two) = head.split_at(9);
    let start = |flags, payload: &[u8]| Script::new().frame(Frame::new(kind::HEADERS, flags, 1, payload));
    let only = |status, text| {
        let fields = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", status)];
        Script::new()
            .trailers(&[&fields[..], &[("grpc-message", text), ("grpc-status-details-bin", "CAoSAA")]].concat())
    };
    let mut promise = BytesMut::new();
    promise.put_u32(2);
    promise.put_slice(&encode(&request("/wire.Wire/Unary", &[])));
    vec![
        respond().data(note("x")).trailers(well),
        respond().bytewise(&note("bytes")).trailers(well),
        respond().data(&note("x")[..3]).data(&note("x")[3..]).trailers(well),
        only("10", "it fails%0A as it should %E2%98%BA"),
        only("99", "%zz"),
        only("0", ""),
        Script::new().headers(1, &[(":status", "103")], 0).respond().data(note("x")).trailers(well),
        respond().frame(Frame::padded_data(1, note("x"), 7, 0)).trailers(well),
        start(0, one).frame(Frame::new(kind::CONTINUATION, flag::END_HEADERS, 1, two)).data(note("x")).trailers(well),
        respond().last(1, note("x")),
        respond().data(note("x")).trailers(&[("x-other", "1")]),
        respond().data(prefixed(1, "x")).trailers(well),
        respond().data(note("x")).data(prefixed(255, "x")).trailers(well),
        respond().data([0, 255, 255, 255, 255]).trailers(well),
        respond().data(&note("cut")[..7]).trailers(well),
        respond().data([note("one"), note("two")].concat()).trailers(well),
        respond().trailers(well),
        respond().data(message("")).trailers(&[("grpc-status", "5"), ("grpc-message", "none")]),
        respond().data(note("x")).frame(Frame::reset(1, error::INTERNAL_ERROR)),
        Script::new().frame(Frame::reset(1, error::REFUSED_STREAM)),
        respond().frame(Frame::goaway(1, error::NO_ERROR, "bye")).data(note("x")).trailers(well),
        Script::new().frame(Frame::goaway(0, error::NO_ERROR, "bye")),
        foreign("502", "text/html").last(1, "<html>no such luck</html>"),
        foreign("200", "text/plain").data(note("x")).trailers(well),
        control(respond()).data(note("x")).trailers(well),
        respond().frame(Frame::new(0x42, 0xff, 1, "grease")).data(note("x")).trailers(well),
        respond().frame(Frame::new(kind::PUSH_PROMISE, flag::END_HEADERS, 1, promise)).trailers(well),
        respond().data(note("x")).trailers(well).data(note("late")),
    ]
}
