//! The way to a server.

use std::fmt;
use std::sync::Arc;

use http::header::HeaderValue;
use tokio::task::coop::consume_budget;

use crate::client::calls::headers::CommonHeaders;
use crate::client::connectivity::{ConnectivityState, StateWatch};
use crate::client::core::Core;
use crate::client::settings::{CallSettings, USER_AGENT};
use crate::compression::Encoding;
use crate::error::{Error, Kind};

/// The way to a server, over which calls are made.
///
/// Generated clients take one; it can also be called by itself, with any
/// messages. Clones are cheap and share one connection. It is opened on first use
/// and reopened when lost, with exponential backoff; calls made during the backoff
/// fail immediately with UNAVAILABLE. When the last clone is dropped the connection
/// ends with its last call. Programs with more calls at once than a server takes on
/// one connection may allow [more](crate::ChannelBuilder::max_connections).
///
/// All that holds for connections is set before there is a channel, by
/// [`Channel::builder`]: TLS, timeouts, keepalive, windows. What holds for calls is set
/// on a handle, for this handle and its later clones.
///
/// An address is written `https://host:port`, `http://host:port`, `host:port`,
/// `dns:///host:port`, `unix:PATH` or `unix:///PATH`; `https://` has a port of
/// its own, 443, `http://` has 80. Several addresses of a name are raced: each begins
/// 250 ms after the one before it, or at once when that one fails, IPv6 and IPv4 in
/// turn (RFC 8305), and the first server to greet the channel is taken. `https://`
/// speaks TLS and needs the feature `tls`; the others speak it only with
/// `ChannelBuilder::tls`. Without TLS, anyone on the network path can read and modify
/// all traffic, including metadata: the channel does not stop you from sending an
/// `authorization` token in plaintext.
///
/// ```no_run
/// # use protobuf::well_known_types::wrappers::StringValue;
/// use puregrpc::{Channel, Request, Response};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let channel = Channel::connect("http://localhost:50051").await?;
/// # let message = StringValue::new();
/// let answer: Response<StringValue> = channel.unary("/package.Service/Method", Request::new(message)).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Trying again
///
/// The channel retries a call once if the server reports that it has not begun it, for
/// example during shutdown. Other retries are yours: only you know which methods are
/// idempotent, and there is no retry policy. While no connection can be made, calls
/// fail at once: the channel tries again about a second after the first attempt, and
/// later ever more rarely, up to two minutes apart. So a loop has to pause:
///
#[cfg_attr(feature = "example-services", doc = "```")]
#[cfg_attr(not(feature = "example-services"), doc = "```ignore")]
/// # mod proto { puregrpc::include_protos!(); }
/// # use proto::helloworld::{Greeter, GreeterClient, GreeterServer, HelloReply, HelloRequest};
/// # use puregrpc::{Channel, Server, in_process};
/// # use std::sync::atomic::{AtomicU32, Ordering};
/// use std::time::Duration;
/// use puregrpc::{Code, Request, Response, Status};
///
/// async fn persistent(
///     greeter: &GreeterClient,
///     request: Request<HelloRequest>, // its deadline, if it has one, is for all attempts together
/// ) -> Result<Response<HelloReply>, Status> {
///     let mut pause = Duration::from_millis(500);
///     loop {
///         match greeter.say_hello(request.clone()).await {
///             Err(status)
///                 if status.code() == Code::Unavailable
///                     && request.time_left().is_none_or(|left| left > pause) =>
///             {
///                 tokio::time::sleep(pause).await;
///                 pause *= 2;
///             }
///             result => return result,
///         }
///     }
/// }
/// #
/// # #[derive(Default)]
/// # struct Busy(AtomicU32);
/// #
/// # impl Greeter for Busy {
/// #     async fn say_hello(&self, _: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
/// #         let calls = self.0.fetch_add(1, Ordering::Relaxed) + 1;
/// #         if calls % 3 > 0 { return Err(Status::unavailable("busy")) }
/// #         Ok(HelloReply { message: calls.to_string(), ..Default::default() }.into())
/// #     }
/// #     async fn say_hello_again(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
/// #         self.say_hello(request).await
/// #     }
/// # }
/// #
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Status> {
/// # let (listener, connector) = in_process();
/// # tokio::spawn(Server::new().add(GreeterServer::new(Busy::default())).serve(listener, std::future::pending()));
/// # let greeter = GreeterClient::new(Channel::in_process(connector));
/// # // Without a deadline, and with one that leaves time for it:
/// # assert_eq!(persistent(&greeter, HelloRequest::new().into()).await?.message, "3");
/// # let request = |seconds| Request::new(HelloRequest::new()).with_timeout(Duration::from_secs(seconds));
/// # assert_eq!(persistent(&greeter, request(2)).await?.message, "6");
/// # // With one that does not:
/// # assert_eq!(persistent(&greeter, request(1)).await.unwrap_err().code(), Code::Unavailable);
/// # Ok(())
/// # }
/// ```
///
/// | code | to be tried again |
/// |---|---|
/// | UNAVAILABLE | after a pause, if the method may run twice: it may have run when the connection was lost |
/// | RESOURCE_EXHAUSTED | after a longer pause, where the server means a quota and not the size of a message |
/// | ABORTED | from the beginning of what the call belongs to, such as a transaction |
/// | DEADLINE_EXCEEDED, CANCELLED, UNKNOWN, INTERNAL | only if the method may run twice, and hardly with another result |
/// | all others | not before something has changed |
#[derive(Clone)]
pub struct Channel {
    pub(crate) core: Arc<Core>,
    pub(crate) settings: CallSettings,
}

impl Channel {
    /// Waits until there is a connection, and makes one if there is none.
    ///
    /// It does not wait for a server that is not there: it fails as calls do, also
    /// at once, while the pause after a failed attempt lasts.
    ///
    /// # Errors
    ///
    /// If no connection can be made ([`Error::is_connect`]).
    pub async fn ready(&self) -> Result<(), Error> {
        consume_budget().await;
        self.core.subchannel.ready().await.map_err(|status| Error::new(Kind::Connect, status.message()))
    }

    /// Whether there is a connection, or will be one soon.
    pub fn state(&self) -> ConnectivityState {
        self.core.subchannel.state()
    }

    /// Waits until the channel is in this state, or has been since the call. Cancel safe.
    ///
    /// It does not connect: a channel without calls stays
    /// [`Idle`](ConnectivityState::Idle). [`ready`](Self::ready) connects.
    pub async fn wait_for_state(&self, state: ConnectivityState) {
        let mut watch = self.watch_state();
        if self.state() != state {
            while watch.changed().await.is_some_and(|new| new != state) {}
        }
    }

    /// Returns all changes of the state from now on, in their order.
    ///
    /// ```
    /// # use puregrpc::{Channel, ConnectivityState};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), puregrpc::Error> {
    /// let channel = Channel::lazy("localhost:50051")?;
    /// let mut watch = channel.watch_state();
    /// tokio::spawn(async move {
    ///     while let Some(state) = watch.changed().await {
    ///         println!("the channel is {state}");
    ///     }
    /// });
    /// assert_eq!(channel.state(), ConnectivityState::Idle);
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch_state(&self) -> StateWatch {
        self.core.subchannel.watch()
    }

    /// The greatest message that is taken, in bytes, also after it was
    /// decompressed. A greater one ends its call with RESOURCE_EXHAUSTED.
    /// **Default:** 4 MiB.
    ///
    /// As all settings, it holds for this handle and its later clones.
    #[must_use]
    pub fn max_recv_message_size(mut self, bytes: usize) -> Self {
        self.settings.max_recv_message_size = bytes;
        self
    }

    /// How much memory a message may take once it is decoded, in bytes. A greater
    /// one ends its call with RESOURCE_EXHAUSTED.
    /// **Default:** 16 times [`max_recv_message_size`](Self::max_recv_message_size).
    #[must_use]
    pub fn max_decoded_message_size(mut self, bytes: usize) -> Self {
        self.settings.max_decoded_message_size = Some(bytes);
        self
    }

    /// The greatest message that is sent, in bytes before it is compressed. A
    /// greater one is RESOURCE_EXHAUSTED, and nothing of it is sent. **Default:** no limit.
    #[must_use]
    pub fn max_send_message_size(mut self, bytes: usize) -> Self {
        self.settings.max_send_message_size = bytes;
        self
    }

    /// Compresses messages so, whether the server can read that or not: one that cannot says UNIMPLEMENTED.
    /// Small ones are sent as they are in any case, and so are those that would
    /// not become smaller. **Default:** [`Encoding::Identity`], nothing is compressed.
    ///
    /// A call may choose otherwise, by
    /// [`Request::with_compression`](crate::Request::with_compression).
    #[must_use]
    pub fn send_compression(mut self, encoding: Encoding) -> Self {
        self.settings.compression.encoding = encoding;
        self
    }

    /// From how many bytes on a message is compressed, where messages are.
    /// **Default:** 1,024: to compress less gains hardly a packet and costs more
    /// than the call.
    #[must_use]
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.settings.compression.from = bytes;
        self
    }

    /// What the program calls itself, before this library's name and version.
    /// **Default:** the library alone.
    ///
    /// # Errors
    ///
    /// If it is not printable ASCII.
    pub fn user_agent(mut self, name: &str) -> Result<Self, Error> {
        let value = HeaderValue::from_str(&format!("{name} {USER_AGENT}"));
        let value =
            value.map_err(|_| Error::new(Kind::Metadata, format!("the user agent {name:?} is not printable ASCII")))?;
        self.settings.headers = Arc::new(CommonHeaders::new(value));
        Ok(self)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel").field(&format_args!("{}", self.core.subchannel.target)).finish()
    }
}
