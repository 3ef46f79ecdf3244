//! What must never make an answer wrong: kills and disks (`memory`, `disk`, `damaged`), ports and
//! devices (`ports`), ends under load (`ends`), and all of it at once (`mixed`), with the real binary.
//!
//! `cargo test` runs a few of each, `cargo xtask soak` the amounts that the project promises.

mod damaged;
mod disk;
mod ends;
mod line;
mod memory;
mod mixed;
mod ports;
mod till;

/// A few for every change, all of them for `cargo xtask soak`, which sets this.
fn amount(few: u64, all: u64) -> u64 {
    if soaks() { all } else { few }
}

fn soaks() -> bool {
    std::env::var_os("TILL_SOAK").is_some()
}

/// SplitMix64: the same faults for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}
