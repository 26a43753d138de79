//! See `puregrpc::fuzzing::metadata`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| puregrpc::fuzzing::metadata(data));
