//! Load for gRPC servers that offer `bench.Bench`, from one thread that does not block: `vs-load ADDR MODE
//! [key=value]...` prints what it has measured as one line of JSON.
//!
//! It speaks just as much HTTP/2 as calls need and costs less per call than the servers do, so that they are what is
//! measured. A call counts only if it ends with `grpc-status` 0 and with the messages that it has to have.

#[cfg(not(target_os = "linux"))]
compile_error!("it waits by epoll and reads /proc");

mod calls;
mod connect;
mod connection;
mod event;
mod failure;
mod frames;
mod hpack;
mod huffman;
mod measure;
mod memory;
mod message;
mod options;
mod process;
mod reactor;
mod report;
mod request;
mod streams;
mod wire;

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use calls::Calls;
use connect::Handshakes;
use measure::Measure;
use memory::Held;
use options::{Mode, Options};
use process::Process;
use reactor::Reactor;
use report::Report;
use wire::Route;

fn main() -> ExitCode {
    let run = Options::parse(std::env::args().skip(1)).and_then(|options| run(&options));
    let problem = match run {
        Ok(report) => {
            println!("{report}");
            report.problem
        }
        Err(problem) => Some(problem),
    };
    if let Some(problem) = problem {
        eprintln!("vs-load: {problem}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Puts a server under load; what there is to report even if it is not what was asked for.
fn run(options: &Options) -> Result<Report, String> {
    let route = match &options.tls {
        Some(authority) => Route::tls(options.address, authority, &options.name, options.resume)?,
        None => Route::plain(options.address),
    };
    if let Some(pid) = options.pid {
        Process::new(pid).cpu_ns().map_err(|error| format!("pid={pid}: {error}"))?;
    }
    measure(options, route).map_err(|error| error.to_string())
}

fn measure(options: &Options, route: Route) -> io::Result<Report> {
    measure::raise_descriptors()?;
    let deadline = Instant::now() + options.warmup + options.duration + PATIENCE;
    let mut reactor = Reactor::new(route, calls::calls(options), deadline)?;
    let mut report = Report::default();
    report.text("mode", options.mode.name());
    match options.mode {
        Mode::Idle | Mode::Open => {
            let mut held = Held::default();
            report.problem = why(held.run(options, &mut reactor, &mut report));
            report.integer("conns", reactor.live() as u64);
            report.integer("errors", held.errors);
            report.counts("failures", held.failures);
        }
        Mode::Connect => {
            let mut handshakes = Handshakes::new(options);
            report.problem = why(handshakes.run(options, &mut reactor));
            figures(options, handshakes.measure, &mut report);
        }
        _ => {
            let mut calls = Calls::new(options);
            report.problem = why(calls.run(options, &mut reactor));
            figures(options, calls.measure, &mut report);
        }
    }
    if let Some(rss) = options.pid.and_then(|pid| Process::new(pid).rss_kib().ok()) {
        report.integer("rss_kb", rss);
    }
    Ok(report)
}

fn why(result: io::Result<()>) -> Option<String> {
    result.err().map(|error| error.to_string())
}

/// What there is to say of calls.
fn figures(options: &Options, mut measure: Measure, report: &mut Report) {
    let streams = if options.mode == Mode::Mixed { options.light } else { options.streams };
    report.integer("streams", streams as u64);
    report.integer("conns", options.conns as u64);
    report.integer("size", options.size as u64);
    let span = measure.finish();
    let all: u64 = measure.tallies.iter().map(|tally| tally.count).sum();
    let first = &measure.tallies[0];
    report.integer("count", first.count);
    report.integer("errors", measure.errors);
    if let Some(span) = span.filter(|_| all > 0) {
        let seconds = span.time.as_secs_f64();
        report.precise("seconds", seconds, 3);
        report.number("per_second", first.count as f64 / seconds);
        if let Some(cpu) = span.server_cpu {
            report.number("server_cpu_ns", cpu as f64 / all as f64);
        }
        report.number("load_cpu_ns", span.own_cpu as f64 / all as f64);
        report.number("p50_us", first.quantile_us(0.5));
        report.number("p99_us", first.quantile_us(0.99));
        report.number("p999_us", first.quantile_us(0.999));
        report.integer("frames", measure.frames);
        if let Some(heavy) = measure.tallies.get(1) {
            report.integer("heavy", options.heavy as u64);
            report.integer("heavy_count", heavy.count);
            report.number("heavy_per_second", heavy.count as f64 / seconds);
            report.number("heavy_p50_us", heavy.quantile_us(0.5));
            report.number("heavy_p99_us", heavy.quantile_us(0.99));
            if options.heavy > 0 && heavy.count == 0 {
                report.problem.get_or_insert("no heavy call was measured".into());
            }
        }
    } else if report.problem.is_none() {
        report.problem = Some("nothing was measured".into());
    }
    if let (Some(problem), Some((failure, _))) = (&mut report.problem, measure.failures.first_key_value()) {
        problem.push_str(&format!(" ({failure})"));
    }
    report.counts("failures", measure.failures);
}

/// What a server may take longer than it was asked for.
const PATIENCE: Duration = Duration::from_secs(20);
