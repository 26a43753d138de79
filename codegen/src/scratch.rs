//! A folder for the files that protobuf-codegen wants to write.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use crate::fault::Error;

/// A fresh folder, removed with all its files when this is dropped.
pub(crate) struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Makes a folder within `OUT_DIR`, or within the system's folder for such files.
    pub(crate) fn new() -> Result<Self, Error> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let base = env::var_os("OUT_DIR").map_or_else(env::temp_dir, PathBuf::from);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = base.join(format!("puregrpc-build-{}-{count}", process::id()));
        fs::create_dir_all(&folder).map_err(|error| Error::file(&folder, error))?;
        Ok(Self { folder })
    }

    /// Makes a folder within this one.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).map_err(|error| Error::file(&folder, error))?;
        Ok(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever owns the folder around it.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folder_is_its_own_and_goes_with_its_files() {
        let (one, other) = (Scratch::new().unwrap(), Scratch::new().unwrap());
        fs::write(one.folder("a").unwrap().join("b"), "text").unwrap();
        let folder = one.folder.clone();
        assert_ne!(folder, other.folder);
        drop(one);
        assert!(!folder.exists());
        assert!(other.folder.exists());
    }
}
