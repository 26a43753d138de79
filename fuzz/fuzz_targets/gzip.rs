//! See `puregrpc::fuzzing::gzip`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| puregrpc::fuzzing::gzip(data));
