//! What the C library's allocator keeps of memory that was freed.
//!
//! glibc gives each thread an arena of its own, and returns memory to the system
//! only from the end of an arena, and only when it frees a large block. After a
//! burst of small blocks all of them stay with the process.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle, available_parallelism};
use std::time::Duration;
use std::{env, fs, hint};

/// Starts this program anew, with the same arguments, if its environment does not
/// say how many arenas there may be. It says so from then on.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn bound_arenas() {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    let is_chosen = [ARENA_MAX, "GLIBC_TUNABLES"].iter().any(|name| env::var_os(name).is_some());
    let Some(program) = env::current_exe().ok().filter(|_| !is_chosen) else {
        return;
    };
    let mut arguments = env::args_os();
    let mut command = Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    command.args(arguments).env(ARENA_MAX, arenas().to_string()).env("MALLOC_TRIM_THRESHOLD_", KEPT.to_string());
    // It comes back only if it has failed; then the arenas are as many as before.
    let error = command.exec();
    tracing::debug!(%error, "the number of the allocator's arenas is not bounded");
}

/// Other allocators have no arenas.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn bound_arenas() {}

/// A thread that makes the allocator return memory, until it is dropped.
pub(super) struct Trimmer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Trimmer {
    /// Starts it. Without a thread, memory stays where it is.
    pub(super) fn start() -> Self {
        let (stop, stopped) = channel();
        let thread = Builder::new().name("trimmer".to_owned()).stack_size(STACK).spawn(move || run(&stopped));
        Self { stop: Some(stop), thread: thread.ok() }
    }
}

impl Drop for Trimmer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It cannot panic.
            let _ = thread.join();
        }
    }
}

fn run(stopped: &Receiver<()>) {
    while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        if resident().is_some_and(|bytes| bytes > MUCH) {
            trim();
        }
    }
}

/// Frees one large block in each arena. New threads get the arenas in turn.
fn trim() {
    for _ in 0..arenas() {
        let thread = Builder::new().stack_size(STACK).spawn(|| drop(hint::black_box(vec![1_u8; BLOCK])));
        // Without a thread there will be another time.
        let _ = thread.map(JoinHandle::join);
    }
}

/// How much memory is resident, where the system tells it in a file.
fn resident() -> Option<usize> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    pages.split_whitespace().nth(1)?.parse::<usize>().ok().map(|pages| pages * PAGE)
}

/// How many arenas there are: enough for threads not to wait for each other.
fn arenas() -> usize {
    available_parallelism().map_or(2, NonZero::get).clamp(2, 8)
}

const ARENA_MAX: &str = "MALLOC_ARENA_MAX";

/// What an arena keeps at its end.
const KEPT: usize = 1024 * 1024;

/// glibc looks at the end of an arena when it frees 64 KiB; it maps blocks from 128 KiB on apart.
const BLOCK: usize = 100 * 1024;

const STACK: usize = 64 * 1024;
const PAGE: usize = 4096;

/// Below this nothing is done.
const MUCH: usize = 64 * 1024 * 1024;

const INTERVAL: Duration = Duration::from_secs(5);
