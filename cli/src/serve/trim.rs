//! Returns freed memory to the system while the server is idle.
//!
//! glibc keeps most of what a program has freed: after an attack that took 4.6 GiB, more than 1 GiB stayed resident.
//! `malloc_trim` releases the free pages of all arenas. It locks each arena for some milliseconds, so a thread calls it
//! when the process does little.

use std::time::Duration;
use std::{fs, io, thread};

/// Starts the thread, which runs as long as the process.
pub(super) fn start(interval: Duration) -> io::Result<()> {
    if interval.is_zero() {
        return Ok(());
    }
    thread::Builder::new().name("trim".into()).spawn(move || watch(interval)).map(drop)
}

fn watch(interval: Duration) {
    let mut activity = Activity::default();
    loop {
        thread::sleep(interval);
        // Without /proc nothing is known.
        let (Some(ticks), Some(resident)) = (cpu_ticks(), resident_bytes()) else {
            return;
        };
        if activity.trims(ticks, interval, resident) {
            release();
            let now = resident_bytes().unwrap_or_default();
            tracing::debug!(before = resident, after = now, "returned freed memory to the system");
            activity.trimmed(cpu_ticks().unwrap_or_default());
        }
    }
}

/// What the process has done since the last trim, in ticks of CPU time.
#[derive(Debug, Default)]
struct Activity {
    last: u64,
    trimmed: u64,
}

impl Activity {
    /// Whether this is the time to trim: the process has worked since the last trim, and is idle now.
    fn trims(&mut self, ticks: u64, interval: Duration, resident: u64) -> bool {
        let worked = ticks.saturating_sub(self.last);
        self.last = ticks;
        let elapsed = interval.as_millis() as u64 / MILLIS_PER_TICK;
        let is_idle = worked <= elapsed / IDLE_PART;
        is_idle && resident >= SMALL && ticks.saturating_sub(self.trimmed) >= WORK
    }

    /// The trim's own work does not count.
    fn trimmed(&mut self, ticks: u64) {
        self.last = ticks;
        self.trimmed = ticks;
    }
}

/// CPU time of the process in ticks, all threads together (proc_pid_stat(5): utime and stime).
fn cpu_ticks() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in parentheses, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

/// Resident memory of the process (proc_pid_status(5): VmRSS).
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[expect(unsafe_code, reason = "std offers no malloc_trim")]
fn release() {
    // SAFETY: `malloc_trim` takes no pointer, and locks what it touches.
    unsafe { libc::malloc_trim(0) };
}

/// A process of this size has nothing worth the work.
const SMALL: u64 = 32 << 20;
/// Some tens of milliseconds of work may have freed much.
const WORK: u64 = 2;
/// At most a quarter of one core: the process is idle.
const IDLE_PART: u64 = 4;
/// Linux counts in hundredths of a second (USER_HZ).
const MILLIS_PER_TICK: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(1);

    #[test]
    fn trims_once_when_the_work_is_over() {
        let mut activity = Activity::default();
        assert!(!activity.trims(90, INTERVAL, SMALL), "busy");
        assert!(!activity.trims(180, INTERVAL, SMALL), "busy");
        assert!(activity.trims(190, INTERVAL, SMALL), "idle, after work");
        activity.trimmed(195);
        assert!(!activity.trims(196, INTERVAL, SMALL), "hardly any work since");
        assert!(activity.trims(197, INTERVAL, SMALL), "some work, little by little");
    }

    #[test]
    fn a_small_process_is_left_alone() {
        let mut activity = Activity::default();
        assert!(!activity.trims(10, INTERVAL, SMALL - 1));
    }

    #[test]
    fn the_system_says_how_much_this_process_has_used() {
        assert!(resident_bytes().unwrap() > 1 << 20);
        let before = cpu_ticks().unwrap();
        while cpu_ticks().unwrap() == before {}
    }
}
