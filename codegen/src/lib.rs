//! Compiles `.proto` files for the crate `puregrpc`, in pure Rust: no `protoc`, no C compiler, and
//! nothing to install.
//!
//! # In three steps
//!
//! The crates, in Cargo.toml:
//!
//! ```toml
//! [dependencies]
//! puregrpc = "0.1"
//!
//! [build-dependencies]
//! puregrpc-build = "0.1"
//! ```
//!
//! A build script, build.rs, that names a file or a folder:
//!
//! ```no_run
//! fn main() {
//!     puregrpc_build::compile("proto");
//! }
//! ```
//!
//! And a module for the code, in lib.rs or main.rs:
//!
//! ```ignore
//! pub mod proto {
//!     puregrpc::include_protos!();
//! }
//! ```
//!
//! For anything else than the defaults there is [`Config`].
//!
//! # What comes out
//!
//! One file with a module for each package, named as the package is: what `acme.shop.v1` defines is
//! in `proto::acme::shop::v1`, and what a file without a package defines is in `proto` itself.
//!
//! | in the `.proto` file | in Rust |
//! |---|---|
//! | `message Order` | `struct Order`, with public fields |
//! | `message Line` within `Order` | `order::Line` |
//! | field `Line first` | `first: MessageField<Line>`, which derefs to the line or to an empty one |
//! | `optional string note` | `note: Option<String>` |
//! | `repeated Line lines`, `map<string, Line> by_name` | `Vec<Line>`, `HashMap<String, Line>` |
//! | `oneof payment` within `Order` | field `payment: Option<order::Payment>`, an enum that is `non_exhaustive` |
//! | `enum State` | `enum State`, its values named as in the file; fields hold `EnumOrUnknown<State>` |
//! | `bytes` | `bytes::Bytes`, which shares the buffer it came in |
//! | `google.protobuf.Timestamp` and the like | the types of `puregrpc::protobuf::well_known_types` |
//! | `service Shop` | `trait Shop`, `ShopServer`, `ShopClient` |
//! | `rpc GetOrder` | `get_order` on the trait and on the client |
//!
//! Messages are those of the crate `protobuf` (rust-protobuf 3.7), which `puregrpc` reexports as it
//! does `bytes`: no other dependency is needed at run time. With [`Config::blocking`] a service
//! also gets a `ShopBlockingClient`. Extensions are constants in the module `exts` of their package,
//! unless the messages are [`lite`](Config::lite).
//!
//! Filled and read, messages look like this; `..Default::default()` is for the fields that are not
//! named, among them `special_fields`, which keeps what the message's definition does not know:
//!
//! ```rust,ignore
//! let order = Order {
//!     customer: "Ada".into(),
//!     first: Some(line).into(), // MessageField
//!     state: State::STATE_OPEN.into(), // EnumOrUnknown
//!     payment: Some(order::Payment::Card(card)),
//!     ..Default::default()
//! };
//! if let Some(line) = order.first.as_ref() { /* it was set; into_option() takes it out */ }
//! if order.state.enum_value() == Ok(State::STATE_OPEN) { /* Err is the number of an unknown value */ }
//! match &order.payment {
//!     Some(order::Payment::Card(card)) => { /* … */ }
//!     _ => return Err(Status::invalid_argument("how is it to be paid?")), // later variants, too
//! }
//!
//! use puregrpc::protobuf::Message; // for the details of a status, for files
//! let bytes = order.write_to_bytes()?;
//! let again = Order::parse_from_bytes(&bytes)?;
//! ```
//!
//! The trait of a service has one method for each `rpc`, which users write as `async fn`:
//!
//! | `rpc` | method of the trait, without `&self` | call of the client |
//! |---|---|---|
//! | `(Q) returns (R)` | `(Request<Q>) -> Result<Response<R>, Status>` | `(Q) -> Result<Response<R>, Status>` |
//! | `(Q) returns (stream R)` | `(Request<Q>, &mut Sender<R>) -> Result<(), Status>` | `(Q) -> Result<Receiver<R>, Status>` |
//! | `(stream Q) returns (R)` | `(&mut Receiver<Q>) -> Result<Response<R>, Status>` | `(()) -> Result<ClientStreaming<Q, R>, Status>` |
//! | `(stream Q) returns (stream R)` | `(&mut Receiver<Q>, &mut Sender<R>) -> Result<(), Status>` | `(()) -> Result<(Sender<Q>, Receiver<R>), Status>` |
//!
//! Where a client takes a message it takes a `Request` as well, with a deadline and metadata.
//!
//! Comments above a definition, or behind it on its line, become its documentation. What in them
//! looks like code stays text, so that rustdoc does not run it.
//!
//! `FILE_DESCRIPTOR_SET` holds the descriptors of all files, encoded, as reflection wants them. Written
//! to a file, it is what `grpcurl -protoset` takes.
//!
//! Messages print in protobuf's text format: `{}` on one line, `{:#}` on several. Those of
//! [`Config::lite`] do not; `{:?}` shows the fields of either.
//!
//! # Names
//!
//! No file is refused for its names. A name that is taken in Rust, by a keyword, by another definition
//! or by the library, gets a `_` behind it, and one more for as long as that is taken as well; the
//! documentation of the item says so. Of those that meet, the one that is called so in its file keeps
//! the name:
//!
//! | in the `.proto` file | in Rust |
//! |---|---|
//! | field `type`; message `Self`; package `fn` | `type_`; `Self_`; `fn_` |
//! | fields, values and extensions called `gen` and `try` | `r#gen` and `r#try` |
//! | `message foo` beside `message Foo` | `Foo_` and `Foo` |
//! | `service foo` beside `message Foo` | `Foo_` and `Foo`: messages and enums come before services |
//! | `message FooClient` beside `service Foo` | `FooClient`, and `FooClient_` for the client |
//! | `oneof type` beside a nested `enum Type` | field `type_`, its enum `Type_` |
//! | `rpc GetURL` and then `rpc GetUrl`; `rpc New` | `get_url` and `get_url_`; `new_` |
//! | `FooBar` and `Foo_Bar`, with something nested in both | the modules `foo_bar` and `foo_bar_` |
//! | `message Str`, with something nested in it | the module `str_`, not to hide the type `str` |
//! | field `special_fields` | `special_fields_` |
//! | `bytes body` and `bool clear_body` in a oneof | functions `body`, `clear_body`, and `clear_body_` to clear `body` |
//! | field `new` or `compute_size` in a oneof | functions `new_` and `compute_size_`, for messages have these |
//!
//! Within a file that depends on this file alone. Types of two files of a package that meet are
//! renamed in the module of the package. Bytes, JSON, text format, descriptors and the paths of calls
//! have the names of the file.
//!
//! # When something is wrong
//!
//! Cargo prints where and what, and nothing else:
//!
//! ```text
//! error: shop@0.1.0: proto/shop.proto:9:12: `Adress` is not defined
//! error: shop@0.1.0:     repeated Adress to = 3;
//! error: shop@0.1.0:              ^
//! error: shop@0.1.0:   help: define it, or import the file that defines it
//! error: build script logged errors
//! ```
//!
//! Besides what is wrong in protobuf, fields are refused that the `protobuf` crate cannot express:
//! groups and delimited fields, and in files of editions default values and required fields beside
//! fields of implicit presence.
//!
//! # Code that is checked in
//!
//! [`Config::generate`] returns the code. A test that compares it with a file, and a way to write
//! that file, keep a checked-in copy true; its users need no build script. rustfmt with its
//! defaults leaves the code of services as it is and skips that of messages.
//!
//! # Limits
//!
//! - A generated module depends on the exact version of `protobuf` that this crate names; take
//!   `protobuf` from `puregrpc`.
//! - Files of one package each have a function `file_descriptor`, and none of them can be named
//!   through the package's module: use `Message::descriptor().file_descriptor()`.
//! - A name in JSON that is also the name of another field of the message, or its name in JSON, is
//!   given up, as the `protobuf` crate cannot hold both: the field has its own name in JSON.
//! - The features of editions that C++, Java and Go define say nothing about the code.

#![expect(clippy::needless_doctest_main, reason = "a build script is shown whole")]

mod check;
mod client;
mod comments;
mod config;
mod descriptors;
mod docs;
mod fault;
mod layout;
mod marks;
mod messages;
mod names;
mod outline;
mod output;
mod package;
mod reexports;
mod rust_type;
mod scope;
mod scratch;
mod service;
mod shapes;
mod source;
mod table;

use std::path::Path;

pub use config::Config;
pub use fault::Error;

/// Compiles a `.proto` file, or all that are below a folder, from a build script.
///
/// It is [`Config::new`] with this [`input`](Config::input), [compiled](Config::compile): the
/// output is included by `puregrpc::include_protos!()`, and a fault fails the build.
///
/// ```no_run
/// // build.rs
/// fn main() {
///     puregrpc_build::compile("proto/hello.proto");
/// }
/// ```
pub fn compile(path: impl AsRef<Path>) {
    Config::new().input(path).compile();
}

/// The examples of the README, which are compiled as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
