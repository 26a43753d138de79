//! The way to a server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::HeaderValue;
use tokio::task::coop::consume_budget;

use crate::client::calls::headers::CommonHeaders;
use crate::client::settings::{Settings, USER_AGENT};
use crate::client::subchannel::Subchannel;
use crate::client::target::Target;
use crate::compression::Encoding;
use crate::error::{Error, Kind};
#[cfg(feature = "tls")]
use crate::transport::ClientTls;
use crate::transport::InProcessConnector;

/// The way to a server, over which calls are made.
///
/// Generated clients take one; it can also be called by itself, with any
/// messages. Clones are cheap and share one connection, which is made when it
/// is needed and made again when it was lost: after a failure at growing
/// intervals, in between calls fail at once with UNAVAILABLE. When the last
/// clone is dropped the connection ends with its last call. Programs with more
/// calls at once than a server takes on one connection may allow
/// [more](Self::max_connections).
///
/// An address is written `https://host:port`, `http://host:port`, `host:port`,
/// `dns:///host:port`, `unix:PATH` or `unix:///PATH`; `https://` has a port of
/// its own, 443, `http://` has 80. Of a name with several addresses the first
/// that answers is taken. `https://` speaks TLS, as `Channel::tls` says, and
/// needs the feature `tls`; the others speak it only if they are told to.
/// Without TLS whoever is on the way can read and change everything, metadata
/// included: a token in `authorization` goes over any connection.
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
    pub(crate) subchannel: Arc<Subchannel>,
    pub(crate) settings: Settings,
}

impl Channel {
    /// Connects to a server, now.
    ///
    /// # Errors
    ///
    /// If the address cannot be read ([`Error::is_address`]), or no connection
    /// can be made ([`Error::is_connect`]).
    pub async fn connect(address: impl AsRef<str>) -> Result<Self, Error> {
        consume_budget().await;
        let channel = Self::lazy(address)?;
        channel.ready().await?;
        Ok(channel)
    }

    /// A channel that connects when its first call is made.
    ///
    /// # Errors
    ///
    /// If the address cannot be read.
    pub fn lazy(address: impl AsRef<str>) -> Result<Self, Error> {
        Target::parse(address.as_ref()).map(Self::new)
    }

    /// A channel to a server in this process, by the connector that goes with
    /// its listener ([`in_process`](crate::in_process)).
    pub fn in_process(connector: InProcessConnector) -> Self {
        Self::new(Target::in_process(connector))
    }

    fn new(target: Target) -> Self {
        Self { subchannel: Subchannel::new(target), settings: Settings::default() }
    }

    /// Speaks TLS as `tls` says, on a connection of its own. With `https://…` it
    /// takes the place of the usual TLS, with `host:port`, Unix sockets and
    /// in-process pipes it takes the place of none.
    ///
    /// # Errors
    ///
    /// If the address is `http://…` ([`Error::is_address`]), or `tls` cannot be
    /// used ([`Error::is_tls`]). It blocks while it reads the system's roots, if
    /// `tls` does not say whom to trust.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ClientTls) -> Result<Self, Error> {
        self.subchannel = Subchannel::new(self.subchannel.target.clone().tls(tls)?);
        self.subchannel.memory().set_limit(self.settings.memory_limit);
        Ok(self)
    }

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
        self.subchannel.connect(&self.settings).await.map_err(|status| Error::new(Kind::Connect, status.message()))
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

    /// Memory that servers may make this channel hold, in bytes: headers and trailers
    /// of calls that wait or stream, and messages that nobody has received yet.
    /// A call for which there is no room ends with RESOURCE_EXHAUSTED. The limit
    /// belongs to all clones of the channel alike. **Default:** 1 GiB.
    ///
    /// Calls that nobody reads may take half of it; then their server has to wait.
    /// The [`connection_window`](Self::connection_window) of each connection comes on top.
    #[must_use]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.settings.memory_limit = bytes;
        self.subchannel.memory().set_limit(bytes);
        self
    }

    /// The greatest message that is sent, in bytes before it is compressed. A
    /// greater one is RESOURCE_EXHAUSTED, and nothing of it is sent. **Default:** no limit.
    #[must_use]
    pub fn max_send_message_size(mut self, bytes: usize) -> Self {
        self.settings.max_send_message_size = bytes;
        self
    }

    /// Maximum size of the headers or trailers of an answer, in bytes as HTTP/2 counts
    /// them: names, values, and 32 for each. **Default:** 32 KiB.
    ///
    /// The channel announces it to the server (SETTINGS_MAX_HEADER_LIST_SIZE, RFC 9113,
    /// section 6.5.2), for the connections that this handle and its later clones make.
    /// A larger list fails its own call. If it holds an error, the code stays: the
    /// message is cut, and details that do not fit are left out. If it holds a success,
    /// the call fails with RESOURCE_EXHAUSTED. The other calls of the connection go on,
    /// up to 320 KiB or three times the limit, if that is more; a list of several times
    /// that size closes the connection.
    ///
    /// What the channel sends is bounded by the limit of the server: metadata of a
    /// request beyond it fails the call with RESOURCE_EXHAUSTED before anything is sent.
    #[must_use]
    pub fn max_header_list_size(mut self, bytes: u32) -> Self {
        self.settings.wiring.max_header_list_size = bytes;
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

    /// How many connections there may be to the server. **Default:** 1, as
    /// HTTP/2 asks of clients (RFC 9113, section 9.1); 0 is taken for 1.
    ///
    /// A server says how many calls it takes at once on one connection, often
    /// 100 or 200. Those beyond that wait until another one ends, which may be
    /// long if it is a stream. With more connections they need not: when there
    /// is no room on those that there are, one more is made, and calls go to
    /// the oldest that has room. If it cannot be made they wait as before, and
    /// it is tried again after the usual interval. One beyond the first that
    /// has had no calls for 30 to 60 seconds is closed. One that the server has
    /// told to end counts no more, though its calls go on.
    ///
    /// The connections belong to all clones alike: one with a smaller number
    /// makes no more of them, and its calls use those that others have made.
    #[must_use]
    pub fn max_connections(mut self, count: usize) -> Self {
        self.settings.max_connections = count;
        self
    }

    /// How long an attempt to connect may take, up to the server's greeting.
    /// **Default:** 20 s.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
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
        f.debug_tuple("Channel").field(&format_args!("{}", self.subchannel.target)).finish()
    }
}
