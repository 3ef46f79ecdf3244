//! What a simulated scale is, and what it shows at a moment.

use std::time::Duration;

use crate::protocol::cas_ecr::Convention;
use crate::protocol::pos2;

/// The state of a simulated scale. What its protocol cannot say, it does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// What lies on it, in grams: net when it is tared.
    pub weight_grams: i32,
    /// The tare in grams; 0 for none.
    pub tare_grams: i32,
    /// The pan is at rest.
    pub stable: bool,
    /// How the weight changes by itself.
    pub motion: Motion,
    /// The load is above Max.
    pub overload: bool,
    /// The load is below zero, as without the platter.
    pub underload: bool,
    /// Another error: its code where the protocol has codes, else any.
    pub fault: Option<u8>,
    /// 0 to 4: a count is 100 mg, 1 g, 10 g, 100 g, 1 kg. Of the MASSA-K protocols and
    /// `toledo-continuous`; the others count in grams.
    pub division_code: u8,
    /// Of `massa-k-100`: the weight is told with its tare.
    pub tells_tare: bool,
    /// Of `massa-k-100`: a terminal of series "R", which knows GET_WEIGHT and not GET_MASSA.
    pub series_r: bool,
    /// Of `massa-k-2`: it leaves "J" unanswered.
    pub only_grams: bool,
    /// The scale's number.
    pub id: i32,
    /// The scale's name, ASCII.
    pub name: String,
    /// Of `massa-k-100`: the eight texts of its limits.
    pub parameters: [String; 8],
    /// Of `pos2`: its password.
    pub password: [u8; 4],
    /// Of `pos2`: a count is 10^power kg.
    pub power: i8,
    /// Of `pos2`: whose meaning the bits have.
    pub variant: pos2::Variant,
    /// Of `pos2`: it tells the bits of its state; the simpler MERTECH firmware does not.
    pub tells_state: bool,
    /// Of `cas-ecr`: how it computes the check.
    pub convention: Convention,
    /// Of `toledo-continuous`: it sends a check byte.
    pub checks: bool,
}

impl Default for State {
    /// An empty scale at rest with a division of 1 g.
    fn default() -> Self {
        Self {
            weight_grams: 0,
            tare_grams: 0,
            stable: true,
            motion: Motion::Still,
            overload: false,
            underload: false,
            fault: None,
            division_code: 1,
            tells_tare: true,
            series_r: false,
            only_grams: false,
            id: 1,
            name: "simulated scale".to_owned(),
            parameters: [
                "Max=15 kg",
                "Min=40 g",
                "e=5 g",
                "T=-6 kg",
                "Fix=0",
                "Code=0",
                "U 1.0",
                "0",
            ]
            .map(str::to_owned),
            password: pos2::PASSWORD,
            power: -3,
            variant: pos2::Variant::ShtrihM,
            tells_state: true,
            convention: Convention::Data,
            checks: true,
        }
    }
}

/// How the weight changes by itself, as time goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Motion {
    /// Not at all.
    #[default]
    Still,
    /// Every four seconds the load is put down anew: for 1.5 s it swings and is not stable.
    Settling,
    /// It grows by so many grams a minute and stays stable, like a zero that wanders.
    Drifting(i32),
    /// Goods come and go every four seconds, and so many grams are left on the pan.
    ItemLeft(i32),
}

/// What the scale shows at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// In grams, net.
    pub grams: i32,
    /// At rest.
    pub stable: bool,
}

/// How a simulated scale misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// Not at all.
    #[default]
    None,
    /// It takes everything and says nothing.
    Silent,
    /// Everything comes so much later.
    Delay(Duration),
    /// It answers with bytes that are no frame, and sends such bytes by itself five times a second.
    Garbage,
    /// The checksum of every frame is wrong; where the protocol has none, another byte that always
    /// has the same value.
    WrongChecksum,
    /// Noise stands before every frame.
    NoiseBefore,
    /// Every byte comes by itself.
    Split,
    /// It drops the line when it ought to say something.
    HangUp,
}

const PERIOD: u128 = 4000;
const SWINGS: u128 = 1500;

impl State {
    /// What it shows at a moment.
    #[must_use]
    pub fn shown(&self, now: Duration) -> Shown {
        let still = Shown { grams: self.weight_grams, stable: self.stable };
        let milliseconds = now.as_millis();
        let phase = milliseconds % PERIOD;
        let with = |more: i32| Shown { grams: still.grams.saturating_add(more), ..still };
        match self.motion {
            Motion::Still => still,
            Motion::Settling if phase >= SWINGS => still,
            Motion::Settling => {
                let left = i32::try_from(SWINGS - phase).unwrap_or(0);
                let swing = still.grams.abs().max(40) / 4 * (left / 100) / 15;
                let up = (phase / 100) % 2 == 0;
                Shown { stable: false, ..with(if up { swing } else { -swing }) }
            }
            Motion::Drifting(grams) => {
                let minute = 60_000;
                let more = i128::from(grams) * i128::try_from(milliseconds).unwrap_or(0) / minute;
                with(i32::try_from(more).unwrap_or(0))
            }
            Motion::ItemLeft(left) if milliseconds / PERIOD % 2 == 0 => with(left),
            Motion::ItemLeft(left) => Shown { grams: left, ..still },
        }
    }

    /// Makes the present load the zero.
    pub(super) fn zero(&mut self) {
        self.weight_grams = 0;
    }

    /// Takes off a tare; without one the present load. `false` when it cannot.
    pub(super) fn tare(&mut self, tare: Option<i32>) -> bool {
        let gross = self.weight_grams.saturating_add(self.tare_grams);
        let tare = tare.unwrap_or(gross);
        if tare < 0 {
            return false;
        }
        self.tare_grams = tare;
        self.weight_grams = gross.saturating_sub(tare);
        true
    }

    /// At zero, and at rest.
    pub(super) fn at_zero(&self, shown: Shown) -> bool {
        shown.grams == 0 && shown.stable
    }
}
