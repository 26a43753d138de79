//! The task that owns one connection.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::client::Builder;

use crate::client::connection::Connection;
use crate::client::connection::dispatch::Dispatcher;
use crate::client::connection::keepalive::Watch;
use crate::client::connection::orders::Orders;
use crate::client::connection::quiet_waker::QuietWaker;
use crate::client::connection::readers::Readers;
use crate::client::settings::ConnectSettings;
use crate::transport::{
    Allowance, Breach, BufferedIo, HeaderLists, Io, IoHandle, Meter, Peer, Queue, Quota, Windows, settings,
};

/// The connection itself: it must be polled to the end.
///
/// In each turn it reads what has come and lets h2 write into a buffer, which
/// goes out one turn later, so that calls that are ready by then add to the same
/// write; a call that is alone goes out at once.
/// Calls of one small message it makes itself.
pub(crate) struct Driver {
    h2: h2::client::Connection<BufferedIo, Bytes>,
    io: IoHandle,
    watch: Watch,
    /// How many calls were open when the last turn began.
    calls: usize,
    quota: Arc<Quota>,
    readers: Arc<Readers>,
    windows: Windows,
    /// Behind `h2`, for when both are dropped: what h2 then says is handed on.
    dispatcher: Dispatcher,
    /// What h2 wakes.
    waker: QuietWaker,
}

/// Greets the server and waits for its settings: only then is it known how
/// many calls it takes. The queue is told when that changes.
pub(crate) async fn establish(
    io: impl Io,
    peer: Peer,
    settings: &ConnectSettings,
    queue: Arc<Queue>,
) -> io::Result<(Arc<Connection>, Driver)> {
    let allowance = Allowance { header_list: settings.max_header_list_size, ..Allowance::default() };
    let (io, handle) = BufferedIo::new(io, Meter::client(&allowance));
    // Nothing is written yet but into the buffer, so that it cannot block.
    let (requests, mut h2) = builder(settings).handshake::<_, Bytes>(io).await.map_err(failed)?;
    let memory = Arc::clone(queue.memory());
    let quota = Quota::new(0, queue, peer, handle.header_lists());
    let readers = Arc::<Readers>::default();
    let watch = Watch::new(settings.keepalive, h2.ping_pong());
    let windows = Windows::of_client(settings.stream_window, settings.connection_window, &memory);
    let connection =
        Connection { requests, orders: Orders::default(), quota: Arc::clone(&quota), readers: Arc::clone(&readers) };
    let connection = Arc::new(connection);
    let dispatcher = Dispatcher::new(&connection);
    let waker = QuietWaker::default();
    let mut driver = Driver { h2, io: handle, watch, calls: 0, quota, readers, windows, dispatcher, waker };
    poll_fn(|cx| driver.poll_settings(cx)).await?;
    Ok((connection, driver))
}

impl Driver {
    /// How many calls were open when the last turn began.
    pub(crate) fn calls(&self) -> usize {
        self.calls
    }

    /// Ready once the server's settings have come, also if it has then said at
    /// once that it is about to go: that is no failure to connect.
    fn poll_settings(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut *self).poll(cx);
        let first = self.io.first_bytes();
        // More may come that tells what it is, but of a TLS alert nothing does.
        if (polled.is_ready() || first.are_tls())
            && let Some(message) = first.are_foreign()
        {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, message)));
        }
        match polled {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ if self.h2.max_concurrent_send_streams() != NOT_KNOWN => Poll::Ready(Ok(())),
            Poll::Ready(Ok(())) => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it was closed before it had begun")))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Makes the calls that were ordered, and receives; whether there were any.
    fn poll_calls(&mut self, cx: &mut Context<'_>) -> (bool, Poll<Result<(), h2::Error>>) {
        self.waker.mute();
        let sent = self.dispatcher.send(cx);
        self.waker.unmute(cx);
        let polled = self.poll_h2();
        self.waker.mute();
        self.dispatcher.deliver(cx);
        // What is over is dropped, and h2 has to hear of it.
        let woken = self.waker.unmute(cx);
        (sent, if woken && polled.is_pending() { self.poll_h2() } else { polled })
    }

    fn poll_h2(&mut self) -> Poll<Result<(), h2::Error>> {
        Pin::new(&mut self.h2).poll(&mut Context::from_waker(self.waker.waker()))
    }
}

impl Future for Driver {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let me = &mut *self;
        me.calls = me.quota.open();
        let calls = me.calls > 0;
        me.io.begin_turn(calls);
        me.watch.begin_turn(cx, &me.io, calls);
        let (sent, polled) = me.poll_calls(cx);
        if let Poll::Ready(result) = polled {
            // The connection is over; what can still be said is said once.
            let _ = me.io.poll_drain(cx);
            return Poll::Ready(result.map_err(failed));
        }
        let limit = me.h2.max_concurrent_send_streams();
        if limit != NOT_KNOWN {
            me.quota.set_limit(limit);
        }
        // A call that is alone has nobody to wait for.
        let others = !sent || me.quota.is_shared();
        match me.io.end_turn(cx, others) {
            Ok(turned) => {
                me.windows.fit_connection(cx, turned.window, me.quota.open(), &mut me.h2);
                me.readers.look(turned.small);
            }
            Err(error) => return Poll::Ready(Err(error)),
        }
        if me.watch.end_turn(cx, &me.io, calls).is_err() {
            // h2 tells the calls, unless it is stuck.
            me.io.condemn(Breach::Silence);
            let _ = me.poll_h2();
            return Poll::Ready(Err(io::Error::other(Breach::Silence)));
        }
        Poll::Pending
    }
}

