//! Which value stands where: the mapping of a status value to a command and a field, as data.
//!
//! What is unknown today will be found out at a till: an engineer compares two answers to the same
//! read-only question and sees which field is which. Such a finding is an [`Entry`] of the user's
//! own, no release. Each entry says on what evidence it stands, and asks nothing but what is on the
//! list of safe requests.
//!
//! ```toml
//! [[value]]
//! name = "paper_present"
//! dialect = "arm"
//! command = "44"
//! path = ["200000", "NAME SEEN IN THE DUMP"]
//! read = { either = { yes = "VALUE SEEN WITH PAPER", no = "VALUE SEEN WITHOUT" } }
//! evidence = "device"
//! note = "SP802-F, firmware 1.0: paper taken out and put back"
//! ```
//! (Reading such a file is the business of the program; with the feature `serde` a `UserProfile`
//! can be read from it.)
//!
//! Source: docs/protocols/sp80x.md section 9.

mod builtin;
#[cfg(feature = "pirit")]
mod pirit;
mod print;
mod query;
mod read;
mod suggest;
#[cfg(feature = "serde")]
mod user;

use std::fmt;

use thiserror::Error;

use crate::dialect::DialectName;

#[cfg(feature = "pirit")]
pub use pirit::PiritQuery;
pub use query::{ArmQuery, PoneQuery, Query, Reply};
pub use read::{Place, Read, Reading, Shape};
pub use suggest::{Change, suggest};
#[cfg(feature = "serde")]
pub use user::UserProfile;

/// A value that a till may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Value {
    /// How many documents wait for the OFD.
    UnsentDocuments,
    /// Since when the first of them waits.
    FirstUnsentAt,
    /// Its number.
    FirstUnsentNumber,
    /// There is paper.
    PaperPresent,
    /// The paper is near its end.
    PaperNearEnd,
    /// The cover is open.
    CoverOpen,
    /// The cash drawer is open.
    DrawerOpen,
    /// A document is open.
    DocumentOpen,
    /// The shift is open.
    ShiftOpen,
    /// The shift is longer than 24 hours.
    ShiftExpired,
    /// The number of the shift.
    ShiftNumber,
    /// The number of the last fiscal document.
    LastDocument,
    /// What the device's clock shows.
    Clock,
    /// The factory (serial) number.
    FactoryNumber,
    /// The registration number.
    RegistrationNumber,
    /// The model.
    Model,
    /// The version of the firmware.
    Firmware,
    /// The number of the fiscal storage.
    FnNumber,
}

impl Value {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::UnsentDocuments,
        Self::FirstUnsentAt,
        Self::FirstUnsentNumber,
        Self::PaperPresent,
        Self::PaperNearEnd,
        Self::CoverOpen,
        Self::DrawerOpen,
        Self::DocumentOpen,
        Self::ShiftOpen,
        Self::ShiftExpired,
        Self::ShiftNumber,
        Self::LastDocument,
        Self::Clock,
        Self::FactoryNumber,
        Self::RegistrationNumber,
        Self::Model,
        Self::Firmware,
        Self::FnNumber,
    ];

    /// The name as it is written in a profile.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnsentDocuments => "unsent_documents",
            Self::FirstUnsentAt => "first_unsent_at",
            Self::FirstUnsentNumber => "first_unsent_number",
            Self::PaperPresent => "paper_present",
            Self::PaperNearEnd => "paper_near_end",
            Self::CoverOpen => "cover_open",
            Self::DrawerOpen => "drawer_open",
            Self::DocumentOpen => "document_open",
            Self::ShiftOpen => "shift_open",
            Self::ShiftExpired => "shift_expired",
            Self::ShiftNumber => "shift_number",
            Self::LastDocument => "last_document",
            Self::Clock => "clock",
            Self::FactoryNumber => "factory_number",
            Self::RegistrationNumber => "registration_number",
            Self::Model => "model",
            Self::Firmware => "firmware",
            Self::FnNumber => "fn_number",
        }
    }

    /// What kind of value it is, and so how it may be read.
    #[must_use]
    pub fn shape(self) -> Shape {
        match self {
            Self::PaperPresent
            | Self::PaperNearEnd
            | Self::CoverOpen
            | Self::DrawerOpen
            | Self::DocumentOpen
            | Self::ShiftOpen
            | Self::ShiftExpired => Shape::Flag,
            Self::UnsentDocuments
            | Self::FirstUnsentNumber
            | Self::ShiftNumber
            | Self::LastDocument
            | Self::Model => Shape::Integer,
            Self::FirstUnsentAt | Self::Clock => Shape::DateTime,
            Self::FactoryNumber | Self::RegistrationNumber | Self::Firmware | Self::FnNumber => {
                Shape::Text
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// On what a statement rests, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Evidence {
    /// Seen on a device, by comparing its answers.
    Device,
    /// Stands in the vendor's document.
    Documented,
    /// An independent program that works with such devices does so.
    Implementation,
    /// Inferred. Not to be relied on unless somebody accepts it by name.
    Assumed,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Device => "device",
            Self::Documented => "documented",
            Self::Implementation => "implementation",
            Self::Assumed => "assumed",
        })
    }
}

/// Where a value stands and how it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// What is asked: a request of the list of safe ones.
    pub query: Query,
    /// Where in the answer it stands.
    pub place: Place,
    /// How it is read there.
    pub read: Read,
    /// A flag means its opposite.
    pub inverted: bool,
    /// On what that rests.
    pub evidence: Evidence,
    /// For people.
    pub note: String,
}

