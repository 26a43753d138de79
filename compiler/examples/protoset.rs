//! Compiles `.proto` files to a descriptor set, as `protoc --descriptor_set_out` does.
//!
//! ```sh
//! cargo run -p puregrpc-proto --example protoset -- -I proto -o out.binpb hello.proto
//! ```
//!
//! The set has the files alone, and with `--include-imports` everything that they import as well. With
//! `--source-info`, it says where in the sources things stand. With `--each`, every file is compiled
//! by itself, and `-o` is a folder: the set of the first file is `0.binpb` there, or its
//! faults are `0.txt`, and so on. A file `@list` holds the names of files, one a line.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

use puregrpc_proto::{Compiled, Compiler, Files};

struct Folders(Vec<PathBuf>);

impl Files for Folders {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        for folder in &self.0 {
            match fs::read(folder.join(path)) {
                Ok(text) => return Ok(Some(text)),
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(None)
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut folders, mut files, mut out) = (Vec::new(), Vec::new(), None);
    let (mut source_info, mut imports, mut each) = (false, false, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match &argument[..] {
            "-I" => folders.extend(arguments.next().map(PathBuf::from)),
            "-o" => out = arguments.next().map(PathBuf::from),
            "--source-info" => source_info = true,
            "--include-imports" => imports = true,
            "--each" => each = true,
            _ => match argument.strip_prefix('@') {
                Some(list) => files.extend(fs::read_to_string(list)?.lines().map(str::to_string)),
                None => files.push(argument),
            },
        }
    }
    let folders = Folders(folders);
    let compiler = Compiler::new(&folders).source_info(source_info);
    let out = out.ok_or("say where to write: -o PATH")?;
    if !each {
        return Ok(match compiler.compile(&files) {
            Ok(compiled) => {
                compiled.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
                fs::write(out, set(&compiled, imports))?;
                ExitCode::SUCCESS
            }
            Err(faults) => {
                eprintln!("{faults}");
                ExitCode::FAILURE
            }
        });
    }
    for (index, file) in files.iter().enumerate() {
        match compiler.compile([file]) {
            Ok(compiled) => fs::write(out.join(format!("{index}.binpb")), set(&compiled, imports))?,
            Err(faults) => fs::write(out.join(format!("{index}.txt")), faults.to_string())?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn set(compiled: &Compiled, imports: bool) -> Vec<u8> {
    compiled.descriptor_set(|file| imports || file.is_asked_for())
}
