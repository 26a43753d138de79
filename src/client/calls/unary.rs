//! Calls with one message each way.

use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::{Reason, SendStream};
use tokio::sync::oneshot;
use tokio::task::coop::consume_budget;

use crate::call::cancel;
use crate::call::deadline::{Timer, within};
use crate::call::download::Download;
use crate::call::send_queue::SendQueue;
use crate::call::single::Single;
use crate::call::{Request, Response};
use crate::client::calls::attempts::{Attempt, Attempts};
use crate::client::calls::outgoing::{Failure, Opened, Outgoing, Payload};
use crate::client::channel::Channel;
use crate::client::connection::orders::{Delivery, Made, Order};
use crate::client::subchannel::StreamSlot;
use crate::codec::Message;
use crate::excerpt::Excerpt;
use crate::status::Status;

impl Channel {
    /// Makes a call with one message each way; `path` is `/package.Service/Method`.
    ///
    /// The message is encoded now, the call is made when the future is first
    /// polled. Dropping the future cancels the call. A call that the server
    /// says it has not begun (it was full, or about to go) is made once more.
    ///
    /// # Errors
    ///
    /// The status that the server gives, or that of what went wrong on the way:
    /// UNAVAILABLE if there is no connection or it is lost, DEADLINE_EXCEEDED,
    /// RESOURCE_EXHAUSTED for a message that is too large.
    pub fn unary<Q: Message, R: Message>(
        &self,
        path: &'static str,
        request: Request<Q>,
    ) -> impl Future<Output = Result<Response<R>, Status>> + Send + use<'_, Q, R> {
        let Request { head, message } = request;
        let outgoing = Outgoing::new(path, head, &self.settings);
        let payload = outgoing.encode(&message, &self.settings);
        async move {
            let result = match payload {
                Ok(payload) => {
                    let payload = Some(payload);
                    let mut exchange =
                        Exchange { channel: self, outgoing: &outgoing, message: &message, payload, of: PhantomData };
                    Attempts::default().run(self, &outgoing, &mut exchange).await
                }
                Err(status) => Err(status),
            };
            match result {
                Ok(response) => Ok(response),
                Err(status) => Err(in_turn(self.failed(path, status)).await),
            }
        }
    }

    /// Notes that a call has failed.
    #[cold]
    pub(crate) fn failed(&self, method: &'static str, status: Status) -> Status {
        let (server, code, text) = (&self.core.subchannel.target, status.code(), Excerpt(status.message()));
        tracing::debug!(%server, method, %code, %text, "call failed");
        status
    }
}

/// A call with one message each way, which can be made more than once.
struct Exchange<'a, Q, R> {
    channel: &'a Channel,
    outgoing: &'a Outgoing,
    message: &'a Q,
    /// The message as it is sent; `None` once it was.
    payload: Option<Payload>,
    of: PhantomData<fn() -> R>,
}

impl<Q: Message, R: Message> Attempt for Exchange<'_, Q, R> {
    type Done = Response<R>;

    async fn send(&mut self, slot: StreamSlot) -> Result<Response<R>, Failure> {
        let payload = match self.payload.take() {
            Some(payload) => payload,
            None => self.outgoing.encode(self.message, &self.channel.settings)?,
        };
        let (mut upload, mut made) = match payload {
            Payload::Small(payload) if self.outgoing.cancel.is_none() => (None, self.order(slot, payload).await?),
            // Large, or what has come must be there when the call is cancelled.
            payload => self.begin(slot, payload)?,
        };
        let Made { download, chunk } = &mut *made;
        let mut single = Single::new(self.channel.settings.message_reader());
        single.begin(download, chunk.take())?;
        let mut cancelled = self.outgoing.cancelled();
        let result = poll_fn(|cx| {
            if cancelled.as_mut().is_some_and(|cancelled| cancelled.as_mut().poll(cx).is_ready()) {
                cancelled = None;
                download.abandon(cancel::cancelled());
            }
            if upload.as_mut().is_some_and(|upload| upload.poll(cx).is_ready()) {
                upload = None;
            }
            single.poll(download, cx)
        });
        let result = result.await;
        if let Some(mut upload) = upload
            && download.is_ended_by_peer()
        {
            // C17: it wants nothing more; to drop the stream would say CANCEL.
            upload.stream.send_reset(Reason::NO_ERROR);
        }
        result.map_err(
            |status| {
                if download.is_unprocessed() { Failure::Unprocessed(status) } else { Failure::Final(status) }
            },
        )
    }
}

impl<Q, R> Exchange<'_, Q, R> {
    /// Has the connection make the call, with its one message; waits for the answer to begin.
    async fn order(
        &mut self,
        StreamSlot { connection, permit }: StreamSlot,
        payload: Bytes,
    ) -> Result<Box<Made>, Failure> {
        let request = self.outgoing.request(self.channel, permit.header_lists())?;
        let (reply, delivery) = oneshot::channel();
        // The connection's runtime may not be this one, and need not even run: this call keeps its time.
        let timer = Timer::silent(self.outgoing.deadline);
        connection.orders.push(Order { request, payload, timer, permit, reply });
        match within(self.outgoing.deadline, delivery).await? {
            Ok(Delivery::Made(mut made)) => {
                made.download.keep_time();
                Ok(made)
            }
            Ok(Delivery::Unsent(unsent)) => {
                self.payload = Some(Payload::Small(unsent));
                Err(Failure::Unsent)
            }
            Ok(Delivery::Failed(status)) => Err(Failure::Final(status)),
            Err(_) => {
                let lost = Status::unavailable("the connection was lost: its task has ended");
                Err(Failure::Final(self.outgoing.lost(lost)))
            }
        }
    }

    /// Begins the call by itself.
    fn begin(&mut self, slot: StreamSlot, payload: Payload) -> Result<(Option<Upload>, Box<Made>), Failure> {
        let Opened { response, mut stream, permit, .. } = match self.outgoing.send(slot, self.channel) {
            Ok(opened) => opened,
            Err(failure) => {
                self.payload = Some(payload);
                return Err(failure);
            }
        };
        let download = Download::new(response, Timer::new(self.outgoing.deadline), permit);
        let upload = match payload {
            Payload::Large(send_queue) => Some(Upload { stream, send_queue: *send_queue }),
            Payload::Small(payload) => {
                let _ = stream.send_data(payload, true);
                None
            }
        };
        Ok((upload, Box::new(Made { download, chunk: None })))
    }
}

/// The status of a call that has failed, perhaps without having waited: a task that
/// calls again and again lets others run now and then.
async fn in_turn(status: Status) -> Status {
    consume_budget().await;
    status
}

/// A large message on its way, while the call's own future is polled.
struct Upload {
    stream: SendStream<Bytes>,
    send_queue: SendQueue,
}

impl Upload {
    /// Ready when all is sent or the stream is gone.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.send_queue.poll_flush(&mut self.stream, true, None, cx).map(drop)
    }
}
