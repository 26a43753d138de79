//! Makes an authority and a server's certificate for `localhost`: `vs-certificates FOLDER`

use std::fs;
use std::path::Path;

use puregrpc_support::Ca;
use vs_common::Error;

fn main() -> Result<(), Error> {
    let folder = std::env::args().nth(1).ok_or("usage: vs-certificates FOLDER")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let authority = Ca::new("an authority for benchmarks");
    let server = authority.server(&["localhost"]);
    fs::write(folder.join("ca.pem"), &authority.pem)?;
    fs::write(folder.join("server.pem"), &server.pem)?;
    fs::write(folder.join("server.key"), &server.key)?;
    Ok(())
}
