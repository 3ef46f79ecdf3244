//! What a driver of a KKT brings with it: its questions, and what its answers mean.

use std::fmt::Debug;

use status_core::{KktReading, KktValue, Refusal, Tier, Trouble};

use super::Wire;

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

    /// What the answer is about.
    fn values(&self, ask: Self::Ask) -> Vec<KktValue>;

    /// Whether it comes first where time is short: the state of the KKT and its OFD queue.
    fn comes_first(&self, ask: Self::Ask) -> bool;

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
    /// Values, in the order in which they were asked for; and what it turns out never to tell.
    Values(Vec<KktReading>, Vec<(KktValue, String)>),
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
    Nothing,
    /// A sound answer of another form than the known one: asking sooner does not help.
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
