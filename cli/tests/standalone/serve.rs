//! How `puregrpc serve` begins, listens and ends.

use std::fs;
use std::net::TcpListener;

use puregrpc::examples::proto::routeguide::{RouteGuideClient, RouteNote};
use puregrpc::health::{HealthCheckRequest, HealthClient, ProtoServingStatus};
use puregrpc::{Channel, Code};

use crate::process::{Folder, Served, run};

#[test]
fn banner_names_what_is_served_and_how_to_try_it() {
    let served = Served::start(&["--services", "greeter,route-guide"]);
    let banner = served.banner.join("\n");
    for text in [
        served.addresses[0].as_str(),
        "helloworld.Greeter",
        "routeguide.RouteGuide",
        "grpc.health.v1.Health",
        "client greeter --server http://127.0.0.1:",
    ] {
        assert!(banner.contains(text), "{banner}\nwithout {text:?}");
    }
    assert!(!banner.contains("hello.HelloService"), "{banner}");
}

#[test]
fn port_file_has_a_line_for_each_listener() {
    let folder = Folder::new();
    let unix = format!("unix:{}", folder.file("socket").display());
    let served = Served::start(&["--listen", "127.0.0.1:0", "--listen", &unix]);
    assert_eq!(served.addresses.len(), 3);
    for address in &served.addresses {
        let server = if address == &unix { unix.clone() } else { format!("http://{address}") };
        let ended = run(&["client", "hello", "--server", &server]);
        assert_eq!(ended.code, Some(0), "{address}: {ended:?}");
    }
}

#[test]
fn unspecified_ipv6_address_takes_ipv4_too() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("this machine has no IPv6");
        return;
    }
    let served = Served::start_on("[::]:0", &[]);
    let port = served.addresses[0].strip_prefix("[::]:").unwrap();
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let ended = run(&["client", "hello", "--server", &format!("http://{host}:{port}")]);
        assert_eq!(ended.code, Some(0), "{host}: {ended:?}");
    }
}

#[tokio::test]
async fn health_of_what_is_served_is_always_told() {
    let served = Served::start(&["--services", "position"]);
    let health = HealthClient::new(Channel::lazy(served.url()).unwrap());
    for service in ["", "posXYZ.PositionService"] {
        let request = HealthCheckRequest { service: service.into(), ..Default::default() };
        let reply = health.check(request).await.unwrap();
        assert_eq!(reply.status.enum_value(), Ok(ProtoServingStatus::SERVING), "{service:?}");
    }
    let request = HealthCheckRequest { service: "hello.HelloService".into(), ..Default::default() };
    assert_eq!(health.check(request).await.unwrap_err().code(), Code::NotFound);
}

