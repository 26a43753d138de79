//! A channel for blocking calls.

use std::io;
use std::sync::Arc;

use crate::blocking::call::{ClientStreaming, Receiver, Sender};
use crate::blocking::worker::Worker;
use crate::{ConnectivityState, Encoding, Error, Message, Request, Response, Status};

/// A connection to a server for blocking calls.
///
/// It is a [`puregrpc::Channel`](crate::Channel) with a thread. Clones are cheap and
/// share both. The thread stops once the last clone and the last stream opened through
/// them are dropped.
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
    /// Makes blocking calls over an asynchronous channel, which may also be in use
    /// elsewhere.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn new(channel: crate::Channel) -> Result<Self, Error> {
        let worker = Worker::start().map_err(|error| {
            io::Error::new(error.kind(), format!("cannot start a thread for the connection: {error}"))
        })?;
        Ok(Self { channel, worker })
    }

    /// As [`puregrpc::Channel::max_recv_message_size`](crate::Channel::max_recv_message_size).
    #[must_use]
    pub fn max_recv_message_size(self, bytes: usize) -> Self {
        self.set(|channel| channel.max_recv_message_size(bytes))
    }

    /// As [`puregrpc::Channel::max_decoded_message_size`](crate::Channel::max_decoded_message_size).
    #[must_use]
    pub fn max_decoded_message_size(self, bytes: usize) -> Self {
        self.set(|channel| channel.max_decoded_message_size(bytes))
    }

    /// As [`puregrpc::Channel::max_send_message_size`](crate::Channel::max_send_message_size).
    #[must_use]
    pub fn max_send_message_size(self, bytes: usize) -> Self {
        self.set(|channel| channel.max_send_message_size(bytes))
    }

    /// As [`puregrpc::Channel::send_compression`](crate::Channel::send_compression).
    #[must_use]
    pub fn send_compression(self, encoding: Encoding) -> Self {
        self.set(|channel| channel.send_compression(encoding))
    }

    /// As [`puregrpc::Channel::compress_from`](crate::Channel::compress_from).
    #[must_use]
    pub fn compress_from(self, bytes: usize) -> Self {
        self.set(|channel| channel.compress_from(bytes))
    }

    /// As [`puregrpc::Channel::user_agent`](crate::Channel::user_agent).
    ///
    /// # Errors
    ///
    /// If it is not printable ASCII.
    pub fn user_agent(self, name: &str) -> Result<Self, Error> {
        let Self { channel, worker } = self;
        Ok(Self { channel: channel.user_agent(name)?, worker })
    }

    fn set(self, set: impl FnOnce(crate::Channel) -> crate::Channel) -> Self {
        Self { channel: set(self.channel), worker: self.worker }
    }

    /// The connectivity state: whether there is a connection, or an attempt to make one.
    pub fn state(&self) -> ConnectivityState {
        self.channel.state()
    }

    /// Waits until the channel is in this state, or was in it since the call began
    /// ([`puregrpc::Channel::wait_for_state`](crate::Channel::wait_for_state)).
    pub fn wait_for_state(&self, state: ConnectivityState) {
        self.worker.wait(self.channel.wait_for_state(state));
    }

    /// Waits until there is a connection, and opens one if there is none.
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
    /// As [`puregrpc::Channel::unary`](crate::Channel::unary), if the error is known when
    /// the request has been sent.
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
    /// As [`puregrpc::Channel::unary`](crate::Channel::unary), if the error is known when
    /// the headers have been sent.
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
    /// As [`puregrpc::Channel::unary`](crate::Channel::unary), if the error is known when
    /// the headers have been sent.
    pub fn bidi_streaming<Q: Message, R: Message>(
        &self,
        path: &'static str,
        request: Request<()>,
    ) -> Result<(Sender<Q>, Receiver<R>), Status> {
        let (sender, receiver) = self.worker.wait(self.channel.bidi_streaming(path, request))?;
        Ok((Sender::new(sender, Arc::clone(&self.worker)), Receiver::new(receiver, Arc::clone(&self.worker))))
    }
}