impl Entry {
    /// An entry, if its parts fit each other.
    ///
    /// # Errors
    /// [`ProfileError::Place`] when the place is of another dialect than the query,
    /// [`ProfileError::Shape`] when the value cannot be read so.
    pub fn new(
        value: Value,
        query: Query,
        place: Place,
        read: Read,
        evidence: Evidence,
    ) -> Result<Self, ProfileError> {
        let dialect = query.dialect();
        let fits = match dialect {
            DialectName::Arm => matches!(place, Place::Path(_)),
            _ => matches!(place, Place::Field(_)),
        };
        if !fits {
            return Err(ProfileError::Place { value, dialect });
        }
        let (got, expected) = (read.shape(), value.shape());
        if got != expected {
            return Err(ProfileError::Shape { value, got, expected });
        }
        Ok(Self { value, query, place, read, inverted: false, evidence, note: String::new() })
    }

    /// The opposite of what is read, for a flag.
    #[must_use]
    pub fn inverted(mut self) -> Self {
        self.inverted = true;
        self
    }

    /// With a note for people.
    #[must_use]
    pub fn with_note(mut self, note: &str) -> Self {
        note.clone_into(&mut self.note);
        self
    }
}

/// Where the values of a device stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    entries: Vec<Entry>,
}

impl Profile {
    /// What is known of a dialect. Nothing more is known of any model.
    #[must_use]
    pub fn builtin(dialect: DialectName) -> Self {
        Self { entries: builtin::entries(dialect) }
    }

    /// With a user's own entries, which go before those that are built in.
    ///
    /// # Errors
    /// [`ProfileError::Dialect`] when an entry is of another dialect,
    /// [`ProfileError::TooWeak`] when it tells the number of unsent documents on less evidence than
    /// a device: "nothing waits" is never said on a guess.
    pub fn with_user(
        self,
        entries: Vec<Entry>,
        dialect: DialectName,
    ) -> Result<Self, ProfileError> {
        for entry in &entries {
            let got = entry.query.dialect();
            if got != dialect {
                return Err(ProfileError::Dialect { value: entry.value, got, expected: dialect });
            }
            if entry.value == Value::UnsentDocuments && entry.evidence != Evidence::Device {
                return Err(ProfileError::TooWeak { value: entry.value, got: entry.evidence });
            }
        }
        Ok(Self { entries: entries.into_iter().chain(self.entries).collect() })
    }

    /// The entries of a value: the first whose field is in the answer counts. None: this dialect
    /// cannot tell the value, as far as anybody knows.
    pub fn entries(&self, value: Value) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.value == value)
    }

    /// Every entry.
    #[must_use]
    pub fn all(&self) -> &[Entry] {
        &self.entries
    }

    /// Every question that the entries need, once.
    #[must_use]
    pub fn queries(&self) -> Vec<Query> {
        let mut queries: Vec<_> = self.entries.iter().map(|entry| entry.query).collect();
        queries.sort();
        queries.dedup();
        queries
    }

    /// What an answer says about a value, with the evidence; `None`: no entry asks that question, or
    /// the field is not there.
    ///
    /// # Errors
    /// [`DecodeError`](crate::DecodeError) when the field holds something else than the entry
    /// expects: the value is unknown then, and never 0.
    pub fn read(
        &self,
        value: Value,
        query: Query,
        reply: &Reply,
    ) -> Result<Option<(Reading, Evidence)>, crate::DecodeError> {
        for entry in self.entries(value).filter(|entry| entry.query == query) {
            if let Some(reading) = read::read(entry, reply)? {
                return Ok(Some((reading, entry.evidence)));
            }
        }
        Ok(None)
    }
}

/// Why an entry of a profile is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The request is not on the list of safe ones.
    #[error(
        "the request {got} is refused: in the dialect {dialect} only these are asked: {}",
        query::safe(*.dialect).join(", ")
    )]
    Unsafe {
        /// The request in the notation of the lists of safe ones.
        got: String,
        /// The dialect.
        dialect: DialectName,
    },
    /// The place is one of another dialect.
    #[error("{value}: in the dialect {dialect} a value is found by {}", query::place(*.dialect))]
    Place {
        /// The value.
        value: Value,
        /// The dialect.
        dialect: DialectName,
    },
    /// The value cannot be read so.
    #[error("{value}: got a way to read {got}, expected one to read {expected}")]
    Shape {
        /// The value.
        value: Value,
        /// What is read.
        got: Shape,
        /// What the value is.
        expected: Shape,
    },
    /// An entry of another dialect.
    #[error("{value}: got an entry of the dialect {got}, expected {expected}")]
    Dialect {
        /// The value.
        value: Value,
        /// The dialect of the entry.
        got: DialectName,
        /// The dialect of the device.
        expected: DialectName,
    },
    /// The evidence is too weak for that value.
    #[error(
        "{value}: got the evidence {got}, expected device: compare the answers of a device with \
         nothing and with something waiting"
    )]
    TooWeak {
        /// The value.
        value: Value,
        /// The evidence of the entry.
        got: Evidence,
    },
    /// The entry cannot be understood.
    #[error("{value}: {problem}")]
    Entry {
        /// The value.
        value: Value,
        /// What is wrong, and what was expected.
        problem: String,
    },
}

#[cfg(test)]
mod tests;
