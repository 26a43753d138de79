//! The cases of gRPC's interoperability tests, with the library on both sides. Other implementations take either side in
//! tests/peers/judges.

use std::future::pending;

use puregrpc::Server;
use tokio::net::TcpListener;

use puregrpc_interop::Options;
use puregrpc_interop::cases::{CASES, Peer};
use puregrpc_interop::interop::grpc::testing::TestServiceServer;
use puregrpc_interop::tester::Tester;

/// Makes the cases of these names, one after the other, against a server of their own.
async fn pass(cases: &[&str]) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    tokio::spawn(Server::new().add(TestServiceServer::new(Tester)).serve(listener, pending()));
    let options = [
        ("server_host", "127.0.0.1"),
        ("server_port", &port),
        ("soak_iterations", "5"),
        ("soak_per_iteration_max_acceptable_latency_ms", "30000"),
        ("soak_overall_timeout_seconds", "60"),
    ];
    let peer = Peer::of(Options::of(&options)).await.unwrap();
    for case in cases {
        assert!(CASES.contains(case), "{case} is no case");
        if let Err(failure) = peer.run(case).await {
            panic!("{case}: {failure}");
        }
    }
}

/// I1: each kind of call, with large messages and with none.
#[tokio::test]
async fn calls_of_each_kind_pass() {
    pass(&["empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream"]).await;
    pass(&["half_duplex"]).await;
}

/// I2: codes and messages, odd ones, too.
#[tokio::test]
async fn statuses_pass() {
    pass(&["status_code_and_message", "special_status_message"]).await;
}

/// I3: there and back, binary values, too.
#[tokio::test]
async fn metadata_pass() {
    pass(&["custom_metadata"]).await;
}

/// I4: neither hangs, and the channel lives on.
#[tokio::test]
async fn what_is_not_implemented_passes() {
    pass(&["unimplemented_method", "unimplemented_service"]).await;
}

/// I5: by a handle, and the caller is told CANCELLED.
#[tokio::test]
async fn cancelled_calls_pass() {
    pass(&["cancel_after_begin", "cancel_after_first_response"]).await;
}

/// I6: the caller's time is over before anything comes.
#[tokio::test]
async fn a_sleeping_server_passes() {
    pass(&["timeout_on_sleeping_server"]).await;
}

/// I7: both directions, and what says otherwise than it does is refused.
#[tokio::test]
async fn compressed_messages_pass() {
    pass(&["client_compressed_unary", "server_compressed_unary"]).await;
    pass(&["client_compressed_streaming", "server_compressed_streaming"]).await;
}

/// I8: on one channel, and each call on its own.
#[tokio::test]
async fn soaks_pass() {
    pass(&["rpc_soak", "channel_soak"]).await;
}
