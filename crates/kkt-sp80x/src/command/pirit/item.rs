//! Questions whose answers stay the fields that they are: counters, information, the service's and
//! the fiscal storage's less wanted answers.

use super::{COUNTERS, FISCAL_STORAGE, Fields, INFORMATION, SERVICE};
use crate::Command;
use crate::command::stx;
use crate::dialect::{Pirit, sealed::Sealed};
use crate::error::DecodeError;
use crate::frame::{Answer, Code, Envelope};

/// A question with a number; one of [`ITEMS`], there are no others. The answer are its fields, as
/// they came, without the repeated number.
///
/// ```text
/// > 01 [3]
/// < 01 [3] [..] …
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when the answer is to another question.
///
/// Source: docs/protocols/sp80x.md sections 4.2, 4.3, 4.6 and 4.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    code: Code,
    request: &'static [u32],
    name: &'static str,
}

impl Item {
    /// What it asks for.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The item of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ITEMS.iter().find(|item| item.name == name).copied()
    }

    /// Whether a command and its first field are this question.
    pub(crate) fn is(&self, code: Code, first: Option<&str>) -> bool {
        let number = self.request.first().map(ToString::to_string);
        // Of several with one number the fields behind it decide.
        self.request.len() == 1 && self.code == code && number.as_deref() == first
    }

    /// The item that a command and all its fields ask for.
    #[cfg(feature = "sim")]
    pub(crate) fn asked(code: Code, fields: &[&str]) -> Option<Self> {
        let same = |item: &&Self| {
            let numbers: Vec<_> = item.request.iter().map(ToString::to_string).collect();
            item.code == code && numbers == fields
        };
        ITEMS.iter().find(same).copied()
    }

    const fn new(code: Code, request: &'static [u32], name: &'static str) -> Self {
        Self { code, request, name }
    }
}

impl Sealed for Item {}

impl Command for Item {
    type Dialect = Pirit;
    type Answer = Vec<String>;

    fn encode(&self, envelope: &Envelope, out: &mut Vec<u8>) {
        stx::encode::<Pirit>(envelope, self.code, self.request, out);
    }

    fn is_answered_by(&self, envelope: &Envelope, answer: &Answer<'_>) -> bool {
        stx::answers(answer, envelope, self.code)
    }

    fn decode(&self, answer: &Answer<'_>) -> Result<Vec<String>, DecodeError> {
        let mut fields = Fields::of(answer, self.request)?;
        Ok(std::iter::from_fn(|| fields.next()).map(crate::text::decode).collect())
    }
}

