//! What a connection begins with.

/// The first three bytes that came: enough to tell apart what may be spoken on
/// a port, and to say so to who has mistaken one for another.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FirstBytes {
    bytes: [u8; 3],
    have: u8,
}

impl FirstBytes {
    /// Takes what has come next.
    #[inline]
    pub(crate) fn note(&mut self, bytes: &[u8]) {
        if usize::from(self.have) < self.bytes.len() {
            self.keep(bytes);
        }
    }

    #[cold]
    fn keep(&mut self, bytes: &[u8]) {
        for (place, byte) in self.bytes[usize::from(self.have)..].iter_mut().zip(bytes) {
            *place = *byte;
            self.have += 1;
        }
    }

    /// A TLS record: the beginning of a handshake, or an alert.
    pub(crate) fn are_tls(self) -> bool {
        matches!(self.bytes, [0x15 | 0x16, 3, _])
    }

    /// What a client says to a server without TLS.
    #[cfg(feature = "tls")]
    pub(crate) fn are_request(self) -> Option<&'static str> {
        match &self.bytes {
            b"PRI" => Some("HTTP/2"),
            b"GET" | b"POS" | b"PUT" | b"HEA" | b"OPT" | b"DEL" | b"CON" => Some("HTTP/1"),
            _ => None,
        }
    }

    /// What a server says to a client without TLS: HTTP/1, or the length of the
    /// frame that HTTP/2 begins with, which is no type of a TLS record.
    #[cfg(feature = "tls")]
    pub(crate) fn are_answer(self) -> bool {
        self.bytes.len() == usize::from(self.have) && matches!(&self.bytes, b"HTT" | [0, 0, _])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[&[u8]]) -> FirstBytes {
        let mut first = FirstBytes::default();
        parts.iter().for_each(|part| first.note(part));
        first
    }

    #[test]
    fn tls_is_known_however_its_bytes_are_split() {
        assert!(of(&[&[0x16, 3, 1, 2, 0]]).are_tls());
        assert!(of(&[&[0x15], &[], &[3], &[3, 9]]).are_tls());
        assert!(!of(&[b"PRI"]).are_tls() && !of(&[&[0, 0, 0x12]]).are_tls() && !of(&[]).are_tls());
    }

    #[cfg(feature = "tls")]
    #[test]
    fn what_is_said_without_tls_is_known() {
        assert_eq!(of(&[b"P", b"RI * HTTP/2.0"]).are_request(), Some("HTTP/2"));
        assert_eq!(of(&[b"POST /"]).are_request(), Some("HTTP/1"));
        assert_eq!(of(&[&[0x16, 3, 1]]).are_request(), None);
        assert!(of(&[&[0, 0, 0x1e, 4]]).are_answer() && of(&[b"HTTP/1.1 400"]).are_answer());
        assert!(!of(&[]).are_answer() && !of(&[&[0, 0]]).are_answer());
    }
}
