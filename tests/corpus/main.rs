//! Bad input: whatever a hostile client says to a server, and a hostile server to a client.
//!
//! Every input is made of a seed and its number, and judged: its call ends, with a status that its bytes allow as
//! another reader reads them, and as before if what was altered means nothing; nothing panics, no task is left behind,
//! and a good call is answered after each. Time is paused, pipes are in memory. How many there are says
//! `PUREGRPC_CORPUS` (10,000 if nothing does; `all` cuts and alters the exchanges at every byte), which ones
//! `PUREGRPC_CORPUS_SEED`; an input that does harm is printed with the command that says it again.

mod altered;
mod anatomy;
mod client;
mod crafted;
mod dice;
mod fields;
mod odd;
mod odd_answers;
mod odd_requests;
mod places;
mod reading;
mod recording;
mod reference;
mod requests;
mod responses;
mod run;
mod scenario;
mod server;

use run::Family;

/// M11, M12: a server outlives requests that are cut off, and answers what was said to the end before.
#[test]
fn requests_cut_off_anywhere_harm_no_server() {
    Family { name: "cut-requests", share: 15 }.run::<requests::Cuts>();
}

/// M3, M10, M13: a server outlives altered requests; what is wrong with a message alone gives the status of its fault.
#[test]
fn requests_altered_anywhere_harm_no_server() {
    Family { name: "altered-requests", share: 20 }.run::<requests::Flips>();
}

/// C8, C15: a call whose answer is cut off never succeeds, and fails as the connection did.
#[test]
fn answers_cut_off_anywhere_harm_no_client() {
    Family { name: "cut-answers", share: 15 }.run::<responses::Cuts>();
}

/// C4, C8, M3, M13: a client outlives altered answers; what is wrong with a message alone gives the status of its fault.
#[test]
fn answers_altered_anywhere_harm_no_client() {
    Family { name: "altered-answers", share: 15 }.run::<responses::Flips>();
}

/// S7, S11, S12, S16, M3, M10, M13, M14: odd headers and odd messages are answered as their faults say.
#[test]
fn odd_requests_are_answered_as_their_faults_say() {
    Family { name: "odd-requests", share: 12 }.run::<odd_requests::Calls>();
}

/// A server outlives frames of any kind in any state, and answers no call but as it was made.
#[test]
fn odd_frames_harm_no_server() {
    Family { name: "odd-frames-to-servers", share: 8 }.run::<odd_requests::Frames>();
}

/// C1, C2, C4, C5, C6, M3, M10, M13, M15: odd headers, messages and trailers of an answer give the status of their faults.
#[test]
fn odd_answers_are_told_as_their_faults_say() {
    Family { name: "odd-answers", share: 8 }.run::<odd_answers::Answers>();
}

/// A client outlives frames of any kind in any state, and tells of no answer but as it was given.
#[test]
fn odd_frames_harm_no_client() {
    Family { name: "odd-frames-to-clients", share: 7 }.run::<odd_answers::Frames>();
}
