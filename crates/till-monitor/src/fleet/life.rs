//! The life of a simulated till.

use jiff::Timestamp;

/// Random numbers that are the same for the same seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Once in so many times.
    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}

/// What is going on at a till.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) started: Timestamp,
    /// 0 none, 1 near its end, 2 enough.
    pub(super) paper: u8,
    pub(super) cover_open: bool,
    pub(super) kkt_silent: bool,
    pub(super) unsent: u32,
    pub(super) first_unsent: Option<Timestamp>,
    pub(super) vision: bool,
    pub(super) opened: Option<Timestamp>,
    pub(super) activity: Option<Timestamp>,
    pub(super) closed: Option<Timestamp>,
    pub(super) role: Option<String>,
    pub(super) grams: i64,
    /// When the present trouble began.
    pub(super) since: Timestamp,
}

impl Life {
    pub(super) fn new(random: &mut Random, lively: bool) -> Self {
        let now = Timestamp::now();
        let mut life = Self {
            started: now,
            paper: 2,
            cover_open: false,
            kkt_silent: false,
            unsent: 0,
            first_unsent: None,
            vision: true,
            opened: None,
            activity: None,
            closed: Some(now - std::time::Duration::from_secs(random.below(600))),
            role: Some(if random.once_in(5) { "3" } else { "12" }.to_owned()),
            grams: 0,
            since: now,
        };
        if lively {
            // A fleet has its troubles from the first moment on.
            for _ in 0..40 {
                life.pass(random);
            }
        }
        life
    }

    /// A second passes.
    pub(super) fn pass(&mut self, random: &mut Random) {
        let now = Timestamp::now();
        match self.opened {
            None if random.once_in(20) => {
                (self.opened, self.activity) = (Some(now), Some(now));
            }
            Some(_) if random.once_in(15) => {
                (self.opened, self.activity, self.closed) = (None, None, Some(now));
                self.unsent += 1;
                self.first_unsent = self.first_unsent.or(Some(now));
            }
            Some(_) if random.once_in(3) => self.activity = Some(now),
            _ => {}
        }
        self.grams = match self.opened {
            None if random.once_in(6) => i64::try_from(random.below(3000)).unwrap_or_default(),
            None => self.grams,
            Some(_) => 0,
        };
        if random.once_in(8) {
            (self.unsent, self.first_unsent) = (0, None);
        }
        let before = (self.paper, self.cover_open, self.vision, self.kkt_silent);
        self.paper = match self.paper {
            2 if random.once_in(900) => 1,
            1 if random.once_in(60) => 0,
            0 | 1 if random.once_in(45) => 2,
            same => same,
        };
        self.cover_open = if self.cover_open { !random.once_in(20) } else { random.once_in(2500) };
        self.vision = if self.vision { !random.once_in(1500) } else { random.once_in(40) };
        self.kkt_silent = if self.kkt_silent { !random.once_in(40) } else { random.once_in(3000) };
        if before != (self.paper, self.cover_open, self.vision, self.kkt_silent) {
            self.since = now;
        }
    }
}
