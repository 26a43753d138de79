//! Files that are there whole or not at all, whoever else writes them at the same time.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Makes a file that only its owner may read, and never touches one that is there.
///
/// # Errors
///
/// `AlreadyExists` if there is one, as it is if another start has been faster.
pub(super) fn create(file: &Path, text: &str) -> io::Result<()> {
    let temporary = beside(file)?;
    let written = write_new(&temporary, text, PRIVATE).and_then(|()| match fs::hard_link(&temporary, file) {
        // Not every file system has links; then it is short of its text for a moment.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => write_new(file, text, PRIVATE),
        linked => linked,
    });
    let _ = fs::remove_file(temporary);
    written
}

/// Makes a file that all may read, in the place of the one that is there.
pub(super) fn replace(file: &Path, text: &str) -> io::Result<()> {
    let temporary = beside(file)?;
    let written = write_new(&temporary, text, PUBLIC).and_then(|()| fs::rename(&temporary, file));
    if written.is_err() {
        let _ = fs::remove_file(temporary);
    }
    written
}

/// A name in the same folder that nobody else has: a process elsewhere may have this one's number.
fn beside(file: &Path) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    graviola::random::fill(&mut random).map_err(|error| io::Error::other(format!("{error:?}")))?;
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{:016x}", u64::from_ne_bytes(random)));
    Ok(name.into())
}

fn write_new(file: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(file)?.write_all(text.as_bytes())
}

const PRIVATE: u32 = 0o600;
const PUBLIC: u32 = 0o644;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::authority::scratch;

    #[test]
    fn the_first_stays_and_nothing_else_is_left() {
        let folder = scratch("whole");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("file");
        create(&file, "first").unwrap();
        assert_eq!(create(&file, "second").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&file).unwrap(), "first");
        replace(&file, "third").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "third");
        assert!(replace(&folder, "a file in the place of a folder").is_err());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
