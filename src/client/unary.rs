//! Calls with one message each way.

use std::future::{Future, poll_fn};
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::{Reason, SendStream};

use crate::call::deadline::Timer;
use crate::call::download::Download;
use crate::call::outbound::Outbound;
use crate::call::single::Single;
use crate::call::{Request, Response};
use crate::client::channel::Channel;
use crate::client::opening::{Opened, Opening, Payload};
use crate::codec::Message;
use crate::status::Status;

impl Channel {
    /// Makes a call with one message each way; `path` is `/package.Service/Method`.
    ///
    /// The message is encoded now, the call is made when the future is first
    /// polled. Dropping the future cancels the call.
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
        let payload = Payload::encode(&request.message, self.settings.max_send_message_size);
        let mut opening = Opening::new(path, request.head);
        async move {
            let payload = payload?;
            let timer = Timer::new(opening.deadline);
            let Opened { response, mut stream, permit } = opening.open(&self.subchannel, &self.settings).await?;
            let mut upload = match payload {
                Payload::Small(payload) => {
                    // Without reserved window, since it is bounded by a frame a
                    // stream; the download tells why if the stream is gone.
                    let _ = stream.send_data(payload, true);
                    drop(stream);
                    None
                }
                Payload::Large(outbound) => Some(OneUpload { stream, outbound }),
            };
            let mut download = Download::new(response, timer, permit);
            let mut single = Single::new(self.settings.max_recv_message_size);
            poll_fn(|cx| {
                if upload.as_mut().is_some_and(|upload| upload.poll(cx).is_ready()) {
                    upload = None;
                }
                let polled = single.poll(&mut download, cx);
                if let Some(upload) = &mut upload
                    && download.is_ended_by_peer()
                {
                    // C17: it wants nothing more; to drop the stream would say CANCEL.
                    upload.stream.send_reset(Reason::NO_ERROR);
                }
                polled
            })
            .await
        }
    }
}

/// A large message on its way, while the call's own future is polled.
struct OneUpload {
    stream: SendStream<Bytes>,
    outbound: Outbound,
}

impl OneUpload {
    /// Ready when all is sent or the stream is gone.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.outbound.poll_flush(&mut self.stream, true, cx).map(drop)
    }
}
