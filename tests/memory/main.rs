//! What takes memory, and how much, counted by the allocator.

mod idle;
mod messages;
mod service;
mod spent;
mod unasked;
#[path = "../../examples/bench/service.rs"]
mod yardstick;

use std::alloc::System;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cap::Cap;

mod proto {
    puregrpc::include_protos!("bench");
}

#[global_allocator]
static ALLOCATED: Cap<System> = Cap::new(System, usize::MAX);

/// One test at a time, since they all count the same.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a test alone, on one thread: whatever is allocated is allocated by it.
fn counted(test: impl Future<Output = ()>) {
    let _alone = alone();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}
