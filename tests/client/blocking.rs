//! Blocking calls, from threads with and without a runtime.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Channel, Code, ConnectivityState, Request, Response, Server, Status, blocking, in_process};
use tokio::runtime::Builder;
use tokio::task::coop;

use crate::service::{CHAT, COLLECT, EXPAND, UNARY, bytes, serve};

type Answer = Result<Response<BytesValue>, Status>;

/// Runs `calls` with a channel to an echo that runs on another thread.
fn with_channel(calls: impl FnOnce(blocking::Channel)) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let entered = runtime.enter();
    let server = serve(Server::new());
    drop(entered);
    calls(blocking::Channel::new(Channel::in_process(server.connector.clone())).unwrap());
}

#[test]
fn one_message_each_way() {
    with_channel(|channel| {
        let answer: Answer = channel.unary(UNARY, bytes("abc").into());
        assert_eq!(&answer.unwrap().value[..], b"abc");
        let answer: Answer = channel.unary(UNARY, bytes("!fail").into());
        assert_eq!(answer.unwrap_err().code(), Code::NotFound);
    });
}

#[test]
fn a_channel_is_built_with_its_settings() {
    let (_silent, connector) = in_process();
    let builder = blocking::ChannelBuilder::in_process(connector).connect_timeout(Duration::from_millis(20));
    let error = builder.connect().unwrap_err();
    assert!(error.is_connect() && error.to_string().contains("no answer within 20ms"), "{error}");
    let error = blocking::Channel::builder("nowhere").max_connections(2).build().unwrap_err();
    assert!(error.is_address(), "{error}");
}

#[test]
fn the_settings_of_calls_and_the_state_are_those_of_the_channel() {
    with_channel(|channel| {
        assert_eq!(channel.state(), ConnectivityState::Idle);
        let small = channel.clone().max_send_message_size(2).user_agent("x").unwrap();
        let answer: Answer = small.unary(UNARY, bytes("abc").into());
        assert_eq!(answer.unwrap_err().code(), Code::ResourceExhausted);
        let answer: Answer = channel.unary(UNARY, bytes("abc").into());
        answer.unwrap();
        small.wait_for_state(ConnectivityState::Ready);
    });
}

#[test]
fn ready_connects_or_says_why_not() {
    with_channel(|channel| channel.ready().unwrap());
    let (listener, connector) = in_process();
    drop(listener);
    let channel = blocking::Channel::new(Channel::in_process(connector)).unwrap();
    let error = channel.ready().unwrap_err();
    assert!(error.is_connect() && error.to_string().contains("the in-process listener is gone"), "{error}");
}

#[test]
fn the_time_left_of_a_stream_of_answers_is_told() {
    with_channel(|channel| {
        let hour = Duration::from_secs(3600);
        let request = Request::new(bytes("abc")).with_timeout(hour);
        let answers = channel.server_streaming::<_, BytesValue>(EXPAND, request).unwrap();
        let left = answers.time_left().unwrap();
        assert!(left < hour && left > hour / 2, "{left:?}");
        let answers = channel.server_streaming::<_, BytesValue>(EXPAND, bytes("abc").into()).unwrap();
        assert_eq!(answers.time_left(), None);
    });
}

#[test]
fn answers_are_an_iterator_that_ends_with_the_error() {
    with_channel(|channel| {
        let mut answers = channel.server_streaming::<_, BytesValue>(EXPAND, bytes("abc").into()).unwrap();
        assert_eq!(answers.headers().unwrap().get("x-count"), Some("3"));
        let all: Result<Vec<_>, Status> = answers.by_ref().collect();
        assert_eq!(all.unwrap().len(), 3);
        assert_eq!(answers.trailers().get("x-end"), Some("1"));
        let answers = channel.server_streaming::<_, BytesValue>(EXPAND, bytes("a!").into()).unwrap();
        let codes: Vec<_> = answers.map(|answer| answer.map_or_else(|status| status.code(), |_| Code::Ok)).collect();
        assert_eq!(codes, [Code::Ok, Code::Ok, Code::Aborted]);
    });
}

#[test]
fn requests_go_at_the_servers_pace() {
    with_channel(|channel| {
        let mut call = channel.client_streaming::<_, BytesValue>(COLLECT, ().into()).unwrap();
        call.send_all((0..1000).map(|n: u32| bytes([n as u8; 1000]))).unwrap();
        assert_eq!(call.finish().unwrap().value.len(), 1_000_000);
    });
}

#[test]
fn the_halves_of_a_call_may_go_to_threads() {
    with_channel(|channel| {
        let (mut sender, receiver) = channel.bidi_streaming::<_, BytesValue>(CHAT, ().into()).unwrap();
        let sending = std::thread::spawn(move || {
            let sent = sender.send_all((0..3000).map(|_| bytes([7; 1000])));
            sender.close();
            sent
        });
        drop(channel);
        assert_eq!(receiver.map(Result::unwrap).count(), 3000);
        sending.join().unwrap().unwrap();
    });
}

#[test]
fn a_deadline_ends_a_blocked_call() {
    with_channel(|channel| {
        let request = Request::new(bytes("!hang")).with_timeout(Duration::from_millis(20));
        let answer: Answer = channel.unary(UNARY, request);
        assert_eq!(answer.unwrap_err().code(), Code::DeadlineExceeded);
    });
}

#[test]
fn calls_on_a_thread_of_a_runtime_are_no_panic() {
    with_channel(|channel| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let answer: Answer = channel.unary(UNARY, bytes("abc").into());
            assert_eq!(&answer.unwrap().value[..], b"abc");
            drop(channel);
        });
    });
}

/// A task that has used up its budget blocks in the call, and does not come round to get a new one.
#[test]
fn a_deadline_ends_a_call_of_a_task_without_budget() {
    let (_silent, connector) = in_process();
    let channel = blocking::Channel::new(Channel::in_process(connector)).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        poll_fn(|cx| {
            while let Poll::Ready(budget) = coop::poll_proceed(cx) {
                budget.made_progress();
            }
            Poll::Ready(())
        })
        .await;
        let request = Request::new(bytes("abc")).with_timeout(Duration::from_millis(20));
        let answer: Answer = channel.unary(UNARY, request);
        assert_eq!(answer.unwrap_err().code(), Code::DeadlineExceeded);
    });
}

#[test]
fn nobody_at_home_is_an_error_of_connecting() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = blocking::Channel::connect(format!("127.0.0.1:{port}")).unwrap_err();
    assert!(error.is_connect() && error.to_string().contains("refused"), "{error}");
    assert!(blocking::Channel::connect("nowhere").unwrap_err().is_address());
}
