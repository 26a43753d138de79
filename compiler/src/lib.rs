//! Compiles `.proto` files to descriptors in pure Rust, byte for byte as protoc does.
//!
//! The whole language is there: proto2, proto3, and editions 2023 and 2024; groups and delimited
//! fields; extensions, their ranges and declarations; custom options with values in the text format
//! of Protocol Buffers; source information with comments. The well-known types, `descriptor.proto`,
//! the features of C++, Java and Go, and the protocol of plugins are built in.
//!
//! ```
//! use std::collections::BTreeMap;
//! use puregrpc_proto::Compiler;
//!
//! let text = "syntax = \"proto3\"; import \"google/protobuf/empty.proto\"; message Hello { string name = 1; }";
//! let files = BTreeMap::from([("hello.proto".to_string(), text)]);
//! let compiled = Compiler::new(&files).compile(["hello.proto"])?;
//! assert_eq!(compiled.files().count(), 2);
//! # Ok::<_, puregrpc_proto::Faults>(())
//! ```
//!
//! A file with faults gets all of them reported, each with its place, the line with a caret, and
//! what to do. After a fault the compiler goes on with the next statement.
//!
//! The compiler reads no files itself: [`Files`] gives it texts. No text makes it panic or recurse
//! without bound, and its time grows in proportion to its input.
//!
//! The README tells over which files the crate has been compared with protoc.
//!
//! # Layout
//!
//! A file passes through these modules in this order:
//!
//! | module | what it does |
//! |---|---|
//! | `loader` | reads a file and what it imports, imports first |
//! | `lexer` | cuts the text into tokens |
//! | `parser` | makes the syntax tree of them (`syntax`), and notes `location`s and `comments` |
//! | `schema` | holds all files of a run flat, with ids, and their names in a table of symbols |
//! | `link` | resolves the names of types |
//! | `options` | finds out what the names and values of options mean |
//! | `features` | resolves what editions say by features |
//! | `check` | reports what can be read but is not allowed |
//! | `encode` | writes the descriptors |

#![forbid(unsafe_code)]

mod build;
mod bundled;
mod check;
mod comments;
mod compiler;
mod edition;
mod encode;
mod fault;
mod features;
mod files;
mod json_name;
mod lexer;
mod link;
mod literal;
mod loader;
mod location;
mod options;
mod parser;
mod printed;
mod schema;
mod source;
mod syntax;
mod token;
mod writer;

pub use compiler::{Compiled, CompiledFile, Compiler};
pub use fault::{Fault, Faults};
pub use files::Files;
