//! Messages between a `Sender` and the driver that sends them.
//!
//! A `Sender` never touches h2. It fills a buffer; the driver of the call takes
//! what is there after each poll, as DATA payloads that end with a message.
//!
//! There are two places for the buffer. On the server the handler is polled by
//! its driver, on one thread: the buffer is the *slot* of that thread, which
//! needs no lock and which an idle stream does not hold. On the client, and on
//! a server whose handler lends its `Sender` to another thread, the buffer is
//! the *tail* behind the lock. A sender that has once used the tail stays
//! there, so the order of its messages is: queue, slot, late queue, tail.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::call::send_queue::SendQueue;
use crate::code::Code;
use crate::codec::{Append, CHUNK, Chunks};
use crate::compression::Encoding;
use crate::frame::PREFIX;
use crate::metadata::Metadata;
use crate::status::Status;

/// What a sender and the driver of its call share.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// Whether either side has to look behind the lock.
    busy: AtomicBool,
    /// The greatest message that may be sent, in bytes.
    limit: usize,
    shared: Mutex<Shared>,
}

#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Full payloads that were written before what is in the slot.
    queue: Vec<Bytes>,
    /// Full payloads that were written before what is in the tail.
    late: Vec<Bytes>,
    tail: Vec<u8>,
    /// Whether the tail was large when it was last taken.
    filled: bool,
    /// Boxed, since most handlers leave it to the driver.
    pub(crate) headers: Option<Box<Metadata>>,
    /// How the messages of a response are compressed, if its handler has chosen.
    encoding: Option<Encoding>,
    /// Whether the peer has to take something before more may be sent.
    blocked: bool,
    /// The sender that waits until it is not.
    sender: Option<Waker>,
    /// The driver, where it is a task of its own.
    driver: Option<Waker>,
    /// Those that wait for the end of the call. Made when the first one waits.
    closed: Option<Arc<Notify>>,
    /// Whether the sender has begun to wait, so that it has to hear of the end of the call.
    watching: bool,
    pub(crate) fate: Fate,
}

/// How far the sending side of a client's call has come.
#[derive(Debug, Default)]
pub(crate) enum Fate {
    #[default]
    Open,
    /// The sender has sent all.
    Closed,
    /// The sender was dropped before that.
    Abandoned,
    /// The peer has ended the call and wants nothing more.
    Over(Result<(), Status>),
    /// This side has given the call up.
    Cut(Status),
}

/// Where a sender puts its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendBuffer {
    Slot,
    Tail,
}

/// Whether a message was taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Taken,
    None,
}

/// The buffer of the call that is being polled on this thread.
struct Slot {
    /// The address of its outbox; 0 outside of any poll.
    owner: usize,
    buffer: Vec<u8>,
}

thread_local! {
    static SLOT: RefCell<Slot> = const { RefCell::new(Slot { owner: 0, buffer: Vec::new() }) };
}

/// The slot of an outer call whose handler polls an inner one.
pub(crate) struct Outer {
    owner: usize,
    buffer: Vec<u8>,
}

impl Outbox {
    /// Messages of more than `limit` bytes are not sent.
    pub(crate) fn new(limit: usize) -> Self {
        Self { busy: AtomicBool::new(false), limit, shared: Mutex::default() }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    #[inline]
    pub(crate) fn check_len(&self, len: usize) -> Result<(), Status> {
        check_len(len, self.limit)
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire)
    }

    /// A panic of the handler leaves the state whole.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the driver: gives this call the slot of the thread, before a poll.
    pub(crate) fn enter(self: &Arc<Self>) -> Outer {
        SLOT.with_borrow_mut(|slot| {
            let owner = std::mem::replace(&mut slot.owner, self.address());
            let buffer = if owner == 0 { Vec::new() } else { std::mem::take(&mut slot.buffer) };
            Outer { owner, buffer }
        })
    }

    /// For the driver: takes what was written, after a poll.
    pub(crate) fn leave(&self, outer: Outer, queue: &mut SendQueue, encoding: &mut Encoding) -> Option<Box<Metadata>> {
        let mut shared = self.is_busy().then(|| self.lock());
        if let Some(shared) = &mut shared {
            queue.extend(std::mem::take(&mut shared.queue));
        }
        SLOT.with_borrow_mut(|slot| {
            if take_payloads(&mut slot.buffer, queue) {
                slot.buffer.reserve_exact(CHUNK);
            }
            slot.owner = outer.owner;
            if outer.owner != 0 {
                slot.buffer = outer.buffer;
            }
        });
        let shared = &mut shared?;
        *encoding = shared.encoding.take().unwrap_or(*encoding);
        shared.take(queue)
    }

    /// For the driver: holds the sender back until [`unblock`](Self::unblock).
    pub(crate) fn block(&self) {
        self.lock().blocked = true;
        self.busy.store(true, Ordering::Release);
    }

