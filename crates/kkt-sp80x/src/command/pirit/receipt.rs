//! 03: the open receipt and the last closed one.

use super::{Fields, RECEIPT, command};
use crate::Pirit;
use crate::error::DecodeError;
use crate::frame::Answer;

/// Asks for the sums of the current document.
///
/// ```text
/// > 03 [1]
/// < 03 [1] [sum] [discount] [0]
/// ```
/// Roubles, as they came.
///
/// # Errors
/// [`DecodeError::Value`] when a sum is none.
///
/// Source: docs/protocols/sp80x.md section 4.4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOpenReceipt;

/// The sums of the current document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OpenReceipt {
    /// The sum.
    pub sum: String,
    /// The discount.
    pub discount: String,
}

/// Asks for the last **closed** receipt. There is no time in it.
///
/// ```text
/// > 03 [2]
/// < 03 [2] [type] [operation] [number] [document] [sum] [discount] [0] [sign] [FD]
/// ```
/// A hint only: devices were met that order these fields otherwise, and some that always answer 18
/// (one source). So every field stays the text that it is.
///
/// # Errors
/// [`DecodeError::Missing`] when the answer is too short.
///
/// Source: docs/protocols/sp80x.md section 4.4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadLastReceipt;

/// The last closed receipt, as the vendor's document orders its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LastReceipt {
    /// The type; 0 is annulled.
    pub receipt_type: String,
    /// The operation counter.
    pub operation: String,
    /// The number of the receipt.
    pub receipt_number: String,
    /// The number of the document.
    pub document_number: String,
    /// The sum.
    pub sum: String,
}

impl ReadOpenReceipt {
    pub(super) fn fields(self) -> [u32; 1] {
        [1]
    }

    fn read(self, answer: &Answer<'_>) -> Result<OpenReceipt, DecodeError> {
        let mut fields = Fields::of(answer, &self.fields())?;
        Ok(OpenReceipt {
            sum: fields.decimal("receipt sum")?,
            discount: fields.decimal("receipt discount")?,
        })
    }
}

impl ReadLastReceipt {
    pub(super) fn fields(self) -> [u32; 1] {
        [2]
    }

    fn read(self, answer: &Answer<'_>) -> Result<LastReceipt, DecodeError> {
        let mut fields = Fields::of(answer, &self.fields())?;
        Ok(LastReceipt {
            receipt_type: fields.text("receipt type")?,
            operation: fields.text("operation counter")?,
            receipt_number: fields.text("receipt number")?,
            document_number: fields.text("document number")?,
            sum: fields.text("receipt sum")?,
        })
    }
}

command!(Pirit, ReadOpenReceipt, RECEIPT, OpenReceipt);
command!(Pirit, ReadLastReceipt, RECEIPT, LastReceipt);

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn sums_stay_as_they_came() {
        let receipt = answer(&ReadOpenReceipt, "03", "1|123.45||0|").unwrap();
        assert_eq!((receipt.sum.as_str(), receipt.discount.as_str()), ("123.45", "0"));
        assert!(answer(&ReadOpenReceipt, "03", "1|1,5|0|0|").is_err());
    }

    #[test]
    fn a_short_hint_is_no_receipt() {
        let receipt = answer(&ReadLastReceipt, "03", "2|2|0000123|51|88|99.90|0|0|1|77|").unwrap();
        assert_eq!(receipt.receipt_number, "51");
        let error = answer(&ReadLastReceipt, "03", "2|18|").unwrap_err();
        assert_eq!(error, DecodeError::Missing("operation counter"));
    }
}