/// Every question of this kind. Of 05 the numbers 5 and 6 are missing: they erase counters.
pub const ITEMS: &[Item] = &[
    Item::new(COUNTERS, &[3], "sale-sums"),
    Item::new(COUNTERS, &[4], "sale-counts"),
    Item::new(COUNTERS, &[5], "refund-sums"),
    Item::new(COUNTERS, &[6], "refund-counts"),
    Item::new(COUNTERS, &[7], "receipt-counts"),
    Item::new(COUNTERS, &[8], "other-sums"),
    Item::new(COUNTERS, &[9], "discounts"),
    Item::new(COUNTERS, &[10], "sale-taxes"),
    Item::new(COUNTERS, &[11], "refund-taxes"),
    Item::new(COUNTERS, &[12], "last-report"),
    Item::new(COUNTERS, &[13], "sales-by-department"),
    Item::new(COUNTERS, &[14], "refunds-by-department"),
    Item::new(COUNTERS, &[15], "purchase-counts"),
    Item::new(COUNTERS, &[16], "purchase-sums"),
    Item::new(COUNTERS, &[17], "purchase-refund-sums"),
    Item::new(COUNTERS, &[18], "corrections"),
    Item::new(INFORMATION, &[2], "firmware-id"),
    Item::new(INFORMATION, &[3], "inn"),
    Item::new(INFORMATION, &[4], "registration-number"),
    Item::new(INFORMATION, &[6], "registration-date"),
    Item::new(INFORMATION, &[7], "cash"),
    Item::new(INFORMATION, &[8], "next-document"),
    Item::new(INFORMATION, &[9], "shift-of-registration"),
    Item::new(INFORMATION, &[10], "next-x-report"),
    Item::new(INFORMATION, &[11], "operation-counter"),
    Item::new(INFORMATION, &[12], "grand-totals"),
    Item::new(INFORMATION, &[15], "firmware-kind"),
    Item::new(INFORMATION, &[16], "paper-width"),
    Item::new(INFORMATION, &[18], "characters-per-line"),
    Item::new(INFORMATION, &[19], "sd-card-cid"),
    Item::new(INFORMATION, &[20], "sd-card-csd"),
    Item::new(INFORMATION, &[22], "devices"),
    Item::new(INFORMATION, &[23], "tax-system"),
    Item::new(INFORMATION, &[24], "extra-lines"),
    Item::new(INFORMATION, &[40], "vat-20-percent"),
    Item::new(INFORMATION, &[70], "firmware-version"),
    Item::new(INFORMATION, &[71], "wifi-firmware-version"),
    Item::new(SERVICE, &[1], "supply-voltage"),
    Item::new(SERVICE, &[2], "head-temperature"),
    Item::new(SERVICE, &[3], "cuts"),
    Item::new(SERVICE, &[4], "head-run"),
    Item::new(SERVICE, &[7], "battery-voltage"),
    Item::new(SERVICE, &[8], "cuts-of-life"),
    Item::new(SERVICE, &[9], "head-run-of-life"),
    Item::new(SERVICE, &[10], "printer-type"),
    Item::new(SERVICE, &[11], "printer-bios-version"),
    Item::new(SERVICE, &[12], "printer-serial-number"),
    Item::new(SERVICE, &[13], "printer-bios-date"),
    Item::new(FISCAL_STORAGE, &[1], "fn-number"),
    Item::new(FISCAL_STORAGE, &[4], "fn-registered-at"),
    Item::new(FISCAL_STORAGE, &[5], "fn-registration-document"),
    Item::new(FISCAL_STORAGE, &[13], "fn-errors"),
    Item::new(FISCAL_STORAGE, &[14], "fn-versions"),
    Item::new(FISCAL_STORAGE, &[17], "fn-first-document-of-shift"),
    Item::new(FISCAL_STORAGE, &[18], "fn-room"),
    Item::new(FISCAL_STORAGE, &[19], "fn-last-registration"),
    Item::new(FISCAL_STORAGE, &[22], "fn-ffd"),
    Item::new(FISCAL_STORAGE, &[23, 0, 1], "fn-shift-income"),
    Item::new(FISCAL_STORAGE, &[23, 0, 2], "fn-shift-income-refunds"),
    Item::new(FISCAL_STORAGE, &[23, 0, 3], "fn-shift-expense"),
    Item::new(FISCAL_STORAGE, &[23, 0, 4], "fn-shift-expense-refunds"),
    Item::new(FISCAL_STORAGE, &[23, 1, 1], "fn-income"),
    Item::new(FISCAL_STORAGE, &[23, 1, 2], "fn-income-refunds"),
    Item::new(FISCAL_STORAGE, &[23, 1, 3], "fn-expense"),
    Item::new(FISCAL_STORAGE, &[23, 1, 4], "fn-expense-refunds"),
];

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn the_fields_stay_as_they_came() {
        let sums = answer(&Item::named("sale-sums").unwrap(), "01", "3|1.00||2.50|").unwrap();
        assert_eq!(sums, ["1.00", "", "2.50"]);
        let other = answer(&Item::named("sale-sums").unwrap(), "01", "5|1.00|");
        assert!(other.is_err(), "the answer to another question");
    }

    #[test]
    fn names_are_unique_and_what_erases_is_not_there() {
        let names: std::collections::BTreeSet<_> = ITEMS.iter().map(Item::name).collect();
        assert_eq!(names.len(), ITEMS.len());
        let erases = |item: &&Item| item.code == SERVICE && matches!(item.request, [5 | 6]);
        assert_eq!(ITEMS.iter().find(erases), None);
        assert_eq!(Item::named("erase"), None);
    }
}
