//! What all wire protocols of scales have in common, and their names.
//!
//! A protocol's module says three things: what is asked ([`Dialogue::ask`]), what an answer means
//! ([`Dialogue::hear`]) and how its frames are found again after noise
//! ([`Format`]). [`Conversation`] makes a [`Protocol`] of them. A scale that is asked and one that
//! streams by itself differ only in that the latter is asked nothing.

use std::collections::VecDeque;
use std::fmt::Debug;

use crate::deframer::{Deframer, Format};
use crate::error::{DecodeError, FrameError};
use crate::weight::{Fault, Unit, Weight};

pub mod cas_22;
pub mod cas_ecr;
pub mod massa_k_100;
pub mod massa_k_2;
pub mod mt_sics;
pub mod pos2;
mod text;
pub mod toledo_8217;
pub mod toledo_continuous;

/// A wire protocol: what is sent, and what the arriving bytes say. No port, no clock.
pub trait Protocol: Debug + Send {
    /// Its name in configurations and of its decoder.
    fn name(&self) -> &'static str;

    /// Begins to ask for a weight, and forgets what arrived before. What is to be sent comes from
    /// [`next_said`](Self::next_said); from a scale that streams by itself nothing.
    fn ask(&mut self);

    /// Takes bytes from the scale, in pieces of any size.
    fn push(&mut self, bytes: &[u8]);

    /// What the scale says next, or what is to be sent to it. `None`: more bytes are needed; `Err`:
    /// bytes were dropped, or a sound frame makes no sense; call again.
    fn next_said(&mut self) -> Option<Result<Said, SaidError>>;

    /// The line was quiet for a moment, some 50 ms: where frames have no end of their own, here it is.
    fn quiet(&mut self);

    /// The time for an answer is over: gives up an incomplete frame at the front, behind whose
    /// beginning there may be a whole one, or asks in another way. `false` when that is all.
    fn give_up(&mut self) -> bool;

    /// How many bytes wait to be understood; at most
    /// [`MAX_WAITING`](crate::deframer::MAX_WAITING).
    fn waiting(&self) -> usize;
}

/// What a scale says, or what is to be said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A weight.
    Weight(Weight),
    /// No weight, and why.
    Fault(Fault),
    /// The dialogue goes on with these bytes to the scale.
    Send(Vec<u8>),
    /// It knows none of the requests.
    Unsupported,
    /// Something that is no answer to the request for a weight.
    Other,
}

/// Why something a scale said cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SaidError {
    /// The bytes are no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The frame is sound, but what it says is not.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// What the module of a protocol says about it.
pub trait Dialogue: Debug + Send {
    /// How its frames are found.
    type Format: Format + Debug + Send;

    /// The protocol's name.
    fn name(&self) -> &'static str;

    /// Begins to ask: what to send, if anything.
    fn ask(&mut self, say: &mut VecDeque<Said>);

    /// What a frame says, and what to send on it.
    ///
    /// # Errors
    /// [`DecodeError`] when the frame makes no sense.
    fn hear(
        &mut self,
        frame: <Self::Format as Format>::Frame,
        say: &mut VecDeque<Said>,
    ) -> Result<(), DecodeError>;

    /// No answer came in time: another way to ask, if there is one. `heard`: something came since it
    /// was asked.
    fn silence(&mut self, heard: bool, say: &mut VecDeque<Said>) {
        let _ = (heard, say);
    }

    /// Tells the format what kind of answer is awaited, where frames do not say it themselves.
    fn tune(&self, format: &mut Self::Format) {
        let _ = format;
    }
}

/// A dialogue over a stream of bytes.
#[derive(Debug)]
pub struct Conversation<D: Dialogue> {
    dialogue: D,
    deframer: Deframer<D::Format>,
    say: VecDeque<Said>,
    quiet: bool,
    heard: bool,
}

impl<D: Dialogue> Conversation<D> {
    /// A conversation of which nothing was said yet.
    pub fn new(dialogue: D, format: D::Format) -> Self {
        let deframer = Deframer::of(format);
        Self { dialogue, deframer, say: VecDeque::new(), quiet: false, heard: false }
    }
}

