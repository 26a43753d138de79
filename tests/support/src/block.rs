//! A block of headers: HPACK (RFC 7541) as far as the tests need it.

use bytes::{BufMut, BytesMut};

/// A decoded block of headers, in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block(Vec<(String, Vec<u8>)>);

impl Block {
    /// The first value of `name` as text.
    ///
    /// # Panics
    /// When the value is not UTF-8.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).map(|value| std::str::from_utf8(value).expect("the value is text"))
    }

    /// The first value of `name`.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        self.all(name).first().copied()
    }

    /// All values of `name`, in order.
    pub fn all(&self, name: &str) -> Vec<&[u8]> {
        self.0.iter().filter(|field| field.0 == name).map(|field| field.1.as_slice()).collect()
    }

    /// All names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|field| field.0.as_str()).collect()
    }

    /// Decodes a whole block; the table of `decoder` goes on from block to block.
    pub(crate) fn decode(decoder: &mut httlib_hpack::Decoder<'_>, block: &[u8]) -> Self {
        Self::try_decode(decoder, block).expect("the peer sends valid HPACK")
    }

    /// As `decode`; tells what is wrong with a block that cannot be read.
    pub(crate) fn try_decode(decoder: &mut httlib_hpack::Decoder<'_>, block: &[u8]) -> Result<Self, String> {
        let mut fields = Vec::new();
        decoder.decode(&mut block.to_vec(), &mut fields).map_err(|error| format!("no HPACK: {error:?}"))?;
        let text = |name| String::from_utf8(name).map_err(|error| format!("a name that is not ASCII: {error}"));
        let fields = fields.into_iter().map(|(name, value, _)| Ok((text(name)?, value)));
        fields.collect::<Result<_, String>>().map(Self)
    }
}

/// Encodes fields as literals without indexing and without Huffman (RFC 7541, 6.2.2).
pub fn encode<N: AsRef<[u8]>, V: AsRef<[u8]>>(fields: &[(N, V)]) -> BytesMut {
    let mut block = BytesMut::new();
    for (name, value) in fields {
        block.put_u8(0);
        put_string(&mut block, name.as_ref());
        put_string(&mut block, value.as_ref());
    }
    block
}

fn put_string(block: &mut BytesMut, text: &[u8]) {
    const FULL: usize = 127;
    if text.len() < FULL {
        block.put_u8(text.len() as u8);
    } else {
        block.put_u8(FULL as u8);
        let mut rest = text.len() - FULL;
        while rest >= 128 {
            block.put_u8((rest % 128) as u8 | 128);
            rest /= 128;
        }
        block.put_u8(rest as u8);
    }
    block.put_slice(text);
}
