//! The way to a server, for threads.

use std::sync::Arc;

use crate::blocking::call::{ClientStreaming, Receiver, Sender};
use crate::blocking::worker::Worker;
use crate::call::{Request, Response};
use crate::codec::Message;
use crate::error::{Error, Kind};
use crate::status::Status;

/// The way to a server, over which blocking calls are made.
///
/// It is a [`puregrpc::Channel`](crate::Channel) with a thread. Clones are
/// cheap and share both; the thread ends when the last of them is dropped, and
/// with the last stream that was opened through them.
///
/// ```no_run
/// # use protobuf::well_known_types::wrappers::StringValue;
/// use puregrpc::{Request, Response, blocking};
///
/// let channel = blocking::Channel::connect("http://localhost:50051")?;
/// # let message = StringValue::new();
/// let answer: Response<StringValue> = channel.unary("/package.Service/Method", Request::new(message))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Channel {
    channel: crate::Channel,
    worker: Arc<Worker>,
}

impl Channel {
    /// Connects to a server, now.
    ///
    /// # Errors
    ///
    /// If the address cannot be read ([`Error::is_address`]), or no connection
    /// can be made ([`Error::is_connect`]).
    pub fn connect(address: impl AsRef<str>) -> Result<Self, Error> {
        let channel = Self::lazy(address)?;
        channel.ready()?;
        Ok(channel)
    }

    /// A channel that connects when its first call is made.
    ///
    /// # Errors
    ///
    /// If the address cannot be read, or no thread can be started.
    pub fn lazy(address: impl AsRef<str>) -> Result<Self, Error> {
        crate::Channel::lazy(address).and_then(Self::new)
    }

    /// Makes blocking calls over a channel that was set up as wanted: with TLS,
    /// with limits, with keepalive.
    ///
    #[cfg_attr(feature = "tls", doc = "```no_run")]
    #[cfg_attr(not(feature = "tls"), doc = "```ignore")]
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use puregrpc::{Channel, ClientTls, Roots, blocking};
    ///
    /// let tls = ClientTls::new().roots(Roots::from_file("ca.pem")?);
    /// let channel = Channel::lazy("https://localhost:50051")?.tls(tls)?.max_recv_message_size(64 << 20);
    /// let channel = blocking::Channel::new(channel)?;
    /// channel.ready()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn new(channel: crate::Channel) -> Result<Self, Error> {
        let worker = Worker::start().map_err(|error| {
            Error::new(Kind::Connect, "cannot start a thread for the connection").with_source(error)
        })?;
        Ok(Self { channel, worker })
    }

    /// Waits until there is a connection, and makes one if there is none.
    ///
    /// # Errors
    ///
    /// As [`puregrpc::Channel::ready`](crate::Channel::ready).
    pub fn ready(&self) -> Result<(), Error> {
        self.worker.wait(self.channel.ready())
    }

    /// Makes a call with one message each way; `path` is `/package.Service/Method`.
    ///
    /// # Errors
    ///
    /// As [`puregrpc::Channel::unary`](crate::Channel::unary).
    pub fn unary<Q: Message, R: Message>(
        &self,
        path: &'static str,
        request: Request<Q>,
    ) -> Result<Response<R>, Status> {
        self.worker.wait(self.channel.unary(path, request))
    }

    /// Makes a call with one request and a stream of answers.
    ///
    /// # Errors
    ///
    /// As [`puregrpc::Channel::unary`](crate::Channel::unary), as far as it is
    /// known once the request is on its way.
    pub fn server_streaming<Q: Message, R: Message>(
        &self,
        path: &'static str,
        request: Request<Q>,
    ) -> Result<Receiver<R>, Status> {
        let receiver = self.worker.wait(self.channel.server_streaming(path, request))?;
        Ok(Receiver::new(receiver, Arc::clone(&self.worker)))
    }

    /// Makes a call with a stream of requests and one answer.
    ///
    /// # Errors
    ///
    /// As [`puregrpc::Channel::unary`](crate::Channel::unary), as far as it is
    /// known once the headers are on their way.
    pub fn client_streaming<Q: Message, R: Message>(
        &self,
        path: &'static str,
        request: Request<()>,
    ) -> Result<ClientStreaming<Q, R>, Status> {
        let call = self.worker.wait(self.channel.client_streaming(path, request))?;
        Ok(ClientStreaming::new(call, Arc::clone(&self.worker)))
    }

    /// Makes a call with a stream each way. Each half may go to a thread of its own.
    ///
    /// # Errors
    ///
    /// As [`puregrpc::Channel::unary`](crate::Channel::unary), as far as it is
    /// known once the headers are on their way.
    pub fn bidi_streaming<Q: Message, R: Message>(
        &self,
        path: &'static str,
        request: Request<()>,
    ) -> Result<(Sender<Q>, Receiver<R>), Status> {
        let (sender, receiver) = self.worker.wait(self.channel.bidi_streaming(path, request))?;
        Ok((Sender::new(sender, Arc::clone(&self.worker)), Receiver::new(receiver, Arc::clone(&self.worker))))
    }
}
