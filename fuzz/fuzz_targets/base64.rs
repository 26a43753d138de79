//! See `puregrpc::fuzzing::base64`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| puregrpc::fuzzing::base64(data));