    /// For the driver, once nothing is left to send: lets the sender go on.
    /// `true` if one waits and is to be polled by the caller itself.
    pub(crate) fn unblock(&self, cx: &Context<'_>) -> bool {
        let mut shared = self.lock();
        shared.blocked = false;
        self.busy.store(shared.fate.is_over(), Ordering::Release);
        let Some(sender) = shared.sender.take() else {
            return false;
        };
        drop(shared);
        // Inside a join or a FuturesUnordered it is the inner waker that counts.
        if !sender.will_wake(cx.waker()) {
            sender.wake();
        }
        true
    }

    /// The peer has ended the call: what is sent from now on fails.
    pub(crate) fn end(&self, result: Result<(), Status>) {
        self.finish(Fate::Over(result));
    }

    /// This side has given the call up: what is sent from now on fails.
    pub(crate) fn cut(&self, status: Status) {
        self.finish(Fate::Cut(status));
    }

    fn finish(&self, fate: Fate) {
        let mut shared = self.lock();
        if shared.fate.is_over() {
            return;
        }
        shared.fate = fate;
        shared.blocked = false;
        self.busy.store(true, Ordering::Release);
        let wakers = [shared.sender.take(), shared.driver.take()];
        let closed = shared.closed.take();
        drop(shared);
        wakers.into_iter().flatten().for_each(Waker::wake);
        if let Some(closed) = closed {
            closed.notify_waiters();
        }
    }

    /// For the sender: an error once the call is over.
    pub(crate) fn check(&self) -> Result<(), Status> {
        self.lock().fate.check()
    }

    /// For the sender: whether the call is over, as far as this side knows.
    pub(crate) fn is_over(&self) -> bool {
        self.is_busy() && self.lock().fate.is_over()
    }

    /// For the sender: waits until the call is over.
    pub(crate) async fn over(&self) {
        let closed = {
            let mut shared = self.lock();
            if shared.fate.is_over() {
                return;
            }
            shared.watching = true;
            let closed = Arc::clone(shared.closed.get_or_insert_default()).notified_owned();
            wake_driver(shared);
            closed
        };
        closed.await;
    }

    /// For the driver: whether somebody waits in [`over`](Self::over).
    pub(crate) fn is_watched(&self) -> bool {
        self.lock().closed.as_ref().is_some_and(|closed| Arc::strong_count(closed) > 1)
    }

    /// For the sender: says that it has sent all, or that it never will.
    pub(crate) fn close(&self, fate: Fate) {
        let mut shared = self.lock();
        if matches!(shared.fate, Fate::Open) {
            shared.fate = fate;
            wake_driver(shared);
        }
    }

    /// For the sender: leaves the headers of the response to the driver.
    pub(crate) fn put_headers(&self, headers: Metadata) {
        self.lock().headers = Some(Box::new(headers));
        self.busy.store(true, Ordering::Release);
    }

    /// For the sender: tells the driver how the messages are compressed, before the first of them.
    pub(crate) fn put_encoding(&self, encoding: Encoding) {
        self.lock().encoding = Some(encoding);
        self.busy.store(true, Ordering::Release);
    }

    /// For the sender: puts a message into the slot if that is this call's.
    #[inline]
    pub(crate) fn put_in_slot<M: Append>(&self, message: &M, len: usize) -> Option<Result<Room, Status>> {
        SLOT.with_borrow_mut(|slot| (slot.owner == self.address()).then(|| append(message, len, &mut slot.buffer)))
    }

    /// For the sender: puts a message where `place` says, unless it has to wait.
    #[inline(always)]
    pub(crate) fn put<M: Append>(&self, place: &mut SendBuffer, message: &M, len: usize) -> Result<Room, Status> {
        let mut shared = self.lock();
        shared.fate.check()?;
        if shared.blocked {
            return Ok(Room::None);
        }
        if *place == SendBuffer::Slot {
            match self.put_in_slot(message, len) {
                Some(result) => return result,
                None => *place = SendBuffer::Tail,
            }
        }
        let result = append(message, len, shared.tail());
        self.busy.store(true, Ordering::Release);
        wake_driver(shared);
        result
    }

    /// For the sender: queues a large message piece by piece, and blocks the next until it is sent.
    pub(crate) fn put_large<M: Append>(&self, place: SendBuffer, message: &M, len: usize) -> Result<(), Status> {
        let mut guard = self.lock();
        let shared = &mut *guard;
        shared.fate.check()?;
        let in_slot = place == SendBuffer::Slot
            && SLOT.with_borrow_mut(|slot| {
                let own = slot.owner == self.address();
                if own {
                    append_chunked(message, len, &mut slot.buffer, &mut shared.queue)?;
                }
                Ok::<_, Status>(own)
            })?;
        if !in_slot {
            append_chunked(message, len, &mut shared.tail, &mut shared.late)?;
        }
        shared.blocked = true;
        self.busy.store(true, Ordering::Release);
        wake_driver(guard);
        Ok(())
    }

