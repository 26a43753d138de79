//! The little that is read of DER here: certificates and keys, whose users read the rest.

/// The elements of a DER sequence, one after the other, as tag and content.
#[derive(Clone, Copy)]
pub(crate) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The content of the next element, if it has this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().and_then(|(found, content)| (found == tag).then_some(content))
    }

    /// The elements of the next element, if that is a sequence.
    pub(crate) fn sequence(&mut self) -> Option<Self> {
        self.expect(SEQUENCE).map(Self)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match usize::from(first) {
            short @ ..0x80 => (short, rest),
            long => {
                let (digits, rest) = rest.split_at_checked(long - 0x80)?;
                (
                    digits.iter().try_fold(0_usize, |sum, digit| sum.checked_mul(256)?.checked_add((*digit).into()))?,
                    rest,
                )
            }
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }
}

/// What is read of a certificate.
pub(crate) struct Certificate<'a> {
    pub(crate) is_self_issued: bool,
    key_usage: Option<&'a [u8]>,
    purposes: Option<&'a [u8]>,
    pub(crate) constrains_names: bool,
}

impl<'a> Certificate<'a> {
    pub(crate) fn read(der: &'a [u8]) -> Option<Self> {
        let mut body = Elements::new(der).sequence()?.sequence()?;
        let _version = body.expect(VERSION)?;
        let _serial_number = body.expect(INTEGER)?;
        let _algorithm = body.sequence()?;
        let issuer = body.expect(SEQUENCE)?;
        let _validity = body.sequence()?;
        let is_self_issued = body.expect(SEQUENCE)? == issuer;
        let _public_key = body.sequence()?;
        let mut this = Self { is_self_issued, key_usage: None, purposes: None, constrains_names: false };
        let Some(extensions) = body.expect(EXTENSIONS) else {
            return Some(this);
        };
        let mut extensions = Elements::new(extensions).sequence()?;
        while let Some(mut extension) = extensions.sequence() {
            let number = extension.expect(OBJECT)?;
            let value = extension.last()?.1;
            match number {
                KEY_USAGE => this.key_usage = Some(value),
                EXTENDED_KEY_USAGE => this.purposes = Some(value),
                NAME_CONSTRAINTS => this.constrains_names = true,
                _ => {}
            }
        }
        Some(this)
    }

    /// Whether its key may sign a handshake, which it may if no use is named.
    pub(crate) fn may_sign(&self) -> bool {
        self.key_usage.is_none_or(|usage| {
            // The first byte counts the bits that are not used, the highest bit of the second is `digitalSignature`.
            Elements::new(usage).expect(BITS).and_then(|bits| bits.get(1)).is_some_and(|byte| byte & 0x80 != 0)
        })
    }

    /// Whether it is meant for this purpose, which it is for any if none is named.
    pub(crate) fn is_for(&self, purpose: &[u8]) -> bool {
        self.purposes.is_none_or(|purposes| {
            Elements::new(purposes).sequence().is_some_and(|mut all| all.any(|(_, number)| number == purpose))
        })
    }
}

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BITS: u8 = 0x03;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const OBJECT: u8 = 0x06;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;

const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_end_at_what_is_cut_off_or_too_long() {
        let whole = [0x30, 3, 0x02, 1, 7, 0x04, 0x81, 1, 9];
        let read: Vec<_> = Elements::new(&whole).collect();
        assert_eq!(read, [(0x30, &[2, 1, 7][..]), (0x04, &[9][..])]);
        for length in 0..whole.len() {
            assert!(Elements::new(&whole[..length]).count() < 2, "{length}");
        }
        for bad in
            [&[0x30, 0x84, 1][..], &[0x30, 0x8a, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255], &[0x30, 0xff]]
        {
            assert_eq!(Elements::new(bad).count(), 0);
        }
        assert!(Certificate::read(&whole).is_none());
    }
}
