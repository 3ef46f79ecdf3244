//! Model ids.

use std::fmt;

/// The model id that `pone` `A5 [0]` tells. An id that we have no name for is a value, and never
/// guessed to be a model: 802 is in no source.
///
/// One source only for the names. Source: docs/protocols/sp80x.md section 5.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Model(pub u32);

impl Model {
    /// The name of the model, if the id is a known one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        MODELS.iter().find(|(id, _)| *id == self.0).map(|(_, name)| *name)
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "model {}", self.0),
        }
    }
}

/// Every model id that we have a name for.
pub const MODELS: &[(u32, &str)] = &[
    (128, "SP101FR-K"),
    (130, "SP101FR-K"),
    (132, "SP101FR-K"),
    (160, "SP101-F"),
    (402, "SP402FR-K"),
    (403, "SP402FR-K"),
    (404, "SP402FR-K"),
    (414, "SP412FR"),
    (450, "SP402"),
    (460, "SP402-F"),
    (462, "SP402-F"),
    (601, "SP601-K"),
    (614, "SP614BU"),
    (801, "SP801-F"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown_models() {
        assert_eq!(Model(801).to_string(), "SP801-F");
        assert_eq!(Model(802).name(), None);
        assert_eq!(Model(802).to_string(), "model 802");
        assert!(MODELS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
