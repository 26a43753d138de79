//! Pipes that are slow, keep bytes back, or are never read.

use bytes::{Buf, BytesMut};
use futures_util::{StreamExt, stream};
use puregrpc::{Incoming, Server};
use puregrpc_support::{
    BIDI, END, Frame, MORE, PATIENCE, PREFACE, RawPeer, Script, UNARY, flag, kind, note, noted, request, setting,
};
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf},
    sync::mpsc::unbounded_channel,
};

/// A pipe as TLS makes one: what is written goes on its way when it is flushed. It takes and gives little at once,
/// and lets its writer wait every other time.
struct Keeping {
    inner: DuplexStream,
    kept: BytesMut,
    waits: bool,
}

impl Keeping {
    fn new(inner: DuplexStream) -> Self {
        Self { inner, kept: BytesMut::new(), waits: false }
    }
}

impl AsyncRead for Keeping {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, target: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut few = [0; 1_000];
        let mut read = ReadBuf::new(&mut few);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut read))?;
        target.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Keeping {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.waits = !self.waits;
        if self.waits {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let count = bytes.len().min(3_000);
        self.kept.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { inner, kept, .. } = &mut *self;
        while !kept.is_empty() {
            let count = ready!(Pin::new(&mut *inner).poll_write(cx, kept))?;
            kept.advance(count);
        }
        Pin::new(inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Whatever is to be said is flushed: the greeting, answers of all sizes, and the last word.
#[tokio::test(start_paused = true)]
async fn a_pipe_that_keeps_bytes_until_it_is_flushed_is_flushed() {
    let (near, far) = tokio::io::duplex(5_000);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let incoming = Incoming(stream::iter([Ok(Keeping::new(near))]).chain(stream::pending()));
    let served = Server::new().add(Script::echo()).serve(incoming, async move { drop(stopped.await) });
    let served = tokio::spawn(served);
    let mut peer = RawPeer::client(far).await;
    for (stream, size) in (1..).step_by(2).zip([0, 16_379, 65_536, 300_000]) {
        for (path, stream) in [(UNARY, 4 * stream + 1), (BIDI, 4 * stream + 3)] {
            peer.request(stream, path, &[]).await;
            peer.send_data(stream, &note(vec![7; size]), END).await;
            let answer = peer.answer(stream).await;
            assert_eq!((answer.status(), answer.notes()[0].len()), (0, size), "{path}");
        }
    }
    drop(stop);
    peer.goaway().await;
    peer.closed().await;
    assert_eq!(served.await.unwrap().unwrap().finished_connections, 1);
}

/// The last word to a peer that breaks the rules is flushed, too.
#[tokio::test(start_paused = true)]
async fn the_last_word_is_flushed() {
    let (near, far) = tokio::io::duplex(5_000);
    let incoming = Incoming(stream::iter([Ok(Keeping::new(near))]).chain(stream::pending()));
    tokio::spawn(Server::new().add(Script::echo()).serve(incoming, std::future::pending()));
    let mut peer = RawPeer::client(far).await;
    peer.send(&Frame::data(1, b"x", 0)).await;
    assert_ne!(peer.goaway().await.code, 0);
    peer.closed().await;
}

/// A peer that asks and never reads has so many calls and no more, and once its pipe is full it costs no time.
#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_is_left_alone() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let server = Script::echo().unary(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(noted([0; 16_000]).into()) })
    });
    let server = server.serve();
    // Once it is known to be fast, a method's calls are begun as soon as they come.
    assert_eq!(server.peer().await.call(1, UNARY, &[], &note("x")).await.status(), 0);
    let mut pipe = server.connect().await;
    let mut raw = BytesMut::from(PREFACE);
    Frame::settings(&[(setting::INITIAL_WINDOW_SIZE, 1 << 30)]).encode(&mut raw);
    Frame::window_update(0, 1 << 30).encode(&mut raw);
    for stream in (1..).step_by(2).take(2_000) {
        Frame::new(kind::HEADERS, flag::END_HEADERS, stream, literal(&request(UNARY, &[]))).encode(&mut raw);
        Frame::data(stream, note("x"), flag::END_STREAM).encode(&mut raw);
    }
    let writing = tokio::time::timeout(PATIENCE, pipe.write_all(&raw));
    // Under the paused clock time goes on only when all tasks wait.
    let _ = writing.await;
    assert!((1_000..1_050).contains(&asked.load(Ordering::SeqCst)), "{asked:?}");
    server.peer().await.assert_alive().await;
}

/// Fields as literals that are not remembered (RFC 7541, 6.2.2).
fn literal(fields: &[(String, String)]) -> Vec<u8> {
    let text = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    fields.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

/// Errors that say something of one peer only do not hold up the next.
#[tokio::test(start_paused = true)]
async fn peers_that_fail_hold_up_nobody() {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, InvalidData, NotConnected, TimedOut, UnexpectedEof};
    let (near, far) = tokio::io::duplex(5_000);
    let kinds = [BrokenPipe, ConnectionReset, InvalidData, NotConnected, TimedOut, UnexpectedEof];
    let failed = stream::iter(kinds.map(|kind| Err(kind.into())));
    let incoming = Incoming(failed.chain(stream::iter([Ok(near)])).chain(stream::pending()));
    let begin = tokio::time::Instant::now();
    tokio::spawn(Server::new().add(Script::echo()).serve(incoming, std::future::pending()));
    RawPeer::client(far).await.assert_alive().await;
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

/// To drop the future of `serve` cuts all connections and drops their handlers.
#[tokio::test(start_paused = true)]
async fn a_dropped_server_drops_its_handlers() {
    struct Told(tokio::sync::mpsc::UnboundedSender<()>);
    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let (tell, mut told) = unbounded_channel();
    let forever = move || {
        let told = Told(tell.clone());
        async move {
            let _told = told;
            std::future::pending::<()>().await;
        }
    };
    let other = forever.clone();
    let script = Script::echo()
        .unary(move |_| {
            let forever = forever();
            Box::pin(async {
                forever.await;
                Ok(noted("").into())
            })
        })
        .bidi(move |_, _| {
            let forever = other();
            Box::pin(async {
                forever.await;
                Ok(())
            })
        });
    let (near, far) = tokio::io::duplex(5_000);
    let incoming = Incoming(stream::iter([Ok(near)]).chain(stream::pending()));
    let served = tokio::spawn(Server::new().add(script).serve(incoming, std::future::pending()));
    let mut peer = RawPeer::client(far).await;
    for (stream, path, end) in [(1, UNARY, END), (3, BIDI, MORE), (5, BIDI, END)] {
        peer.request(stream, path, &[]).await;
        peer.data(stream, note("x"), end).await;
    }
    peer.settle().await;
    served.abort();
    for _ in 0..3 {
        tokio::time::timeout(PATIENCE, told.recv()).await.expect("the handler is dropped");
    }
    peer.closed().await;
}
