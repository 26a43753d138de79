//! The attacked server: the real binary, watched through `/proc`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

/// A running `puregrpc serve`; dropping it kills it.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    folder: Folder,
}

impl Process {
    /// Starts a server on any free port, with `DESCRIPTORS` of the environment, or as many as it may
    /// have, and waits until it listens.
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)], secure: bool) -> Self {
        let folder = Folder::new();
        let ports = folder.0.join("ports");
        let mut child = Command::new("sh")
            .args([
                "-c",
                r#"ulimit -n "${DESCRIPTORS:-$(ulimit -Hn)}"; exec "$0" "$@""#,
                env!("CARGO_BIN_EXE_puregrpc"),
            ])
            .args(["serve", "--listen", "127.0.0.1:0", "--port-file"])
            .arg(&ports)
            .args(arguments)
            .args(secure.then_some("--tls-self-signed"))
            .args(secure.then(|| folder.0.join("tls")))
            .env_remove("RUST_LOG")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.0.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut banner = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let listens = banner.any(|line| line.starts_with("Ctrl-C"));
        assert!(listens, "the server ended: {}", fs::read_to_string(folder.0.join("log")).unwrap());
        let address = fs::read_to_string(ports).unwrap().trim().parse().unwrap();
        Self { child, address, folder }
    }

    /// The authority that those who speak TLS with it have to trust.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.0.join("tls/ca.pem")
    }

    /// Its number among the processes.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The memory that it has now, and the most that it ever had, in bytes.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let status = self.proc("status");
        let kilobytes = |name| -> Option<u64> {
            let line: &str = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        (kilobytes("VmRSS:").unwrap() * 1024, kilobytes("VmHWM:").unwrap() * 1024)
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> Vec<u8> {
        fs::read(self.folder.0.join("log")).unwrap()
    }

    /// Tells it to end.
    pub(crate) fn terminate(&self) {
        let kill = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("the server lives")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder of one server; dropping it removes it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("puregrpc-attacks-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is in the way of nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
