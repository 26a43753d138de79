//! Compiler.
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
