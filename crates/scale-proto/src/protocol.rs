//! What all wire protocols of scales have in common, and their names.
//!
//! A scale that is asked and one that streams by itself share one interface: the latter has no
//! request.

use std::fmt::Debug;

use crate::error::{DecodeError, FrameError};
use crate::weight::{Fault, Weight};

pub mod massa_k_100;

/// A wire protocol: its request, and what the arriving bytes say. No port, no clock.
pub trait Protocol: Debug + Send {
    /// Its name in configurations and of its decoder.
    fn name(&self) -> &'static str;

    /// The request for a weight; `None` for a scale that streams by itself.
    fn request(&self) -> Option<Vec<u8>>;

    /// Takes another form of the request after the scale did not know the first; `false` when
    /// there is none left.
    fn other_request(&mut self) -> bool;

    /// Takes bytes from the scale, in pieces of any size.
    fn push(&mut self, bytes: &[u8]);

    /// What the scale says next. `None`: more bytes are needed; `Err`: bytes were dropped, or a
    /// sound frame makes no sense; call again.
    fn next_said(&mut self) -> Option<Result<Said, SaidError>>;

    /// No more bytes will come: gives up an incomplete frame at the front, behind whose beginning
    /// there may be a whole one. `false` when there is none.
    fn give_up(&mut self) -> bool;

    /// Forgets bytes that have arrived and are not used yet.
    fn forget(&mut self);
}

/// What a scale says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A weight.
    Weight(Weight),
    /// No weight, and why.
    Fault(Fault),
    /// It does not know the request.
    Unsupported,
    /// Something that is no answer to the request for a weight.
    Other,
}

/// Why something a scale said cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SaidError {
    /// The bytes are no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The frame is sound, but what it says is not.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// The names of all protocols, as configurations and tapes use them.
pub const NAMES: [&str; 1] = [massa_k_100::NAME];

/// The protocol of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<Box<dyn Protocol>> {
    match name {
        massa_k_100::NAME => Some(Box::new(massa_k_100::MassaK100::default())),
        _ => None,
    }
}
