//! What Linux tells of a process: its CPU time and its memory.

use std::fs;
use std::io;

/// A process, which need not be ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    pid: u32,
}

impl Process {
    pub(crate) fn new(pid: u32) -> Self {
        Self { pid }
    }

    /// This process.
    pub(crate) fn own() -> Self {
        Self::new(std::process::id())
    }

    /// The CPU time of the threads that it has now, in nanoseconds.
    pub(crate) fn cpu_ns(self) -> io::Result<u64> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.pid))? {
            // A thread may end while the list is read.
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
            total += text.split_whitespace().next().and_then(|running| running.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(total)
    }

    /// Memory that it has in use, shared or not, in KiB.
    pub(crate) fn rss_kib(self) -> io::Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        Ok(sum(&text, &["VmRSS:"]))
    }

    /// Memory that it alone has in use, in KiB.
    pub(crate) fn private_kib(self) -> io::Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid))?;
        Ok(sum(&text, &["Private_Clean:", "Private_Dirty:"]))
    }
}

/// The sum of the numbers behind `keys`.
fn sum(text: &str, keys: &[&str]) -> u64 {
    let numbers = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let key = words.next()?;
        keys.contains(&key).then_some(words.next()?.parse::<u64>().ok()?)
    });
    numbers.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_by_their_keys() {
        let text = "Rss: 9 kB\nPrivate_Clean:      12 kB\nPrivate_Dirty:     30 kB\nPrivate_Hugetlb: 5 kB\n";
        assert_eq!(sum(text, &["Private_Clean:", "Private_Dirty:"]), 42);
    }

    #[test]
    fn this_process_uses_cpu_time_and_memory() {
        let own = Process::own();
        assert!(own.cpu_ns().unwrap() > 0);
        assert!(own.rss_kib().unwrap() > 100);
        assert!(own.private_kib().unwrap() > 0);
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        assert!(Process::new(u32::MAX).cpu_ns().is_err());
    }
}
