//! Client and server in one runtime whose time is not real, over links that an adversary owns.
//!
//! A seed decides everything: which calls are made, what their handlers do, and how the adversary delays, splits,
//! stalls, cuts, resets, refuses and restarts. Each call must end in one status, and no message may be lost, doubled
//! or moved; each run ends with nothing left over. `CONTRIBUTING.md` tells how to replay a seed.

mod adversary;
mod check;
mod client;
mod content;
mod link;
mod plan;
mod run;
mod seeds;
mod server;
mod service;
mod setup;
mod streams;
mod wire;
mod world;

use std::collections::BTreeMap;

/// R6, R11, C11, C12, C13, C16, M12: what a seed finds is printed with the command that replays it.
#[test]
fn every_call_ends_once_and_nothing_is_lost_whatever_the_network_does() {
    seeds::run_all();
}

/// Neither a clock nor chance that the seed does not know of has a say.
#[test]
fn a_seed_replays_bit_for_bit() {
    for seed in 0..seeds::REPLAYED {
        let (first, second) = (run::run(seed, true), run::run(seed, true));
        let differs = first.trace.iter().zip(&second.trace).position(|(first, second)| first != second);
        if let Some(line) = differs {
            let (first, second) = (&first.trace[line], &second.trace[line]);
            panic!("seed {seed}, line {line}: first {first:?}, then {second:?}");
        }
        assert_eq!(first.trace.len(), second.trace.len(), "seed {seed}");
    }
}

/// What is to be withstood does happen.
#[test]
fn the_adversary_uses_all_it_has() {
    let mut faults = BTreeMap::new();
    for seed in 0..seeds::REPLAYED {
        for (fault, count) in run::run(seed, false).faults {
            *faults.entry(fault).or_insert(0) += count;
        }
    }
    let missing: Vec<_> = adversary::FAULTS.iter().filter(|fault| !faults.contains_key(*fault)).collect();
    assert!(missing.is_empty(), "{missing:?} of {faults:?}");
}
