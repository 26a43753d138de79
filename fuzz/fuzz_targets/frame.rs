//! See `puregrpc::fuzzing::frame`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| puregrpc::fuzzing::frame(data));