impl<D: Dialogue> Protocol for Conversation<D> {
    fn name(&self) -> &'static str {
        self.dialogue.name()
    }

    fn ask(&mut self) {
        self.deframer.clear();
        self.say.clear();
        (self.quiet, self.heard) = (false, false);
        self.dialogue.ask(&mut self.say);
        self.dialogue.tune(self.deframer.format_mut());
    }

    fn push(&mut self, bytes: &[u8]) {
        self.quiet = false;
        self.heard |= !bytes.is_empty();
        self.deframer.push(bytes);
    }

    fn next_said(&mut self) -> Option<Result<Said, SaidError>> {
        loop {
            if let Some(said) = self.say.pop_front() {
                return Some(Ok(said));
            }
            let next =
                if self.quiet { self.deframer.next_at_end() } else { self.deframer.next_frame() };
            let heard = match next? {
                Ok(frame) => self.dialogue.hear(frame, &mut self.say),
                Err(error) => return Some(Err(error.into())),
            };
            self.dialogue.tune(self.deframer.format_mut());
            if let Err(error) = heard {
                return Some(Err(error.into()));
            }
        }
    }

    fn quiet(&mut self) {
        self.quiet = true;
    }

    fn give_up(&mut self) -> bool {
        if self.deframer.give_up() {
            return true;
        }
        self.dialogue.silence(self.heard, &mut self.say);
        self.dialogue.tune(self.deframer.format_mut());
        !self.say.is_empty()
    }

    fn waiting(&self) -> usize {
        self.deframer.waiting()
    }
}

/// What a protocol cannot know by itself about the scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Of `massa-k-100`: which checksums of answers are taken. Default strict.
    pub check: massa_k_100::Check,
    /// Of `toledo-8217` and `sasi`: the unit, which no frame tells. Default kilograms.
    pub unit: Unit,
    /// Of `pos2`: the decimals of a kilogram in the counts of the scale; then the scale is not asked
    /// for them. Default: it is asked.
    pub decimals: Option<u8>,
    /// Of `pos2`: the password of the administrator, four digits. Default 0030.
    pub password: [u8; 4],
    /// Of `pos2`: whose meaning the bits of the state have. Default Shtrih-M.
    pub variant: pos2::Variant,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            check: massa_k_100::Check::Strict,
            unit: Unit::Kilogram,
            decimals: None,
            password: pos2::PASSWORD,
            variant: pos2::Variant::ShtrihM,
        }
    }
}

/// The names of all protocols, as configurations and tapes use them.
pub const NAMES: [&str; 9] = [
    massa_k_100::NAME,
    massa_k_2::NAME,
    pos2::NAME,
    cas_ecr::NAME,
    cas_22::NAME,
    toledo_8217::NAME,
    toledo_8217::SASI_NAME,
    mt_sics::NAME,
    toledo_continuous::NAME,
];

/// The protocol of that name, with the default options.
#[must_use]
pub fn by_name(name: &str) -> Option<Box<dyn Protocol>> {
    with_options(name, &Options::default())
}

/// The protocol of that name.
#[must_use]
pub fn with_options(name: &str, options: &Options) -> Option<Box<dyn Protocol>> {
    use toledo_8217::Dialect;
    Some(match name {
        massa_k_100::NAME => Box::new(massa_k_100::MassaK100::protocol(options.check)),
        massa_k_2::NAME => Box::new(massa_k_2::MassaK2::protocol()),
        pos2::NAME => Box::new(pos2::Pos2::protocol(options)),
        cas_ecr::NAME => Box::new(cas_ecr::CasEcr::protocol()),
        cas_22::NAME => Box::new(cas_22::Cas22::protocol()),
        toledo_8217::NAME => {
            Box::new(toledo_8217::Toledo8217::protocol(Dialect::Bits, options.unit))
        }
        toledo_8217::SASI_NAME => {
            Box::new(toledo_8217::Toledo8217::protocol(Dialect::Sasi, options.unit))
        }
        mt_sics::NAME => Box::new(mt_sics::MtSics::protocol()),
        toledo_continuous::NAME => Box::new(toledo_continuous::ToledoContinuous::protocol()),
        _ => return None,
    })
}

/// The beginnings of all requests that a protocol may send: all they do is read. Nothing for one
/// that only listens. `None` for an unknown name.
#[must_use]
pub fn safe(name: &str) -> Option<&'static [&'static [u8]]> {
    Some(match name {
        massa_k_100::NAME => massa_k_100::SAFE,
        massa_k_2::NAME => massa_k_2::SAFE,
        pos2::NAME => pos2::SAFE,
        cas_ecr::NAME => cas_ecr::SAFE,
        toledo_8217::NAME | toledo_8217::SASI_NAME => toledo_8217::SAFE,
        mt_sics::NAME => mt_sics::SAFE,
        cas_22::NAME | toledo_continuous::NAME => &[],
        _ => return None,
    })
}