fn failed(error: h2::Error) -> io::Error {
    if error.is_io() { error.into_io().unwrap_or_else(|| io::ErrorKind::Other.into()) } else { io::Error::other(error) }
}

fn builder(own: &ConnectSettings) -> Builder {
    let mut builder = Builder::new();
    builder
        .initial_window_size(own.stream_window)
        .initial_connection_window_size(own.connection_window)
        .data_frame_budget(settings::DATA_FRAME_BUDGET)
        .max_send_buffer_size(settings::SEND_BUFFER)
        .max_header_list_size(HeaderLists::for_h2(own.max_header_list_size))
        .initial_max_send_streams(NOT_KNOWN)
        .max_concurrent_reset_streams(REMEMBERED_RESETS)
        // The meter counts faults by time; h2 counts them for life.
        .max_local_error_reset_streams(None)
        .enable_push(false);
    builder
}

/// How many streams the server takes, before it has said so: no number that it can say.
const NOT_KNOWN: usize = usize::MAX - 1;

/// Of how many cancelled calls h2 ignores what is still on its way: what comes
/// for a forgotten one counts as a fault of the server.
const REMEMBERED_RESETS: usize = 2000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::task::Waker;

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use crate::client::connection::orders::{Delivery, Made, order};

    /// What is read, piece by piece; after each piece nothing is there for once. All is written.
    #[derive(Clone, Default)]
    struct Script(Arc<Mutex<VecDeque<Option<Vec<u8>>>>>);

    impl Script {
        fn then(&self, piece: &[Vec<u8>]) {
            self.0.lock().unwrap().extend([Some(piece.concat()), None]);
        }
    }

    impl AsyncRead for Script {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, read: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            let next = self.0.lock().unwrap().pop_front();
            next.flatten().map_or(Poll::Pending, |piece| {
                read.put_slice(&piece);
                Poll::Ready(Ok(()))
            })
        }
    }

    impl AsyncWrite for Script {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let len = (payload.len() as u32).to_be_bytes();
        [&len[1..], &[kind, flags], &stream.to_be_bytes()[..], payload].concat()
    }

    /// A status alone, which ends the call.
    fn ok(stream: u32) -> Vec<u8> {
        let field = |name: &str, value: &str| {
            [&[0, name.len() as u8], name.as_bytes(), &[value.len() as u8], value.as_bytes()].concat()
        };
        let fields = [vec![0x88], field("content-type", "application/grpc"), field("grpc-status", "0")];
        frame(1, 0x5, stream, &fields.concat())
    }

    fn goaway(last: u32) -> Vec<u8> {
        frame(7, 0, 0, &[last.to_be_bytes(), [0; 4]].concat())
    }

    /// What becomes of two calls, the first of which is answered. In the same turn, once that answer was
    /// handed back, `late` is read, and the connection is over.
    async fn two_calls(begin: &[Vec<u8>], late: &[Vec<u8>]) -> [Box<Made>; 2] {
        let script = Script::default();
        script.then(&[frame(4, 0, 0, &[]), frame(4, 1, 0, &[])]);
        let settings = ConnectSettings::default();
        let establish = establish(script.clone(), Peer::unknown(), &settings, Arc::default());
        let (connection, mut driver) = establish.await.unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let (first, second) = (order(), order());
        connection.orders.push(first.0);
        connection.orders.push(second.0);
        assert!(Pin::new(&mut driver).poll(&mut cx).is_pending());
        script.then(begin);
        script.then(late);
        assert!(Pin::new(&mut driver).poll(&mut cx).is_ready());
        drop(driver);
        let mut made = Vec::new();
        for delivery in [first.1, second.1] {
            match delivery.await {
                Ok(Delivery::Made(call)) => made.push(call),
                other => panic!("{other:?}"),
            }
        }
        made.try_into().unwrap()
    }

    /// C13: an answer is not lost that comes while the one before it is handed back.
    #[tokio::test]
    async fn the_last_answer_of_a_connection_arrives() {
        let calls = two_calls(&[goaway(i32::MAX as u32), ok(1)], &[ok(3)]).await;
        for call in &calls {
            assert!(call.download.is_over() && call.download.failure().is_none(), "{:?}", call.download.failure());
        }
    }

    /// C13: what a server has not begun is known as such, if it is said in the connection's last turn.
    #[tokio::test]
    async fn what_was_not_begun_is_known_in_the_last_turn() {
        let [first, second] = two_calls(&[ok(1)], &[goaway(1)]).await;
        assert!(first.download.failure().is_none());
        assert!(second.download.is_unprocessed(), "{:?}", second.download.failure());
    }
}
