//! What connections and streams hold on which nothing happens.

use crate::service::{Quiet, encoded, serve};
use crate::{ALLOCATED, counted};
use puregrpc_support::{Frame, PREFACE};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// What a pipe holds that a greeting went through both ways.
async fn pipe() -> usize {
    let before = ALLOCATED.allocated();
    let (mut near, mut far) = duplex(64 * 1024);
    let greeting =
        [PREFACE, &encoded(&[Frame::settings(&[(1, 1); 5]), Frame::settings_ack(), Frame::ping([0; 8])])].concat();
    async fn pass(greeting: &[u8], from: &mut DuplexStream, to: &mut DuplexStream) {
        from.write_all(greeting).await.unwrap();
        to.read_exact(&mut vec![0; greeting.len()]).await.unwrap();
    }
    pass(&greeting, &mut near, &mut far).await;
    pass(&greeting, &mut far, &mut near).await;
    drop(greeting);
    ALLOCATED.allocated() - before
}

/// What a connection may hold of which the client makes no calls. h2 takes 29,400 bytes of it, most of them for
/// buffers that it never fills; all else is 3,200 bytes.
const CONNECTION: usize = 33_500;

/// What a stream may hold with a call that has answered and waits for more; 400 bytes of it are h2's.
const STREAM: usize = 2_100;

#[test]
fn idle_connections_hold_little() {
    const COUNT: usize = 1000;
    counted(async {
        let running = serve();
        let _warm = Quiet::connect(&running).await;
        let (pipe, before) = (pipe().await, ALLOCATED.allocated());
        let mut clients = Vec::with_capacity(COUNT);
        for _ in 0..COUNT {
            clients.push(Quiet::connect(&running).await);
        }
        let all = ALLOCATED.allocated() - before - clients.capacity() * size_of::<Quiet>();
        let each = all / COUNT - pipe;
        println!("memory: {each} bytes a connection, and {pipe} its pipe");
        assert!(each < CONNECTION, "{each} bytes");
        for client in &mut clients {
            client.open([1].into_iter()).await;
        }
    });
}

#[test]
fn idle_streams_hold_little() {
    const EACH: usize = 1000;
    counted(async {
        let running = serve();
        let mut clients = Vec::new();
        for _ in 0..10 {
            let mut client = Quiet::connect(&running).await;
            client.open([1].into_iter()).await;
            clients.push(client);
        }
        let before = ALLOCATED.allocated();
        for client in &mut clients {
            client.open((3..).step_by(2).take(EACH - 1)).await;
        }
        let each = (ALLOCATED.allocated() - before) / (clients.len() * EACH);
        println!("memory: {each} bytes a stream");
        assert!(each < STREAM, "{each} bytes");
    });
}
