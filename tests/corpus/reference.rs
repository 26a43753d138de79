//! What a body holds, read apart from the library: slowly, and with nothing to spare.

use crate::scenario::{Handler, Kind};
use bytes::Bytes;
use puregrpc::Code;

/// What the messages of a body are, up to the first that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// The values; `None` where a message has more than its value, or where readers may differ on it.
    pub(crate) notes: Vec<Option<Bytes>>,
    /// How what cannot be read is answered, any of these.
    pub(crate) fault: Option<Vec<Code>>,
    /// Whether a message is among them that readers may take or refuse.
    pub(crate) odd: bool,
    /// Whether the fault is that the end is missing.
    pub(crate) cut: bool,
}

impl Body {
    /// Reads the body of a stream that has ended, and whose headers name no encoding.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        Self::read_with(bytes, false)
    }

    /// As `read`; messages may be compressed if `compressed`, which can be told of none that it is sound.
    pub(crate) fn read_with(mut bytes: &[u8], compressed: bool) -> Self {
        let mut body = Self { notes: Vec::new(), fault: None, odd: false, cut: false };
        while let Some((&[flag, a, b, c, d], rest)) = bytes.split_first_chunk() {
            let length = u32::from_be_bytes([a, b, c, d]) as usize;
            let mut fault = Vec::new();
            let is_compressed = flag == 1 && compressed;
            fault.extend((flag != 0 && !is_compressed).then_some(Code::Internal));
            fault.extend((length > LIMIT).then_some(Code::ResourceExhausted));
            if !fault.is_empty() {
                body.fault = Some(fault);
                return body;
            }
            let Some((payload, rest)) = rest.split_at_checked(length) else { break };
            match if is_compressed { Read::Odd } else { value(payload) } {
                Read::Bad => {
                    body.fault = Some(vec![Code::Internal]);
                    return body;
                }
                Read::Value(value) => body.notes.push(Some(value)),
                Read::More => body.notes.push(None),
                Read::Odd => {
                    body.notes.push(None);
                    body.odd = true;
                }
            }
            bytes = rest;
        }
        body.cut = !bytes.is_empty();
        if body.cut {
            body.fault = Some(vec![Code::Internal]);
        }
        body
    }

    /// How a server may answer a request with this body.
    pub(crate) fn answers(&self, kind: Kind, handler: Handler) -> Vec<Code> {
        let sound = handler.code();
        let mut codes = self.codes(kind.takes_one(), sound);
        if handler == Handler::Refuse && !kind.takes_one() {
            // It ends the call before it comes to the fault.
            codes.push(sound);
        }
        codes
    }

    /// How a call may end on the client, with this body of an answer and a status of `sound` behind it.
    pub(crate) fn results(&self, kind: Kind, sound: Code) -> Vec<Code> {
        if sound == Code::Ok {
            return self.codes(kind.gives_one(), sound);
        }
        match self.fault {
            // An error needs no message.
            None if self.notes.len() < 2 && !self.odd => vec![sound],
            _ => [self.codes(kind.gives_one(), sound), vec![sound]].concat(),
        }
    }

    /// The values of all messages, if they can be told.
    pub(crate) fn values(&self) -> Option<Vec<Bytes>> {
        self.notes.iter().cloned().collect()
    }

    fn codes(&self, one: bool, sound: Code) -> Vec<Code> {
        let mut codes = match &self.fault {
            _ if one && self.notes.len() > 1 => vec![Code::Unimplemented],
            Some(fault) => fault.clone(),
            None if one && self.notes.is_empty() => vec![Code::Unimplemented],
            None => vec![sound],
        };
        if self.odd {
            codes.push(Code::Internal);
        }
        codes
    }

    /// What an echo of these notes holds, if it can be told.
    pub(crate) fn echo(&self, kind: Kind) -> Option<Vec<Bytes>> {
        let notes = self.values()?;
        Some(match kind {
            Kind::Unary | Kind::Bidi => notes,
            Kind::ServerStream => notes.iter().flat_map(|note| [note.clone(), note.clone(), note.clone()]).collect(),
            Kind::ClientStream => vec![notes.concat().into()],
        })
    }
}

/// The largest message that both sides take by default.
const LIMIT: usize = 4 * 1024 * 1024;

enum Read {
    Value(Bytes),
    /// Sound, with fields that a note does not have.
    More,
    /// Sound to some readers.
    Odd,
    Bad,
}

/// Reads a note: `bytes value = 1`, the last one holds.
fn value(mut bytes: &[u8]) -> Read {
    let (mut value, mut more, mut odd) = (Bytes::new(), false, false);
    while !bytes.is_empty() {
        let read = match varint(&mut bytes, &mut odd) {
            Some(0x0a) => field(&mut bytes, &mut odd).map(|field| value = Bytes::copy_from_slice(field)),
            Some(tag) => {
                more = true;
                skip(&mut bytes, tag, &mut odd)
            }
            None => None,
        };
        match read {
            Some(()) => {}
            // Who has read what is odd in another way may find all well behind it.
            None if odd => return Read::Odd,
            None => return Read::Bad,
        }
    }
    match (odd, more) {
        (true, _) => Read::Odd,
        (false, true) => Read::More,
        (false, false) => Read::Value(value),
    }
}

fn skip(bytes: &mut &[u8], tag: u64, odd: &mut bool) -> Option<()> {
    // Field numbers have 29 bits.
    *odd |= tag >> 32 != 0;
    if tag >> 3 == 0 {
        return None;
    }
    // A known field in another wire type is unknown to most readers.
    *odd |= tag >> 3 == 1;
    match tag & 7 {
        0 => varint(bytes, odd).map(drop),
        1 => take(bytes, 8).map(drop),
        2 => field(bytes, odd).map(drop),
        3 => {
            // Groups are gone from the language but not from the wire.
            *odd = true;
            loop {
                let inner = varint(bytes, odd)?;
                if inner & 7 == 4 {
                    return Some(());
                }
                skip(bytes, inner, odd)?;
            }
        }
        5 => take(bytes, 4).map(drop),
        // The end of a group that has not begun, and types that do not exist.
        _ => None,
    }
}

fn field<'a>(bytes: &mut &'a [u8], odd: &mut bool) -> Option<&'a [u8]> {
    let length = varint(bytes, odd)?;
    take(bytes, usize::try_from(length).ok()?)
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

/// A number in base 128; one longer than it needs to be, or than it may be, is odd.
fn varint(bytes: &mut &[u8], odd: &mut bool) -> Option<u64> {
    let mut number = 0u64;
    for place in 0.. {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 127).checked_shl(7 * place).unwrap_or(0);
        *odd |= place >= 9 || (place >= 4 && byte > 0x0f);
        if byte < 128 {
            break;
        }
    }
    Some(number)
}
