//! gRPC's interoperability test client.
//!
//! ```sh
//! interop_client --server_host localhost --server_port 10000 --test_case empty_unary,large_unary
//! interop_client --server_port 10000 --test_case all [--use_tls true --ca_file PEM --server_host_override NAME]
//! ```

use std::process::ExitCode;

use puregrpc_interop::cases::{CASES, OPTIONS, Peer};
use puregrpc_interop::{Failure, Options};

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let options = Options::of_process(&[&OPTIONS[..], &["test_case"]].concat())?;
    let wanted = match options.get("test_case").ok_or("--test_case is missing: names with commas, or all")? {
        "all" => CASES.iter().map(|case| (*case).to_owned()).collect(),
        names => names.split(',').map(str::to_owned).collect::<Vec<_>>(),
    };
    let peer = Peer::of(options).await?;
    let mut failed = 0;
    for case in &wanted {
        match peer.run(case).await {
            Ok(()) => println!("ok     {case}"),
            Err(error) => {
                failed += 1;
                println!("FAILED {case}\n      {error}");
            }
        }
    }
    println!("{} passed, {failed} failed", wanted.len() - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
