//! Writes the binary format of Protocol Buffers.

/// Bytes in the binary format. A field is its tag, and then its value.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub(crate) fn fixed32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn fixed64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn tag(&mut self, number: i32, wire: Wire) {
        self.varint((number as u32 as u64) << 3 | wire as u64);
    }

    /// A field that is written as a varint; negative numbers take ten bytes.
    pub(crate) fn int(&mut self, number: i32, value: i64) {
        self.tag(number, Wire::Varint);
        self.varint(value as u64);
    }

    pub(crate) fn bool(&mut self, number: i32, value: bool) {
        self.int(number, i64::from(value));
    }

    pub(crate) fn bytes(&mut self, number: i32, value: &[u8]) {
        self.tag(number, Wire::Length);
        self.length_and(value);
    }

    /// Bytes behind their length.
    pub(crate) fn length_and(&mut self, value: &[u8]) {
        self.varint(value.len() as u64);
        self.0.extend(value);
    }

    pub(crate) fn text(&mut self, number: i32, value: &str) {
        self.bytes(number, value.as_bytes());
    }

    /// A field whose value is what `write` writes, behind its length.
    pub(crate) fn message(&mut self, number: i32, write: impl FnOnce(&mut Self)) {
        self.tag(number, Wire::Length);
        self.delimited(write);
    }

    /// What `write` writes, behind its length.
    pub(crate) fn delimited(&mut self, write: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        write(self);
        let end = self.0.len();
        self.varint((end - start) as u64);
        let length = self.0.len() - end;
        self.0[start..].rotate_right(length);
    }
}

/// How the value of a field is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    GroupStart = 3,
    GroupEnd = 4,
    Fixed32 = 5,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stands_behind_its_length() {
        let mut writer = Writer::default();
        writer.message(1, |inner| inner.bytes(2, &[7; 200]));
        let bytes = writer.into_bytes();
        assert_eq!(bytes[..6], [0x0A, 203, 1, 0x12, 200, 1]);
        assert_eq!(bytes.len(), 206);
    }

    #[test]
    fn negative_numbers_take_ten_bytes() {
        let mut writer = Writer::default();
        writer.int(1, -1);
        assert_eq!(writer.into_bytes(), [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    }
}
