//! Metadata as the conformance suite writes it: as on the wire, binary values in base64.

use puregrpc::{Metadata, Status};

use crate::conformance::connectrpc::conformance::v1::Header;

/// Adds what the headers name to metadata.
///
/// # Errors
///
/// INVALID_ARGUMENT for what cannot be metadata.
pub fn add(headers: &[Header], metadata: &mut Metadata) -> Result<(), Status> {
    for header in headers {
        for value in &header.value {
            let added = metadata.append_raw(&header.name.to_ascii_lowercase(), value);
            added.map_err(|error| Status::invalid_argument(error.to_string()))?;
        }
    }
    Ok(())
}

/// The metadata as headers.
pub fn of(metadata: &Metadata) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for (name, value) in metadata.iter() {
        let value = String::from_utf8_lossy(value).into_owned();
        match headers.iter_mut().find(|header| header.name == name) {
            Some(header) => header.value.push(value),
            None => headers.push(Header { name: name.to_owned(), value: vec![value], ..Default::default() }),
        }
    }
    headers
}
