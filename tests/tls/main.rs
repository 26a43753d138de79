//! TLS: who is let in, who is not, and what they are told.

mod calls;
mod set_up;
