//! Model ids.

use std::fmt;

/// The model id of a device, as 3Fh and A5h tell it. An id that we have no name for is a value.
///
/// One source only for the names: the vendor's header (Казначей ФА: two sources).
/// Source: docs/protocols/atol.md section 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Model(pub u8);

impl Model {
    /// The vendor's name of the model, if the id is a known one.
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
pub const MODELS: &[(u8, &str)] = &[
    (48, "АТОЛ 47ФА"),
    (50, "Alliance 20F"),
    (57, "АТОЛ 25Ф"),
    (61, "АТОЛ 30Ф"),
    (62, "АТОЛ 55Ф"),
    (63, "АТОЛ 22Ф (FPrint-22ПТК)"),
    (64, "АТОЛ 52Ф"),
    (67, "АТОЛ 11Ф"),
    (69, "АТОЛ 77Ф"),
    (70, "АТОЛ 42ФА"),
    (72, "АТОЛ 90Ф"),
    (75, "АТОЛ 60Ф"),
    (76, "Казначей ФА"),
    (77, "АТОЛ 42ФС"),
    (78, "АТОЛ 15Ф"),
    (80, "АТОЛ 50Ф"),
    (81, "АТОЛ 20Ф"),
    (82, "АТОЛ 91Ф"),
    (84, "АТОЛ 92Ф"),
    (86, "АТОЛ Sigma 10"),
    (87, "АТОЛ 27Ф"),
    (89, "АТОЛ PT-5Ф"),
    (90, "АТОЛ Sigma 7Ф"),
    (91, "АТОЛ Sigma 8Ф"),
    (93, "АТОЛ 1Ф"),
    (95, "АТОЛ 22 v2Ф"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown_models() {
        assert_eq!(Model(57).to_string(), "АТОЛ 25Ф");
        assert_eq!(Model(1).name(), None);
        assert_eq!(Model(1).to_string(), "model 1");
    }

    #[test]
    fn ids_are_in_order_and_unique() {
        assert!(MODELS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
