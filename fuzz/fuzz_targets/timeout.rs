//! See `puregrpc::fuzzing::timeout`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| puregrpc::fuzzing::timeout(data));
