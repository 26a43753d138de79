//! How much of what a peer has sent is told in a status.

use puregrpc_support::{END, Frame, Level, Log, RawServer, Script, UNARY, error, note, noted};

/// More than half of the headers that a peer may send.
const LONG: usize = 12_000;

/// What a status tells is short, and holds no secrets: it ends up in logs.
const SHORT: usize = 1024;

/// R8: a refusal quotes the beginning of what is wrong, and no other header.
#[tokio::test(start_paused = true)]
async fn refusals_are_short_and_keep_secrets() {
    let log = Log::up_to(Level::DEBUG);
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let (text, odd) = (vec![b'a'; LONG], vec![0xff; LONG]);
    let name = format!("{}-bin", "n".repeat(LONG));
    let faults: [(&str, &[u8]); 6] = [
        ("grpc-timeout", &text),
        ("grpc-timeout", &odd),
        ("grpc-encoding", &text),
        ("grpc-encoding", &odd),
        (&name, b"*"),
        ("content-type", &odd),
    ];
    for ((name, value), stream) in faults.into_iter().zip((1..).step_by(2)) {
        let secret: (&str, &[u8]) = ("authorization", b"Bearer hunter2");
        let answer = peer.call_raw(stream, UNARY, &[secret, (name, value)], &note("x")).await;
        let told = answer.grpc_message();
        assert!((1..=SHORT).contains(&told.len()), "{name}: {} bytes", told.len());
        assert!(!format!("{answer:?}").contains("hunter2"), "{name}");
    }
    let method = "M".repeat(LONG);
    let answer = peer.call(101, UNARY, &[(":method", &method)], &note("x")).await;
    assert!((1..=SHORT).contains(&answer.grpc_message().len()));
    peer.assert_alive().await;
    let logged = log.take().concat();
    assert!(!logged.contains("hunter2"), "{logged}");
}

/// C7: what kind of answer came is told by the beginning of its name.
#[tokio::test(start_paused = true)]
async fn a_foreign_answer_is_told_in_short() {
    let mut server = RawServer::new();
    let client = server.client();
    let kind = [&b"text/"[..], &[0xff; LONG]].concat();
    let answer = async {
        let mut peer = server.accept().await;
        let stream = peer.accept().await;
        let fields: [(&str, &[u8]); 2] = [(":status", b"502"), ("content-type", &kind)];
        peer.headers(stream, &fields, END).await;
        peer
    };
    let (_peer, result) = tokio::join!(answer, client.unary(noted("x")));
    let status = result.unwrap_err();
    assert!(status.message().contains(r#""text/\xff"#) && status.message().len() <= SHORT, "{status}");
}

/// C13: so are the last words of a connection.
#[tokio::test(start_paused = true)]
async fn the_last_words_of_a_connection_are_told_in_short() {
    let mut server = RawServer::new();
    let client = server.client();
    let answer = async {
        // A call that was not begun is made once more.
        for _ in 0..2 {
            let mut peer = server.accept().await;
            peer.accept().await;
            peer.send(&Frame::goaway(0, error::INTERNAL_ERROR, &"\u{1}".repeat(LONG))).await;
        }
    };
    let ((), result) = tokio::join!(answer, client.unary(noted("x")));
    let status = result.unwrap_err();
    assert!(status.message().contains(r"\x01\x01") && status.message().len() <= SHORT, "{status}");
}
