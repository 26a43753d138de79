//! Editions of the language; proto2 and proto3 count as the oldest two.

use std::fmt::{self, Display, Formatter};

/// An edition, by its number in `google.protobuf.Edition`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edition(pub(crate) i32);

impl Edition {
    pub(crate) const PROTO2: Self = Self(998);
    pub(crate) const PROTO3: Self = Self(999);
    pub(crate) const E2023: Self = Self(1000);
    pub(crate) const E2024: Self = Self(1001);

    /// The edition of `edition = "name";`, if it is one that files can be written in.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"2023" => Some(Self::E2023),
            b"2024" => Some(Self::E2024),
            _ => None,
        }
    }

    /// Whether the file says `syntax` or nothing, rather than `edition`.
    pub(crate) fn is_legacy(self) -> bool {
        self < Self::E2023
    }
}

impl Display for Edition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::PROTO2 => f.write_str("proto2"),
            Self::PROTO3 => f.write_str("proto3"),
            Self(number) => write!(f, "{}", number + 1023),
        }
    }
}
