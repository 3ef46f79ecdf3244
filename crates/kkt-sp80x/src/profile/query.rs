//! The questions that an entry of a profile may ask: those of the list of safe requests.

use std::fmt;

use crate::command::{self, arm, pone, stx};
use crate::data::Data;
use crate::dialect::{Arm, DialectName, Pone, sealed::Sealed};
use crate::envelope::{Envelope, Number, Response};
use crate::error::DecodeError;
use crate::frame::{self, Answer, Code};
use crate::{Command, profile::ProfileError};

/// A question of one of the dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Query {
    /// In `pone`.
    Pone(PoneQuery),
    /// In `arm`.
    Arm(ArmQuery),
    /// In `pirit`.
    #[cfg(feature = "pirit")]
    Pirit(super::PiritQuery),
}

/// A question in `pone`; a [`Command`] whose answer are the fields as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PoneQuery {
    /// A0.
    Status,
    /// `A1 [row] [column]`.
    Setting {
        /// The row.
        row: u32,
        /// The column.
        column: u32,
    },
    /// `A5 [0]`.
    Model,
    /// `A5 [1]`.
    ShiftNumber,
    /// A6.
    FactoryNumber,
    /// `AF [6]`.
    BootVersion,
    /// `AF [7]`.
    FlashVersion,
}

/// A question in `arm`; a [`Command`] whose answer is the data as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ArmQuery {
    /// 2.
    Status,
    /// 22.
    Clock,
    /// 40.
    Counters,
    /// 44.
    ShortStatus,
    /// 50.
    Registration,
    /// 52.
    Drawer,
    /// 58.
    Information,
}

/// What was answered to a [`Query`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// The fields of an answer of an STX dialect.
    Fields(Vec<String>),
    /// The data of an answer of `arm`.
    Data(Data),
}

impl Query {
    /// The question that a command and its fields are, if it is on the list of safe ones.
    ///
    /// # Errors
    /// [`ProfileError::Unsafe`] for everything else.
    pub fn new(
        dialect: DialectName,
        command: &str,
        fields: &[String],
    ) -> Result<Self, ProfileError> {
        let fields: Vec<_> = fields.iter().map(String::as_str).collect();
        let found = match dialect {
            DialectName::Pone => pone_query(command, &fields).map(Self::Pone),
            #[cfg(feature = "pirit")]
            DialectName::Pirit => super::PiritQuery::new(command, &fields).map(Self::Pirit),
            DialectName::Arm => ArmQuery::ALL
                .iter()
                .find(|query| fields.is_empty() && query.number().to_string() == command)
                .map(|query| Self::Arm(*query)),
        };
        let shown = fields.iter().map(|field| format!(" [{field}]")).collect::<String>();
        found.ok_or_else(|| ProfileError::Unsafe { got: format!("{command}{shown}"), dialect })
    }

    /// Every question of a dialect, in the order of its list of safe requests, for a person who looks
    /// at all there is. Settings are not walked through: only the one is there whose row and column
    /// are published (`pone` `A1 [33] [0]`).
    #[must_use]
    pub fn all(dialect: DialectName) -> Vec<Self> {
        match dialect {
            DialectName::Pone => {
                let mut all: Vec<_> = PoneQuery::ALL.iter().copied().map(Self::Pone).collect();
                all.insert(1, Self::Pone(PoneQuery::Setting { row: 33, column: 0 }));
                all
            }
            DialectName::Arm => ArmQuery::ALL.iter().copied().map(Self::Arm).collect(),
            #[cfg(feature = "pirit")]
            DialectName::Pirit => super::PiritQuery::all().map(Self::Pirit).collect(),
        }
    }

    /// The dialect in which it is asked.
    #[must_use]
    pub fn dialect(self) -> DialectName {
        match self {
            Self::Pone(_) => DialectName::Pone,
            Self::Arm(_) => DialectName::Arm,
            #[cfg(feature = "pirit")]
            Self::Pirit(_) => DialectName::Pirit,
        }
    }

    /// The command and its fields.
    pub(super) fn words(self) -> (String, Vec<u32>) {
        let (code, fields) = match self {
            Self::Arm(query) => return (query.number().to_string(), Vec::new()),
            Self::Pone(query) => query.parts(),
            #[cfg(feature = "pirit")]
            Self::Pirit(query) => query.parts(),
        };
        (code.to_string(), fields)
    }
}

