//! The messages of `bench.Bench` behind their gRPC prefixes, and how messages are counted as they come.

/// A `HelloRequest` or `Chunk`: field 1 holds so many bytes.
pub(crate) fn bytes(size: usize) -> Vec<u8> {
    let mut message = Vec::new();
    put_text(&mut message, 1, size);
    framed(&message)
}

/// A `StreamReq`: so many replies of so many bytes.
pub(crate) fn stream_request(count: u64, size: usize) -> Vec<u8> {
    let mut message = Vec::new();
    put_number(&mut message, 1, count);
    put_text(&mut message, 2, size);
    framed(&message)
}

/// A request of `Work`: so many microseconds.
pub(crate) fn work(micros: u64) -> Vec<u8> {
    let mut message = Vec::new();
    put_number(&mut message, 1, micros);
    framed(&message)
}

/// Counts the messages in the DATA of a stream, wherever it is cut.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counter {
    /// What has come of the prefix.
    prefix: [u8; PREFIX],
    have: u8,
    /// What is still to come of the message behind it.
    left: u32,
}

impl Counter {
    /// How many messages `data` completes.
    pub(crate) fn push(&mut self, mut data: &[u8]) -> u64 {
        let mut messages = 0;
        while !data.is_empty() {
            let have = usize::from(self.have);
            if have < PREFIX {
                let (part, rest) = data.split_at(data.len().min(PREFIX - have));
                self.prefix[have..have + part.len()].copy_from_slice(part);
                self.have += part.len() as u8;
                data = rest;
                if usize::from(self.have) < PREFIX {
                    break;
                }
                let [_, a, b, c, d] = self.prefix;
                self.left = u32::from_be_bytes([a, b, c, d]);
            }
            let taken = data.len().min(self.left as usize);
            self.left -= taken as u32;
            data = &data[taken..];
            if self.left == 0 {
                messages += 1;
                self.have = 0;
            }
        }
        messages
    }
}

/// A message behind its prefix.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let mut framed = vec![0];
    framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
    framed.extend_from_slice(message);
    framed
}

fn put_number(output: &mut Vec<u8>, field: u8, value: u64) {
    if value != 0 {
        output.push(field << 3);
        put_varint(output, value);
    }
}

/// Letters, so that they may be a string too.
fn put_text(output: &mut Vec<u8>, field: u8, size: usize) {
    if size != 0 {
        output.push(field << 3 | 2);
        put_varint(output, size as u64);
        output.extend((b'a'..=b'z').cycle().take(size));
    }
}

fn put_varint(output: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        output.push(value as u8 | 0x80);
        value >>= 7;
    }
    output.push(value as u8);
}

const PREFIX: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_encoded_as_protobuf_says() {
        assert_eq!(bytes(3), b"\0\0\0\0\x05\x0a\x03abc");
        assert_eq!(bytes(0), b"\0\0\0\0\0");
        assert_eq!(bytes(200)[..8], *b"\0\0\0\0\xcb\x0a\xc8\x01");
        assert_eq!(stream_request(300, 1), b"\0\0\0\0\x06\x08\xac\x02\x12\x01a");
        assert_eq!(work(2000), b"\0\0\0\0\x03\x08\xd0\x0f");
    }

    #[test]
    fn messages_are_counted_however_they_are_cut() {
        let stream = [bytes(3), bytes(0), bytes(200), bytes(0)].concat();
        for cut in 0..=stream.len() {
            let (first, second) = stream.split_at(cut);
            let mut counter = Counter::default();
            assert_eq!(counter.push(first) + counter.push(second), 4, "cut at {cut}");
        }
        let mut counter = Counter::default();
        let messages: u64 = stream.chunks(1).map(|byte| counter.push(byte)).sum();
        assert_eq!(messages, 4);
    }
}
