//! How long an attack lasts, and what it costs the server meanwhile.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Looks at the clock, and at what a process has used of the processors, from a moment on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    process: u32,
    begun: Instant,
    cpu: Duration,
}

/// From the beginning of an attack to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) begun: Instant,
    pub(crate) time: Duration,
    /// What the server has used of the processors in it.
    pub(crate) cpu: Duration,
}

impl Watch {
    /// Begins now.
    pub(crate) fn start(process: u32) -> Self {
        Self { process, begun: Instant::now(), cpu: cpu(process).unwrap_or_default() }
    }

    /// Begins anew.
    pub(crate) fn again(&self) -> Self {
        Self::start(self.process)
    }

    /// What has been until now.
    pub(crate) fn read(&self) -> Span {
        // A process that is no more uses nothing.
        let cpu = cpu(self.process).unwrap_or_default().saturating_sub(self.cpu);
        Span { begun: self.begun, time: self.begun.elapsed(), cpu }
    }
}

impl Span {
    pub(crate) fn end(&self) -> Instant {
        self.begun + self.time
    }

    /// The server's share of a processor, in percent.
    pub(crate) fn share(&self) -> f64 {
        self.cpu.as_secs_f64() / self.time.as_secs_f64().max(f64::MIN_POSITIVE) * 100.0
    }
}

/// The time of processors that a process has used so far.
fn cpu(process: u32) -> Option<Duration> {
    by_thread(process).map(Duration::from_nanos).or_else(|| by_tick(process))
}

/// In nanoseconds, where the kernel counts them: the server's threads are the same all the time.
fn by_thread(process: u32) -> Option<u64> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let of_thread = |path: PathBuf| -> Option<u64> {
        fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    threads.map(|thread| of_thread(thread.ok()?.path())).sum()
}

fn by_tick(process: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Behind the name, which is in parentheses, utime and stime are the 12th and 13th field.
    let fields = stat.rsplit_once(')')?.1.split_whitespace();
    let ticks: Option<u64> = fields.skip(11).take(2).map(|field| field.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks? * 1000 / TICKS_A_SECOND))
}

/// In which `/proc` counts, whatever the kernel's own clock does.
const TICKS_A_SECOND: u64 = 100;
