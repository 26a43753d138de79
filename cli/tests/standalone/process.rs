//! The real binary, as processes.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A running `puregrpc serve`; dropping it kills it.
pub(crate) struct Served {
    child: Child,
    pub(crate) banner: Vec<String>,
    /// The lines of the port file.
    pub(crate) addresses: Vec<String>,
    log: Lines<BufReader<ChildStderr>>,
    // Kept open: a server whose reader is gone is a test of its own.
    _output: Lines<BufReader<ChildStdout>>,
    _folder: Folder,
}

impl Served {
    /// Starts a server on any free port, and waits until it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_on("127.0.0.1:0", arguments)
    }

    pub(crate) fn start_on(listen: &str, arguments: &[&str]) -> Self {
        Self::start_with(&[], listen, arguments)
    }

    /// Starts a server with these environment variables.
    pub(crate) fn start_with(variables: &[(&str, &str)], listen: &str, arguments: &[&str]) -> Self {
        let folder = Folder::new();
        let port_file = folder.file("ports");
        let mut child = puregrpc()
            .envs(variables.iter().copied())
            .args(["serve", "--listen", listen, "--port-file"])
            .arg(&port_file)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        // The banner comes when the server listens and the port file stands.
        let mut banner = Vec::new();
        while !banner.last().is_some_and(|line: &String| line.starts_with("Ctrl-C")) {
            banner.push(output.next().expect("the server ended before its banner").unwrap());
        }
        let addresses = fs::read_to_string(port_file).unwrap().lines().map(str::to_owned).collect();
        Self { child, banner, addresses, log, _output: output, _folder: folder }
    }

    /// Where a client finds the first listener.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addresses[0])
    }

    /// Runs a client of this server to its end.
    pub(crate) fn client(&self, arguments: &[&str]) -> Ended {
        run(&[&["client", "--server", &self.url()], arguments].concat())
    }

    /// Sends a signal, as in `signal("TERM")`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Waits until the server has logged this.
    pub(crate) fn await_log(&mut self, text: &str) {
        self.log_line(text);
    }

    /// Waits for the next line of the log that contains this.
    pub(crate) fn log_line(&mut self, text: &str) -> String {
        let found = self.log.by_ref().map(Result::unwrap).find(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("the server ended without logging {text:?}"))
    }

    /// Kills the server after this time, unless what it returns is dropped before.
    pub(crate) fn kill_after(&self, time: Duration) -> mpsc::Sender<()> {
        let (keep, kept) = mpsc::channel::<()>();
        let process = self.child.id().to_string();
        thread::spawn(move || {
            if kept.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &process]).status();
            }
        });
        keep
    }

    /// Waits for the end of the server.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process has left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Ended {
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.output.lines().collect()
    }

    /// Asserts that it ended with this code and said why in one line.
    #[track_caller]
    pub(crate) fn assert_one_line(&self, code: i32, says: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.output, "", "{self:?}");
        assert_eq!(self.errors.lines().count(), 1, "{self:?}");
        assert!(self.errors.starts_with("error: ") && self.errors.contains(says), "{self:?} without {says:?}");
    }
}

/// Runs the binary to its end.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    run_with(&[], arguments)
}

/// Runs the binary to its end with these environment variables.
pub(crate) fn run_with(variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let output = puregrpc().envs(variables.iter().copied()).args(arguments).output().unwrap();
    Ended {
        code: output.status.code(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Starts the binary, and ends it once it has written a line to the standard error.
pub(crate) fn first_hint(arguments: &[&str]) -> String {
    let mut child = puregrpc().args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let line = BufReader::new(child.stderr.take().unwrap()).lines().next();
    child.kill().unwrap();
    child.wait().unwrap();
    line.expect("there is a hint").unwrap()
}

fn puregrpc() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_puregrpc"));
    for variable in [
        "PUREGRPC_LISTEN",
        "PUREGRPC_ROUTE_DB",
        "PUREGRPC_SERVER",
        "PUREGRPC_DRAIN_DELAY",
        "PUREGRPC_DRAIN_TIMEOUT",
        "PUREGRPC_TLS_CA",
        "PUREGRPC_TLS_CERT",
        "PUREGRPC_TLS_CLIENT_CA",
        "PUREGRPC_TLS_KEY",
        "RUST_LOG",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
    ] {
        command.env_remove(variable);
    }
    command
}

/// A folder of one test; dropping it removes it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Short, since the path of a Unix socket may have no more than about 100 bytes.
        let path = std::env::temp_dir().join(format!("puregrpc-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is in the way of nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