/// In the notation of the lists of safe requests.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (command, fields) = self.words();
        f.write_str(&command)?;
        fields.iter().try_for_each(|field| write!(f, " [{field}]"))
    }
}

impl PoneQuery {
    /// Every question but for the settings.
    pub const ALL: &'static [Self] = &[
        Self::Status,
        Self::Model,
        Self::ShiftNumber,
        Self::FactoryNumber,
        Self::BootVersion,
        Self::FlashVersion,
    ];

    fn parts(self) -> (Code, Vec<u32>) {
        match self {
            Self::Status => (pone::STATUS, vec![]),
            Self::Setting { row, column } => (pone::SETTING, vec![row, column]),
            Self::Model => (pone::INFORMATION, vec![0]),
            Self::ShiftNumber => (pone::INFORMATION, vec![1]),
            Self::FactoryNumber => (pone::FACTORY_NUMBER, vec![]),
            Self::BootVersion => (pone::PRINTER_INFORMATION, vec![6]),
            Self::FlashVersion => (pone::PRINTER_INFORMATION, vec![7]),
        }
    }
}

impl ArmQuery {
    /// Every question.
    pub const ALL: &'static [Self] = &[
        Self::Status,
        Self::Clock,
        Self::Counters,
        Self::ShortStatus,
        Self::Registration,
        Self::Drawer,
        Self::Information,
    ];

    fn number(self) -> Number {
        match self {
            Self::Status => arm::STATUS,
            Self::Clock => arm::CLOCK,
            Self::Counters => arm::COUNTERS,
            Self::ShortStatus => arm::SHORT_STATUS,
            Self::Registration => arm::REGISTRATION,
            Self::Drawer => arm::DRAWER,
            Self::Information => arm::INFORMATION,
        }
    }
}

impl Sealed for PoneQuery {}
impl Sealed for ArmQuery {}

impl Command for PoneQuery {
    type Dialect = Pone;
    type Answer = Reply;

    fn encode(&self, envelope: &frame::Envelope, out: &mut Vec<u8>) {
        let (code, fields) = self.parts();
        stx::encode::<Pone>(envelope, code, &fields, out);
    }

    fn is_answered_by(&self, envelope: &frame::Envelope, answer: &Answer<'_>) -> bool {
        stx::answers(answer, envelope, self.parts().0)
    }

    fn decode(&self, answer: &Answer<'_>) -> Result<Reply, DecodeError> {
        Ok(Reply::Fields(pone::fields(answer)?.map(crate::text::decode).collect()))
    }
}

impl Command for ArmQuery {
    type Dialect = Arm;
    type Answer = Reply;

    fn encode(&self, envelope: &Envelope, out: &mut Vec<u8>) {
        envelope.write(self.number(), out);
    }

    fn is_answered_by(&self, envelope: &Envelope, answer: &Response) -> bool {
        answer.answers(self.number(), envelope.request_id)
    }

    fn decode(&self, answer: &Response) -> Result<Reply, DecodeError> {
        answer.data().cloned().map(Reply::Data)
    }
}

fn pone_query(command: &str, fields: &[&str]) -> Option<PoneQuery> {
    let shown = |query: &PoneQuery| {
        let (code, numbers) = query.parts();
        let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        code.to_string() == command && numbers == fields
    };
    if let Some(query) = PoneQuery::ALL.iter().find(|query| shown(query)) {
        return Some(*query);
    }
    let [row, column] = fields else { return None };
    let setting = PoneQuery::Setting { row: row.parse().ok()?, column: column.parse().ok()? };
    Some(setting).filter(shown)
}

/// The list of safe requests of a dialect.
pub(super) fn safe(dialect: DialectName) -> &'static [&'static str] {
    match dialect {
        DialectName::Pone => command::PONE_SAFE,
        DialectName::Arm => command::ARM_SAFE,
        #[cfg(feature = "pirit")]
        DialectName::Pirit => command::PIRIT_SAFE,
    }
}

/// How a value is found in an answer of a dialect.
pub(super) fn place(dialect: DialectName) -> &'static str {
    match dialect {
        DialectName::Arm => "the names from the root to it: path = [\"200000\", \"1041\"]",
        _ => "the index of its field, from 0: field = 2",
    }
}
