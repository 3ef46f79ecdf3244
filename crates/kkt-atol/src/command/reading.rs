//! How the numbers are read of which the sources disagree.

use crate::value::{FactoryNumber, bcd};

/// How the disputed numbers of 3Fh are read.
///
/// | field | majority | minority |
/// |---|---|---|
/// | receipt number, shift number | most significant byte first (four sources) | least significant byte first (one) |
/// | factory number | BCD (four) | binary (one) |
/// | sum of the receipt | BCD (four) | binary (two) |
///
/// A value can exclude a reading: a nibble above 9 is no BCD, so a factory number or a sum with one is
/// read as binary whatever is set. (That binary is most significant byte first, as all numbers of the
/// KKT itself are, is inferred.) A receipt or shift number with one is none in either order.
///
/// Compare the factory number with the one on the device's back before you choose another reading than
/// the default.
///
/// Source: docs/protocols/atol.md section 7, "Disputed".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Reading {
    /// As most sources read.
    #[default]
    Majority,
    /// Receipt and shift number least significant byte first.
    LowFirst,
    /// Factory number and sum binary.
    Binary,
    /// Both.
    BinaryLowFirst,
}

impl Reading {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Majority, Self::LowFirst, Self::Binary, Self::BinaryLowFirst];

    /// Its name: `binary-low-first`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Majority => "majority",
            Self::LowFirst => "low-first",
            Self::Binary => "binary",
            Self::BinaryLowFirst => "binary-low-first",
        }
    }

    /// Receipt and shift number.
    pub(super) fn number(self, [first, second]: [u8; 2]) -> Option<u16> {
        let low_first = matches!(self, Self::LowFirst | Self::BinaryLowFirst);
        let bytes = if low_first { [second, first] } else { [first, second] };
        bcd(&bytes).and_then(|number| u16::try_from(number).ok())
    }

    /// Four times FF is "not set", and more than eight digits is no factory number.
    pub(super) fn factory_number(self, bytes: [u8; 4]) -> Option<FactoryNumber> {
        let number = self.coded(&bytes).and_then(|number| u32::try_from(number).ok());
        number.filter(|number| *number <= 99_999_999).map(FactoryNumber)
    }

    /// More than ten digits is no sum.
    pub(super) fn sum(self, bytes: [u8; 5]) -> Option<u64> {
        self.coded(&bytes).filter(|sum| *sum <= 9_999_999_999)
    }

    fn coded(self, bytes: &[u8]) -> Option<u64> {
        let binary = matches!(self, Self::Binary | Self::BinaryLowFirst);
        let decimal = bcd(bytes).filter(|_| !binary);
        decimal.or_else(|| {
            bytes.iter().try_fold(0_u64, |number, byte| {
                number.checked_mul(0x100)?.checked_add(u64::from(*byte))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_evidence_the_setting_decides() {
        let [majority, low_first, binary, both] = Reading::ALL;
        let number = |reading: Reading| reading.number([0x01, 0x42]);
        assert_eq!([majority, binary].map(number), [Some(142); 2]);
        assert_eq!([low_first, both].map(number), [Some(4201); 2]);
        let factory = |reading: Reading| reading.factory_number([0x00, 0x10, 0x65, 0x43]);
        assert_eq!([majority, low_first].map(factory), [Some(FactoryNumber(106_543)); 2]);
        assert_eq!([binary, both].map(factory), [Some(FactoryNumber(0x10_6543)); 2]);
        let sum = |reading: Reading| reading.sum([0x00, 0x00, 0x00, 0x30, 0x39]);
        assert_eq!([majority, low_first].map(sum), [Some(3039); 2]);
        assert_eq!([binary, both].map(sum), [Some(12_345); 2]);
    }

    #[test]
    fn a_nibble_above_nine_excludes_bcd() {
        for reading in Reading::ALL {
            let factory = reading.factory_number([0x00, 0x01, 0xA0, 0x2F]);
            assert_eq!(factory, Some(FactoryNumber(106_543)), "{reading:?}");
            assert_eq!(reading.sum([0, 0, 0, 0, 0xC8]), Some(200), "{reading:?}");
            assert_eq!(reading.number([0x00, 0x4A]), None, "{reading:?}");
        }
    }

    #[test]
    fn what_no_reading_can_hold_is_none() {
        for reading in Reading::ALL {
            assert_eq!(reading.factory_number([0xFF; 4]), None, "not set");
            assert_eq!(reading.factory_number([0x05, 0xF5, 0xE1, 0x0F]), None, "nine digits");
            assert_eq!(reading.sum([0xFF; 5]), None, "thirteen digits");
        }
    }

    #[test]
    fn names_are_told_apart() {
        let names: std::collections::BTreeSet<_> = Reading::ALL.map(Reading::name).into();
        assert_eq!(names.len(), Reading::ALL.len());
    }
}
