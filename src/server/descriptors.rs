//! How many file descriptors connections may take.

use std::sync::OnceLock;

/// How many connections a server takes that was told no number: 10,000, or as
/// many as leave descriptors for the rest of the program. Without any left it
/// could open no file and call nobody, and could not even turn connections away.
pub(crate) fn connections() -> usize {
    static CONNECTIONS: OnceLock<usize> = OnceLock::new();
    *CONNECTIONS.get_or_init(|| {
        // Linux tells it in a file; elsewhere it takes a call that is not safe.
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        open_files(&limits).map_or(MOST, without_reserve)
    })
}

/// The soft limit of open files, from what Linux says of the process.
fn open_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn without_reserve(files: usize) -> usize {
    files.saturating_sub((files / 8).clamp(16, RESERVE)).clamp(1, MOST)
}

pub(crate) const MOST: usize = 10_000;

/// What is left at most for everything that is not a connection of this server.
const RESERVE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_files_is_found() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max processes             95113                95113                processes \n\
                    Max open files            1024                 1048576              files     \n";
        assert_eq!(open_files(text), Some(1024));
        assert_eq!(open_files(&text.replace("1024  ", "unlimited  ")), None);
        assert_eq!(open_files(""), None);
    }

    #[test]
    fn some_descriptors_are_left() {
        let cases = [(1, 1), (64, 48), (1024, 896), (10_000, 8976), (20_000, 10_000), (usize::MAX, 10_000)];
        for (files, connections) in cases {
            assert_eq!(without_reserve(files), connections, "{files}");
        }
    }
}
