//! What `puregrpc client` prints and how it ends.

use std::fs;
use std::net::TcpListener;

use crate::process::{Folder, Served, first_hint, run};

#[test]
fn hello_prints_the_greeting() {
    let ended = Served::start(&[]).client(&["hello"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.output, "client received: こんにちは, なんしー\n");
}

#[test]
fn greeter_prints_both_greetings() {
    let ended = Served::start(&[]).client(&["greeter"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.lines(), ["Greeter client received: Hello, you!", "Greeter client received: Hello again, you!"]);
}

#[test]
fn greeters_greet_whoever_is_named() {
    let served = Served::start(&[]);
    assert_eq!(served.client(&["hello", "--name", "Ada"]).output, "client received: こんにちは, Ada\n");
    assert_eq!(served.client(&["greeter", "--name", "Ada"]).lines()[0], "Greeter client received: Hello, Ada!");
}

#[test]
fn what_a_peer_sends_cannot_act_on_the_terminal() {
    let served = Served::start(&["--services", "greeter"]);
    let ended = served.client(&["greeter", "--name", "\u{1b}]0;x\u{7}\r\nerror: \u{9b}2J\u{202e}"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let shown = "Greeter client received: Hello, \\u{1b}]0;x\\u{7}\\u{d}\\u{a}error: \\u{9b}2J\\u{202e}!";
    assert_eq!(ended.lines()[0], shown);
    assert_eq!(ended.lines().len(), 2);
}

/// Scripts read the standard output, so that hints are on the standard error.
#[test]
fn programs_that_take_long_say_so() {
    let served = Served::start(&[]);
    for (program, hint) in [
        ("position", "(asking again until Ctrl-C; --count N stops after N answers)"),
        ("route-guide", "(visiting 10 points takes some 10 s; --pause 0s goes on at once)"),
    ] {
        assert_eq!(first_hint(&["client", "--server", &served.url(), program]), hint);
    }
    let quick = served.client(&["position", "--count", "1"]);
    assert_eq!(quick.errors, "");
}

#[test]
fn position_prints_as_many_positions_as_asked_for() {
    let ended = Served::start(&[]).client(&["position", "--count", "3", "--interval", "1ms"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.lines().len(), 3);
    for line in ended.lines() {
        let coordinates = line.strip_prefix("PositionRes 0, character position, x:").unwrap();
        let (x, rest) = coordinates.split_once(", y:").unwrap();
        let (y, z) = rest.split_once(", z:").unwrap();
        let [x, y, z] = [x, y, z].map(|number| number.parse::<f64>().unwrap());
        assert!((x.hypot(y) - 1.0).abs() < 1e-6 && z == 0.0, "{line}");
    }
}

#[test]
fn route_guide_prints_what_its_four_calls_answer() {
    let ended = Served::start(&[]).client(&["route-guide", "--pause", "0s"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines = ended.lines();
    let known = "Feature called Berkshire Valley Management Area Trail, Jefferson, NJ, USA at 409146138, -746188906";
    assert_eq!(lines[..3], ["-------------- GetFeature --------------", known, "Found no feature at 0, 0"]);
    let listed = lines[3..].iter().filter(|line| line.starts_with("Feature called ")).count();
    assert!(listed >= 100, "{listed} features listed");
    assert_eq!(lines.iter().filter(|line| line.starts_with("Visiting point ")).count(), 10);
    let summary = lines.iter().position(|line| *line == "Finished trip with 10 points").unwrap();
    assert_eq!(lines[summary + 1], "Passed 10 features");
    assert!(lines[summary + 2].starts_with("Travelled ") && lines[summary + 2].ends_with(" meters"));
    assert_eq!(lines[summary + 3], "It took 0 seconds");
    let received: Vec<_> = lines.iter().filter(|line| line.starts_with("Received ")).collect();
    assert_eq!(received, [&"Received message First message at 0, 0", &"Received message Third message at 1, 0"]);
}

#[test]
fn route_guide_travels_in_the_data_base_of_the_user() {
    let folder = Folder::new();
    let file = folder.file("places.json");
    fs::write(&file, r#"[{"location": {"latitude": 410000000, "longitude": -740000000}, "name": "Here"}]"#).unwrap();
    let file = file.to_str().unwrap();

    let ended = Served::start(&["--route-db", file]).client(&["route-guide", "--pause", "0s", "--route-db", file]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for line in [
        "Found no feature at 409146138, -746188906",
        "Feature called Here at 410000000, -740000000",
        "Visiting point 410000000, -740000000",
        "Passed 10 features",
        "Travelled 0 meters",
    ] {
        assert!(ended.lines().contains(&line), "{ended:?} without {line:?}");
    }
}

#[test]
fn status_of_a_call_is_the_exit_status() {
    let served = Served::start(&["--services", "hello"]);
    served.client(&["greeter"]).assert_one_line(64 + 12, "UNIMPLEMENTED");
    served.client(&["hello", "--timeout", "0s"]).assert_one_line(64 + 4, "DEADLINE_EXCEEDED");
}

#[test]
fn server_that_is_not_there_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    run(&["client", "hello", "--server", &url]).assert_one_line(64 + 14, "UNAVAILABLE");
}

#[test]
fn server_that_never_answers_is_given_up_at_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let ended = run(&["client", "hello", "--server", &url, "--timeout", "50ms"]);
    ended.assert_one_line(64 + 4, "DEADLINE_EXCEEDED");
}

#[test]
fn faults_of_the_command_line_are_told_in_one_line() {
    for (arguments, says) in [
        (&["client", "hello", "--timeout", "soon"][..], "expected a number and ms, s, m or h"),
        (&["client", "bonjour"], "unrecognized subcommand 'bonjour'"),
        (&["client", "position", "--count", "x"], "--count"),
    ] {
        run(arguments).assert_one_line(2, says);
    }
}

#[test]
fn address_that_cannot_be_read_is_a_local_error() {
    run(&["client", "hello", "--server", "http://"]).assert_one_line(1, "http://");
}
