//! What a driver of a KKT brings with it: its questions, and what its answers mean.

use std::fmt::Debug;
use std::time::Duration;

use status_core::{KktReading, KktValue, Refusal, Tier, Trouble};

use super::Wire;
use crate::trace::Scrub;

/// What is asked, and how. It knows no clock, no gate and no snapshot.
pub(crate) trait Driver: Debug + Send {
    /// One question to the KKT.
    type Ask: Copy + Debug + PartialEq + Send;
    /// Asks over an open port.
    type Client: Debug + Send;

    /// The questions in the order in which they are asked, each in its tier.
    fn asks(&self, wants: Wants) -> Vec<(Tier, Self::Ask)>;

    /// A client for a port that was just opened.
    fn connect(&mut self, wire: Wire) -> Self::Client;

    /// Asks.
    ///
    /// # Errors
    /// [`Failure`] when there is no answer, good or bad.
    fn ask(&mut self, ask: Self::Ask, client: &mut Self::Client) -> Result<Told, Failure>;

    /// How long an answer may still come to a question that was given up, if it would be taken for
    /// that to another one.
    fn owed(client: &Self::Client) -> Option<Duration>;

    /// What the answer is about.
    fn values(&self, ask: Self::Ask) -> Vec<KktValue>;

    /// Whether it comes first where time is short: the state of the KKT and its OFD queue.
    fn comes_first(&self, ask: Self::Ask) -> bool;

    /// Its protocol by name, and how its bytes lose what tells whose they are.
    fn scrub(&self) -> (String, Scrub);

    /// What can never be told with these questions, and why.
    fn unsupported(&self, asks: &[(Tier, Self::Ask)]) -> Vec<(KktValue, String)>;
}

/// What the till wants to know besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wants {
    /// The port is held, so that what is asked fast is asked in time.
    pub(crate) held: bool,
    /// A receipt or any other document on the KKT keeps the scale away.
    pub(crate) scale: bool,
    /// The KKT's receipt is the till's receipt.
    pub(crate) receipt: bool,
    /// The KKT's operator is the till's user.
    pub(crate) operator: bool,
}

/// What the KKT said.
#[derive(Debug)]
pub(crate) enum Told {
    /// Values.
    Values {
        /// In the order in which they were asked for.
        readings: Vec<KktReading>,
        /// What the KKT turns out never to tell, and why.
        unsupported: Vec<(KktValue, String)>,
        /// What is not clear now, and why.
        unclear: Vec<(KktValue, &'static str)>,
    },
    /// An error.
    Refused {
        /// The error.
        refusal: Refusal,
        /// What it tells besides.
        reading: Option<Box<KktReading>>,
        /// The KKT does not know the question at all: it will never answer it.
        unknown: Option<String>,
    },
    /// It may be a value or an error: what was known stays until it is too old.
    Unclear(String),
    /// A sound answer of another form than the known one. One may be a stray.
    OtherForm(String),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The port is gone.
    Lost(Trouble),
    /// The other end closed the line.
    Closed,
    /// Another program works with the KKT.
    Conflict(Trouble),
    /// Anything else.
    Other(Trouble),
}
