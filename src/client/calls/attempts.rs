//! The attempts of a call: the only place that makes a call again.
//!
//! ```text
//! place ---> send ---> done
//!   ^          |
//!   |          +--> unsent: the connection was lost first     (again, up to ENDED times)
//!   +----------+
//!              +--> unprocessed: the server has not begun it  (again, once)
//! ```

use std::future::{Future, ready};

use bytes::Bytes;

use crate::call::deadline::within;
use crate::call::download::{Again, Beginning, Begun};
use crate::client::calls::outgoing::{Failure, Opened, Outgoing};
use crate::client::channel::Channel;
use crate::client::subchannel::StreamSlot;
use crate::client::subchannel::pool::{ENDED, WaitHistory};
use crate::status::Status;

/// What an attempt does with its place on a connection.
pub(crate) trait Attempt {
    /// What comes of it.
    type Done;

    /// Sends the call. It can be sent again after [`Failure::Unsent`] and [`Failure::Unprocessed`].
    fn send(&mut self, slot: StreamSlot) -> impl Future<Output = Result<Self::Done, Failure>> + Send;
}

/// How a call has fared so far.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    /// Since the first time that there was no place, or that it could not be sent.
    history: Option<WaitHistory>,
    /// How often it could not be sent.
    unsent: usize,
    /// Whether it was made again after the server had not begun it.
    repeated: bool,
}

impl Attempts {
    /// Makes as many attempts as the call needs and may have.
    pub(crate) async fn run<A: Attempt>(
        &mut self,
        channel: &Channel,
        outgoing: &Outgoing,
        attempt: &mut A,
    ) -> Result<A::Done, Status> {
        loop {
            if let Some(handle) = &outgoing.cancel {
                handle.check()?;
            }
            let slot = self.place(channel, outgoing).await?;
            let failure = match attempt.send(slot).await {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            match failure {
                Failure::Unsent if self.unsent < ENDED => self.unsent += 1,
                Failure::Unsent => return Err(outgoing.lost(channel.core.subchannel.lost())),
                Failure::Unprocessed(_) if self.may_repeat() => {}
                Failure::Unprocessed(status) | Failure::Final(status) => return Err(status),
            }
        }
    }

    /// Whether a call that the server has not begun is made again: then it begins anew.
    fn may_repeat(&mut self) -> bool {
        let repeated = std::mem::replace(self, Self { repeated: true, ..Self::default() }).repeated;
        !repeated
    }

    /// A place: the first time at once if there is one, later on a connection
    /// that is known to be usable.
    async fn place(&mut self, channel: &Channel, outgoing: &Outgoing) -> Result<StreamSlot, Status> {
        let subchannel = &channel.core.subchannel;
        if self.history.is_none()
            && let Some(slot) = subchannel.try_place()
        {
            self.history = Some(WaitHistory::default());
            return Ok(slot);
        }
        let history = self.history.get_or_insert_default();
        // Boxed, since hardly any call has to wait and all have to hold it.
        Box::pin(async {
            let place = async {
                let placed = within(outgoing.deadline, subchannel.place(history)).await?;
                placed.map_err(|status| outgoing.lost(status))
            };
            match &outgoing.cancel {
                Some(handle) => handle.unless(place).await,
                None => place.await,
            }
        })
        .await
    }

    /// Sends the headers, once there is a connection and a free stream on it.
    pub(crate) async fn open(&mut self, channel: &Channel, outgoing: &Outgoing) -> Result<Opened, Status> {
        self.run(channel, outgoing, &mut Open { channel, outgoing }).await
    }
}

/// Sends the headers.
struct Open<'a> {
    channel: &'a Channel,
    outgoing: &'a Outgoing,
}

impl Attempt for Open<'_> {
    type Done = Opened;

    fn send(&mut self, slot: StreamSlot) -> impl Future<Output = Result<Opened, Failure>> + Send {
        ready(self.outgoing.send(slot, self.channel))
    }
}

/// A call with one small request and a stream of answers, which can be sent again.
pub(crate) struct Repeat {
    pub(crate) channel: Channel,
    pub(crate) outgoing: Outgoing,
    pub(crate) payload: Bytes,
    pub(crate) attempts: Attempts,
}

impl Again for Repeat {
    fn after(mut self: Box<Self>, unprocessed: bool) -> Option<Beginning> {
        if !unprocessed || !self.attempts.may_repeat() {
            return None;
        }
        Some(Box::pin(async move {
            let Self { channel, outgoing, payload, attempts } = &mut *self;
            let Opened { response, mut stream, permit, .. } = attempts.open(channel, outgoing).await?;
            let _ = stream.send_data(std::mem::take(payload), true);
            Ok(Begun { response, permit })
        }))
    }
}
