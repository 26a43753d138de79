//! See `puregrpc_support::fuzz_server`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| puregrpc_support::fuzz_server(data));