#[test]
fn one_worker_serves_too() {
    let ended = Served::start(&["--workers", "1"]).client(&["hello"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn signal_ends_an_idle_server_well() {
    for signal in ["TERM", "INT"] {
        let served = Served::start(&["--drain-delay", "0s"]);
        served.signal(signal);
        assert_eq!(served.wait().code(), Some(0), "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_connections_are_served_after_a_signal_for_the_time_of_the_drain_delay() {
    let mut served = Served::start(&["--drain-delay", "1h"]);
    served.signal("TERM");
    served.await_log("SIGTERM");
    let health = HealthClient::new(Channel::lazy(served.url()).unwrap());
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap();
    while watch.recv().await.unwrap().unwrap().status.enum_value() != Ok(ProtoServingStatus::NOT_SERVING) {}
    assert_eq!(served.client(&["hello"]).code, Some(0));
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(128 + 15));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_after_the_drain_timeout_is_cut() {
    let mut served = Served::start(&["--drain-delay", "0s", "--drain-timeout", "1ms"]);
    let guide = RouteGuideClient::new(Channel::lazy(served.url()).unwrap());
    let (mut notes, mut replies) = guide.route_chat(()).await.unwrap();
    notes.send(&note("one")).await.unwrap();
    notes.send(&note("two")).await.unwrap();
    assert!(replies.recv().await.unwrap().is_some());
    served.signal("TERM");
    served.await_log("cut_calls: 1");
    assert_eq!(replies.recv().await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(served.wait().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn signal_lets_open_calls_come_to_their_end() {
    let mut served = Served::start(&[]);
    let guide = RouteGuideClient::new(Channel::lazy(served.url()).unwrap());
    let (mut notes, mut replies) = guide.route_chat(()).await.unwrap();
    notes.send(&note("one")).await.unwrap();
    notes.send(&note("two")).await.unwrap();
    assert_eq!(replies.recv().await.unwrap().unwrap().message, "one");

    served.signal("TERM");
    served.await_log("SIGTERM");
    notes.send(&note("three")).await.unwrap();
    notes.close();
    assert_eq!(replies.recv().await.unwrap().unwrap().message, "one");
    assert_eq!(replies.recv().await.unwrap().unwrap().message, "two");
    assert!(replies.recv().await.unwrap().is_none());
    assert_eq!(served.wait().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn second_signal_ends_the_server_at_once() {
    for (signal, code) in [("TERM", 128 + 15), ("INT", 128 + 2)] {
        let mut served = Served::start(&[]);
        let guide = RouteGuideClient::new(Channel::lazy(served.url()).unwrap());
        let (mut notes, mut replies) = guide.route_chat(()).await.unwrap();
        notes.send(&note("one")).await.unwrap();
        notes.send(&note("two")).await.unwrap();
        assert!(replies.recv().await.unwrap().is_some());

        served.signal(signal);
        served.await_log("a second signal ends at once");
        served.signal(signal);
        assert_eq!(served.wait().code(), Some(code), "{signal}");
    }
}

#[test]
fn broken_data_base_is_named_with_line_and_column() {
    let folder = Folder::new();
    let file = folder.file("places.json");
    fs::write(&file, "[\n  {\"location\": 7}\n]").unwrap();
    let file = file.to_str().unwrap();
    let says = format!("{file}:2:16: invalid type");
    run(&["serve", "--listen", "127.0.0.1:0", "--route-db", file]).assert_one_line(1, &says);
}

#[test]
fn missing_data_base_is_named() {
    let ended = run(&["serve", "--listen", "127.0.0.1:0", "--route-db", "/no/such/file"]);
    ended.assert_one_line(1, "cannot read the data base /no/such/file");
}

#[test]
fn busy_port_is_told_in_one_line() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    run(&["serve", "--listen", &address]).assert_one_line(1, &format!("cannot listen on {address}: "));
}

#[test]
fn port_file_that_cannot_be_written_is_named() {
    let ended = run(&["serve", "--listen", "127.0.0.1:0", "--port-file", "/no/such/folder/ports"]);
    ended.assert_one_line(1, "cannot write the port file /no/such/folder/ports");
}

#[test]
fn faults_of_the_command_line_are_told_in_one_line() {
    for (arguments, says) in [
        (&["serve", "--lsten", "x"][..], "'--listen'"),
        (&["serve", "--listen", "50051"], "expected IP:PORT"),
        (&["serve", "--services", "goodbye"], "[possible values: hello, greeter, position, route-guide]"),
        (&["serve", "--workers", "0"], "--workers"),
    ] {
        run(arguments).assert_one_line(2, says);
    }
}

#[test]
fn help_and_version_are_shown_where_asked_for() {
    for (arguments, says) in [
        (&["--help"][..], "Exit status:"),
        (&["serve", "--help"], "--port-file <FILE>"),
        (&["client", "route-guide", "--help"], "--pause <TIME>"),
        (&["--version"], concat!("puregrpc ", env!("CARGO_PKG_VERSION"))),
    ] {
        let ended = run(arguments);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.output.contains(says), "{ended:?} without {says:?}");
    }
}

fn note(message: &str) -> RouteNote {
    RouteNote { message: message.into(), ..Default::default() }
}
