//! `PATCH /demo/pos`: the till program's feed falls silent, or all that it told is forgotten.

use serde::Deserialize;

use super::{Keys, PatchError};

/// What is asked of the feed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PosPatch {
    /// `ok`, `silent`.
    pub(crate) link: Option<FeedLink>,
    /// Everything that the feed told is forgotten.
    pub(crate) forget: bool,
}

/// Whether the feed speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FeedLink {
    Ok,
    Silent,
}

impl PosPatch {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, PatchError> {
        let mut keys = Keys::parse(json)?;
        let patch = Self {
            link: keys.take("link")?,
            forget: keys
                .take_as(
                    "forget",
                    |value| {
                        if value == true { Ok(()) } else { Err("true".to_owned()) }
                    },
                )?
                .is_some(),
        };
        keys.end("link, forget")?;
        Ok(patch)
    }
}
