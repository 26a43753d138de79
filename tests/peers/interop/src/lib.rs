//! What the programs share: the generated code, the test service and the cases of gRPC's interoperability tests, the
//! options of a command line, and the conformance runner's pipes.

pub mod cases;
pub mod headers;
pub mod pipe;
pub mod tester;

use std::collections::HashMap;
use std::error::Error;
use std::io;

/// gRPC's interoperability tests.
pub mod interop {
    puregrpc::include_protos!("interop");
}

/// The Connect project's conformance suite.
pub mod conformance {
    puregrpc::include_protos!("conformance");
}

/// What ends a program.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Options of the forms `--name=value` and `--name value`, as the suites of other languages take them.
#[derive(Debug, Default)]
pub struct Options(HashMap<String, String>);

impl Options {
    /// Those of this process; only these names are known.
    ///
    /// # Errors
    ///
    /// If an option is unknown or has no value.
    pub fn of_process(names: &[&str]) -> Result<Self, Failure> {
        let mut options = HashMap::new();
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), value.to_owned()),
                None => {
                    let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
                    (argument, value)
                }
            };
            let name = name.trim_start_matches("--").to_owned();
            if !names.contains(&name.as_str()) {
                return Err(format!("--{name} is unknown; known are {}", names.join(", ")).into());
            }
            options.insert(name, value);
        }
        Ok(Self(options))
    }

    /// These, which nobody has written.
    pub fn of(options: &[(&str, &str)]) -> Self {
        Self(options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The value of an option, if it was given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of an option, or the usual one.
    ///
    /// # Errors
    ///
    /// If the value cannot be read.
    pub fn read<T: std::str::FromStr>(&self, name: &str, usual: T) -> Result<T, Failure> {
        match self.get(name) {
            None => Ok(usual),
            Some(text) => text.parse().map_err(|_| format!("--{name} {text} cannot be read").into()),
        }
    }
}

/// Writes a file whole or not at all.
///
/// # Errors
///
/// If it cannot be written.
pub fn publish(file: &str, text: &str) -> io::Result<()> {
    let unfinished = format!("{file}.new");
    std::fs::write(&unfinished, text)?;
    std::fs::rename(unfinished, file)
}
