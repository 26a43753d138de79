//! The process that holds memory: this program again, in a role.

use std::future::pending;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use protobuf::descriptor::FileDescriptorProto;
use protobuf::well_known_types::empty::Empty;
use puregrpc::{Channel, Server};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::client::CALLS;
use crate::service::Holder;

/// A process in a role; dropping it kills it.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Kept open: the process would end when it cannot write any more.
    _output: Option<BufReader<ChildStdout>>,
}

impl Process {
    /// A server that may hold so many bytes.
    pub(crate) fn server(memory_limit: usize) -> Self {
        let mut child = start(memory_limit).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.by_ref().lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.split_once(LISTENS)?.1.parse().ok()).expect("the server listens");
        Self { child, address, _output: Some(output) }
    }

    /// A client of this server that may hold so many bytes.
    pub(crate) fn client(address: SocketAddr, memory_limit: usize) -> Self {
        let child = start(memory_limit).env(SERVER, address.to_string()).stdout(Stdio::null()).spawn().unwrap();
        Self { child, address, _output: None }
    }

    /// The memory that is resident now, and the most that ever was, in bytes.
    pub(crate) fn memory(&self) -> (usize, usize) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the process lives");
        let kilobytes = |name| -> Option<usize> {
            let line: &str = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        (kilobytes("VmRSS:").unwrap() * 1024, kilobytes("VmHWM:").unwrap() * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(memory_limit: usize) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "role", "--nocapture"]).env(LIMIT, memory_limit.to_string());
    command
}

/// Plays the role that this process was started in, if it was started in one.
pub(crate) fn play() {
    let Some(limit) = env::var(LIMIT).ok().and_then(|limit| limit.parse().ok()) else {
        return;
    };
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        match env::var(SERVER) {
            Ok(address) => call(&address, limit).await,
            Err(_) => serve(limit).await,
        }
    });
}

async fn serve(limit: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{LISTENS}{}", listener.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    let server = Server::new()
        .memory_limit(limit)
        .memory_limit_per_connection(limit)
        // What is held is held to the end.
        .stall_timeout(Duration::from_secs(3600))
        .permit_keepalive_time(Duration::ZERO)
        .permit_keepalive_without_calls(true)
        .add(Holder);
    server.serve(listener, pending()).await.unwrap();
}

/// Makes calls with one answer, and as many whose answers are a stream, of which it keeps what it gets.
async fn call(address: &str, limit: usize) {
    let channel = Channel::builder(address).memory_limit(limit).connect().await.unwrap();
    for _ in 0..CALLS {
        let unary = channel.clone();
        tokio::spawn(async move {
            let answer = unary.unary::<Empty, FileDescriptorProto>("/hold.Hold/Files", Empty::new().into()).await;
            pending::<()>().await;
            drop(answer);
        });
        let stream = channel.clone();
        tokio::spawn(async move {
            let answers =
                stream.server_streaming::<Empty, FileDescriptorProto>("/hold.Hold/Stream", Empty::new().into());
            let mut answers = answers.await.unwrap();
            // An error is what a call ends with for which there is no memory.
            let first = answers.recv().await;
            pending::<()>().await;
            drop((first, answers));
        });
    }
    pending().await
}

const LIMIT: &str = "PUREGRPC_RESIDENT_LIMIT";
const SERVER: &str = "PUREGRPC_RESIDENT_SERVER";
const LISTENS: &str = "listens on ";
