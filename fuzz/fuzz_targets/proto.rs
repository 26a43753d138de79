//! Compiles any bytes as a `.proto` file.

#![no_main]

use std::collections::BTreeMap;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let files = BTreeMap::from([("t.proto".to_string(), data)]);
    if let Ok(compiled) = puregrpc_proto::Compiler::new(&files).source_info(true).compile(["t.proto"]) {
        for file in compiled.files() {
            let _ = file.to_proto();
        }
    }
});
