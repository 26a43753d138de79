//! TLS: who is let in, who is not, and what they are told.

mod calls;
mod certificates;
mod door;
mod files;
mod handshake;
mod identity;
mod kinds;
mod mistaken;
mod own_authority;
mod reload;
#[cfg(feature = "tls-webpki-roots")]
mod roots;
mod sessions;
mod set_up;