    /// For the sender: `true` if it is woken when it may go on. `false` if it
    /// may now, and an error once the call is over: nobody would wake it.
    pub(crate) fn park(&self, cx: &Context<'_>, only_if_blocked: bool) -> Result<bool, Status> {
        let mut shared = self.lock();
        shared.fate.check()?;
        if only_if_blocked && !shared.blocked {
            return Ok(false);
        }
        shared.blocked = true;
        match &mut shared.sender {
            Some(sender) => sender.clone_from(cx.waker()),
            None => {
                shared.sender = Some(cx.waker().clone());
                shared.watching = true;
            }
        }
        self.busy.store(true, Ordering::Release);
        wake_driver(shared);
        Ok(true)
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }
}

impl Fate {
    /// Whether the call is over, whichever side has ended it.
    fn is_over(&self) -> bool {
        matches!(self, Self::Over(_) | Self::Cut(_))
    }

    /// What `send` gives: an error once the call is over.
    fn check(&self) -> Result<(), Status> {
        match self {
            Self::Open | Self::Closed | Self::Abandoned => Ok(()),
            Self::Over(Ok(())) => Err(over()),
            Self::Over(Err(status)) | Self::Cut(status) => Err(status.clone()),
        }
    }
}

/// Messages are lost that come too late for a call, though it has succeeded.
#[cold]
fn over() -> Status {
    let message = "the server has ended the call with OK and takes no more messages: receive its answer";
    Status::from_static(Code::Cancelled, message)
}

impl Shared {
    /// Takes what waits behind the lock; gives the headers that go before it.
    pub(crate) fn take(&mut self, send_queue: &mut SendQueue) -> Option<Box<Metadata>> {
        if !self.late.is_empty() {
            send_queue.extend(std::mem::take(&mut self.late));
        }
        if !self.tail.is_empty() {
            self.filled = take_payloads(&mut self.tail, send_queue);
            if self.tail.capacity() > CHUNK / 4 {
                self.tail = Vec::new();
            }
        }
        self.headers.take()
    }

    /// The tail, with room for as much as was written into it before: an idle
    /// stream holds none.
    fn tail(&mut self) -> &mut Vec<u8> {
        if self.filled && self.tail.capacity() == 0 {
            self.tail.reserve_exact(CHUNK);
        }
        &mut self.tail
    }

    /// For a driver that is a task of its own: whether the sender has begun to wait.
    pub(crate) fn take_watching(&mut self) -> bool {
        std::mem::take(&mut self.watching)
    }

    /// For a driver that is a task of its own: waits for something to do.
    pub(crate) fn register_driver(&mut self, cx: &Context<'_>) {
        match &mut self.driver {
            Some(driver) => driver.clone_from(cx.waker()),
            None => self.driver = Some(cx.waker().clone()),
        }
    }
}

/// RESOURCE_EXHAUSTED for a message larger than this side may send.
#[inline]
pub(crate) fn check_len(len: usize, limit: usize) -> Result<(), Status> {
    if len <= limit { Ok(()) } else { Err(too_large(len, limit)) }
}

#[cold]
fn too_large(len: usize, limit: usize) -> Status {
    Status::resource_exhausted(format!("message of {len} bytes exceeds the limit of {limit} bytes for sending"))
        .with_source("max_send_message_size")
}

#[inline]
fn wake_driver(mut shared: MutexGuard<'_, Shared>) {
    let driver = shared.driver.take();
    drop(shared);
    if let Some(driver) = driver {
        driver.wake();
    }
}

/// A payload ends with a message: one that does not fit any more waits for the next.
#[inline]
fn append<M: Append>(message: &M, len: usize, buffer: &mut Vec<u8>) -> Result<Room, Status> {
    if buffer.len() + PREFIX + len > CHUNK && !buffer.is_empty() {
        return Ok(Room::None);
    }
    message.append(len, buffer).map(|()| Room::Taken)
}

fn append_chunked<M: Append>(message: &M, len: usize, tail: &mut Vec<u8>, full: &mut Vec<Bytes>) -> Result<(), Status> {
    message.append_chunked(len, &mut Chunks { tail, full })
}

/// Empties a buffer as payloads of at most one DATA frame each; `true` if that
/// was much. A little is copied, so that the buffer stays; more is handed over.
fn take_payloads(buffer: &mut Vec<u8>, send_queue: &mut SendQueue) -> bool {
    if buffer.len() < CHUNK / 4 {
        send_queue.push(Bytes::copy_from_slice(buffer));
        buffer.clear();
        return false;
    }
    let much = buffer.len() >= CHUNK / 2;
    let mut all = Bytes::from(std::mem::take(buffer));
    while all.len() > CHUNK {
        send_queue.push(all.split_to(CHUNK));
    }
    send_queue.push(all);
    much
}
