//! A user's own entries, as they are written.

use serde::{Deserialize, Deserializer, de};

use super::{Entry, Evidence, Place, ProfileError, Query, Read, Value};
use crate::dialect::DialectName;

/// A user's own entries, read from whatever format serde reads; each is checked by itself.
///
/// Then [`Profile::with_user`](super::Profile::with_user) adds them to what is built in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct UserProfile {
    /// The entries.
    #[serde(default, rename = "value")]
    pub entries: Vec<Entry>,
}

/// An entry as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Value,
    dialect: String,
    command: Word,
    #[serde(default)]
    request: Vec<Word>,
    field: Option<usize>,
    path: Option<Vec<String>>,
    read: Read,
    #[serde(default)]
    inverted: bool,
    evidence: Evidence,
    #[serde(default)]
    note: String,
}

/// A command or a field: `"A0"`, or a plain number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Number(u32),
}

impl Word {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let dialect: DialectName = written.dialect.parse().map_err(de::Error::custom)?;
        checked(written, dialect).map_err(de::Error::custom)
    }
}

fn checked(written: Written, dialect: DialectName) -> Result<Entry, ProfileError> {
    let value = written.name;
    let fields: Vec<_> = written.request.into_iter().map(Word::text).collect();
    let query = Query::new(dialect, &written.command.text(), &fields)?;
    let place = match (written.field, written.path) {
        (Some(index), None) => Place::Field(index),
        (None, Some(path)) if !path.is_empty() => Place::Path(path),
        _ => {
            let problem = "got no place or two, expected a field (pone) or a path (arm)".to_owned();
            return Err(ProfileError::Entry { value, problem });
        }
    };
    if written.inverted && written.read.shape() != super::Shape::Flag {
        let problem = "got inverted = true, expected it only with a flag".to_owned();
        return Err(ProfileError::Entry { value, problem });
    }
    let mut entry = Entry::new(value, query, place, written.read, written.evidence)?;
    entry.inverted = written.inverted;
    Ok(entry.with_note(&written.note))
}
