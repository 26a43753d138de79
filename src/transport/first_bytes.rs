//! What a connection begins with.

use std::borrow::Cow;

/// The first bytes that the peer sent. They show which protocol it speaks, so
/// that an error can name a port that was mistaken for another.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FirstBytes {
    bytes: [u8; 16],
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

    fn seen(&self) -> &[u8] {
        &self.bytes[..usize::from(self.have)]
    }

    /// A TLS record: the beginning of a handshake, or an alert.
    pub(crate) fn are_tls(self) -> bool {
        matches!(self.bytes, [0x15 | 0x16, 3, ..])
    }

    /// What a client of HTTP/2 begins with.
    pub(crate) fn are_preface(self) -> bool {
        self.bytes.starts_with(b"PRI")
    }

    /// What a client says to a server without TLS.
    pub(crate) fn are_request(self) -> Option<&'static str> {
        match &self.bytes[..3] {
            b"PRI" => Some("HTTP/2"),
            b"GET" | b"POS" | b"PUT" | b"HEA" | b"OPT" | b"DEL" | b"CON" => Some("HTTP/1"),
            _ => None,
        }
    }

    /// What a server says to a client without TLS: HTTP/1, or the length of the
    /// frame that HTTP/2 begins with, which is no type of a TLS record.
    #[cfg(feature = "tls")]
    pub(crate) fn are_answer(self) -> bool {
        matches!(self.seen(), [b'H', b'T', b'T', ..] | [0, 0, _, ..])
    }

    /// Why a server cannot be speaking HTTP/2. `None` if it may be: its first frame
    /// is SETTINGS, whose length begins with a zero.
    pub(crate) fn are_foreign(self) -> Option<Cow<'static, str>> {
        match self.seen() {
            [] | [0, ..] => None,
            _ if self.are_tls() => Some("the server speaks TLS: use https://".into()),
            [b'H', b'T', b'T', b'P', ..] => Some("the server speaks HTTP/1, and gRPC needs HTTP/2".into()),
            [b'S', b'S', b'H', b'-', ..] => Some("the server speaks SSH, not HTTP/2".into()),
            seen => {
                let text = String::from_utf8_lossy(seen);
                Some(format!("the server does not speak HTTP/2: its answer begins with {text:?}").into())
            }
        }
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

    #[test]
    fn a_server_that_does_not_speak_http_2_is_told_by_its_protocol() {
        let told = |bytes: &[u8]| of(&[bytes]).are_foreign().map_or_else(String::new, Cow::into_owned);
        assert!(told(b"HTTP/1.1 400 Bad Request").contains("HTTP/1"));
        assert!(told(b"SSH-2.0-OpenSSH_9.6").contains("SSH"));
        assert!(told(&[0x15, 3, 1, 0, 2]).contains("https://"));
        assert!(told(b"220 mail.example.org").ends_with("begins with \"220 mail.example\""));
        assert_eq!((told(b""), told(&[0, 0, 18, 4])), (String::new(), String::new()));
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
