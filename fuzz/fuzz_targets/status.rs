//! See `puregrpc::fuzzing::status`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| puregrpc::fuzzing::status(data));
