//! The dialects, each with its commands and, where it has one, its password.
//!
//! The frames of `pone` and `pirit` are the same and their command numbers collide: A0 asks a `pone`
//! device for its status and makes a `pirit` device close the shift in an emergency, after which its
//! fiscal storage must be replaced. So a dialect is a type here: a [`Command`](crate::Command)
//! belongs to one, a [`Client`](crate::Client) speaks one, and nothing takes a bare command number.
//!
//! ```compile_fail,E0271
//! use kkt_sp80x::command::arm;
//! use kkt_sp80x::{Client, Pone, StxSettings};
//!
//! let mut client = Client::<_, Pone>::new(std::io::Cursor::new(vec![]), StxSettings::default());
//! client.call(&arm::ReadStatus); // a command of another dialect
//! ```
//!
//! ```compile_fail
//! use kkt_sp80x::{Client, Pone, StxSettings};
//!
//! let mut client = Client::<_, Pone>::new(std::io::Cursor::new(vec![]), StxSettings::default());
//! client.call(&0xA0_u8); // a number is no command
//! ```
//!
//! ```compile_fail
//! let code = kkt_sp80x::frame::Code(0x61); // and a number cannot be made one
//! ```
//!
//! What belongs together compiles:
//!
//! ```
//! use kkt_sp80x::command::pone;
//! use kkt_sp80x::{Client, Pone, StxSettings};
//!
//! let mut client = Client::<_, Pone>::new(std::io::Cursor::new(vec![]), StxSettings::default());
//! assert!(client.call(&pone::ReadStatus).is_err(), "nobody answers");
//! ```
//!
//! Source: docs/protocols/sp80x.md section 0.

use std::fmt;

/// A dialect: which commands there are, and how a message is addressed.
///
/// Sealed: no other ones are known.
pub trait Dialect: sealed::Sealed + Copy + fmt::Debug + Default + 'static {
    /// Its name.
    const NAME: DialectName;
    /// What tells one request from another.
    type Envelope: Copy + fmt::Debug;
    /// An answer whose frame or document is sound.
    type Answer<'a>;
    /// Requests and answers of one connection.
    type Exchange: crate::exchange::Exchange<Self>;
}

/// `pone`: SP101 to SP801-F; STX frames, password "PONE".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pone;

/// `arm`: XML documents labelled `OFDFNARMUKM`, the KKT of UKM tills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arm;

/// `pirit`: Pirit, Viki Print and others of another vendor; STX frames, password "PIRI". **No SP model
/// speaks it.**
#[cfg(feature = "pirit")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pirit;

/// The name of a dialect, for configurations and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DialectName {
    /// [`Pone`]
    Pone,
    /// [`Arm`]
    Arm,
    /// [`Pirit`], with the feature `pirit`.
    #[cfg(feature = "pirit")]
    Pirit,
}

impl DialectName {
    /// Every dialect that this build speaks.
    pub const ALL: &'static [Self] = &[
        Self::Pone,
        Self::Arm,
        #[cfg(feature = "pirit")]
        Self::Pirit,
    ];

    /// The name as it is written: `pone`, `arm`, `pirit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pone => "pone",
            Self::Arm => "arm",
            #[cfg(feature = "pirit")]
            Self::Pirit => "pirit",
        }
    }
}

impl fmt::Display for DialectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name in a text that is no dialect of this build.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "got dialect {got:?}, expected {}: which one a KKT speaks is in its papers",
    DialectName::ALL.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" or ")
)]
pub struct UnknownDialect {
    /// What was given.
    pub got: String,
}

impl std::str::FromStr for DialectName {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Self, UnknownDialect> {
        let found = Self::ALL.iter().find(|name| name.as_str() == text);
        found.copied().ok_or_else(|| UnknownDialect { got: text.to_owned() })
    }
}

impl Dialect for Pone {
    const NAME: DialectName = DialectName::Pone;
    type Envelope = crate::frame::Envelope;
    type Answer<'a> = crate::frame::Answer<'a>;
    type Exchange = crate::exchange::StxExchange<Self>;
}

#[cfg(feature = "pirit")]
impl Dialect for Pirit {
    const NAME: DialectName = DialectName::Pirit;
    type Envelope = crate::frame::Envelope;
    type Answer<'a> = crate::frame::Answer<'a>;
    type Exchange = crate::exchange::StxExchange<Self>;
}

impl Dialect for Arm {
    const NAME: DialectName = DialectName::Arm;
    type Envelope = crate::envelope::Envelope;
    type Answer<'a> = crate::envelope::Response;
    type Exchange = crate::exchange::ArmExchange;
}

/// What the STX dialects have in common: they have a password.
pub trait Stx: Dialect {
    /// The password in every request.
    const PASSWORD: [u8; 4];
    /// How the check characters are written.
    const CASE: crate::frame::Case;
    /// How a request without fields is written, unless the settings say otherwise.
    const NO_DATA: crate::frame::NoData;
}

#[cfg(feature = "pirit")]
impl Stx for Pirit {
    const PASSWORD: [u8; 4] = *b"PIRI";
    const CASE: crate::frame::Case = crate::frame::Case::Upper;
    const NO_DATA: crate::frame::NoData = crate::frame::NoData::Nothing;
}

impl Stx for Pone {
    const PASSWORD: [u8; 4] = *b"PONE";
    const CASE: crate::frame::Case = crate::frame::Case::Lower;
    const NO_DATA: crate::frame::NoData = crate::frame::NoData::LoneFs;
}

pub(crate) mod sealed {
    /// Nobody else's type is a dialect or a command.
    pub trait Sealed {}
    impl Sealed for super::Pone {}
    impl Sealed for super::Arm {}
    #[cfg(feature = "pirit")]
    impl Sealed for super::Pirit {}
}
