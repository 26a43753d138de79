//! Compiles `.proto` files.
