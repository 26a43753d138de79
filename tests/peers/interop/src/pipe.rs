//! Messages behind their length in four bytes, as the conformance runner says and hears them.

use std::io::{self, Read, Write};

use puregrpc::protobuf::Message;

use crate::Failure;

/// Reads the next message; `None` at the end.
///
/// # Errors
///
/// If the input cannot be read, or ends within a message.
pub fn read<M: Message>(input: &mut impl Read) -> Result<Option<M>, Failure> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let mut bytes = vec![0; usize::try_from(u32::from_be_bytes(length))?];
    input.read_exact(&mut bytes)?;
    Ok(Some(M::parse_from_bytes(&bytes)?))
}

/// Writes a message to standard output.
///
/// # Errors
///
/// If the output cannot be written.
pub fn write(message: &impl Message) -> Result<(), Failure> {
    let bytes = message.write_to_bytes()?;
    let mut output = io::stdout().lock();
    output.write_all(&u32::try_from(bytes.len())?.to_be_bytes())?;
    output.write_all(&bytes)?;
    output.flush()?;
    Ok(())
}
