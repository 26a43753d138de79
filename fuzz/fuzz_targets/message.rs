//! See `puregrpc::fuzzing::message`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| puregrpc::fuzzing::message(data));
