//! Whatever comes, what waits is bounded, and the next good answer is found.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../examples/flood/pour.rs"]
mod pour;

use pour::{FLOODS, Random, good, pour, recovers};
use scale_proto::protocol::{NAMES, by_name};

#[test]
fn a_flood_is_bounded_and_the_next_good_answer_is_found() {
    assert_eq!(FLOODS.map(|(name, _, _)| name), NAMES);
    for (name, start, frame) in FLOODS {
        let good = good(name, frame);
        let random = Random(0x9E37_79B9_7F4A_7C15).bytes(1 << 20);
        for (kind, flood) in [("random", random), ("start", start.repeat((1 << 20) / start.len()))]
        {
            for piece in [256, 70_000, flood.len()] {
                let mut protocol = by_name(name).unwrap();
                protocol.ask();
                for piece in flood.chunks(piece) {
                    pour(protocol.as_mut(), piece);
                }
                assert!(recovers(protocol.as_mut(), &good), "{name}, {kind}, {piece}");
            }
        }
    }
}
