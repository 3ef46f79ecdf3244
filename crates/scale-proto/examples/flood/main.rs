//! Pours 64 MiB of random bytes, and of bytes that begin a frame, through every protocol.
//!
//! ```text
//! cargo run --release -p scale-proto --example flood
//! ```
//!
//! A line per flood: how fast, how much slower the second half was than the first (so that work which
//! grows with what came before is seen, on any machine), and whether the next good answer was found.
//! It fails when one is not, or when the second half took more than three times as long.

mod pour;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use pour::{FLOODS, Random, good, pour, recovers};
use scale_proto::protocol::by_name;

const MIB: usize = 1 << 20;
const FLOOD: usize = 64 * MIB;
/// As a port gives them, at most.
const PIECE: usize = 4096;
const MOST_GROWTH: f64 = 3.0;

fn main() -> ExitCode {
    let random = Random(0x9E37_79B9_7F4A_7C15).bytes(FLOOD);
    let mut good_ones = 0;
    for (name, start, frame) in FLOODS {
        let starts = start.repeat(FLOOD / start.len());
        for (kind, flood) in [("random", &random), ("starts", &starts)] {
            good_ones += usize::from(run(name, kind, flood, &good(name, frame)));
        }
    }
    if good_ones == 2 * FLOODS.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(name: &str, kind: &str, flood: &[u8], good: &[u8]) -> bool {
    let Some(mut protocol) = by_name(name) else { return false };
    protocol.ask();
    let mut eighths = Vec::new();
    for eighth in flood.chunks_exact(flood.len() / 8) {
        let began = Instant::now();
        for piece in eighth.chunks(PIECE) {
            pour(protocol.as_mut(), piece);
        }
        eighths.push(began.elapsed());
    }
    let all: Duration = eighths.iter().sum();
    // The fastest eighth of a half: that something else ran meanwhile is not our growth.
    let (before, after) = eighths.split_at(eighths.len() / 2);
    let fastest = |half: &[Duration]| half.iter().min().map_or(f64::MAX, Duration::as_secs_f64);
    let growth = fastest(after) / fastest(before);
    let found = recovers(protocol.as_mut(), good);
    let fine = found && growth <= MOST_GROWTH;
    println!(
        "flood of {kind}, {name:<18} {:>6.0} MiB/s, second half x{growth:.2} (limit \
         x{MOST_GROWTH}), next answer {}  {}",
        64.0 / all.as_secs_f64(),
        if found { "found" } else { "lost" },
        if fine { "ok" } else { "FAILED" },
    );
    fine
}
