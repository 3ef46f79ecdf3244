//! 40: counters.

use super::{COUNTERS, command, unsigned};
use crate::data::{Data, Node};
use crate::error::DecodeError;
use crate::value::Kopecks;

/// Asks for the counters: cash, and sums of sales and refunds.
///
/// ```text
/// > 40
/// < 41   … { CashSumm, MOIncomeCount, MOOutcomeCount, 1129:7 { 1135, 1136, 1138, 1201 }, 1130:7 { … }, … }
/// ```
/// 1129 sales, 1130 refunds; in each 1135 count, 1136 cash, 1138 cashless, 1201 total. Sums in
/// roubles.
///
/// # Errors
/// [`DecodeError::Value`] when a number or a sum is none.
///
/// Source: docs/protocols/sp80x.md section 6.5; one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadCounters;

/// The answer to [`ReadCounters`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Counters {
    /// The cash in the drawer.
    pub cash: Option<Kopecks>,
    /// How often cash was paid in.
    pub cash_in_count: Option<u32>,
    /// How often cash was paid out.
    pub cash_out_count: Option<u32>,
    /// Sales.
    pub sales: Totals,
    /// Refunds.
    pub refunds: Totals,
    /// Everything that came.
    pub data: Data,
}

/// Count and sums of one kind of receipt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Totals {
    /// How many.
    pub count: Option<u32>,
    /// Paid in cash.
    pub cash: Option<Kopecks>,
    /// Paid without cash.
    pub cashless: Option<Kopecks>,
    /// All together.
    pub total: Option<Kopecks>,
}

impl Totals {
    fn read(data: &Data, structure: &str) -> Result<Self, DecodeError> {
        Ok(Self {
            count: unsigned(data, &[structure, "1135"])?,
            cash: money(data, &[structure, "1136"])?,
            cashless: money(data, &[structure, "1138"])?,
            total: money(data, &[structure, "1201"])?,
        })
    }
}

fn money(data: &Data, path: &[&str]) -> Result<Option<Kopecks>, DecodeError> {
    data.field(path)?.map(Node::money).transpose()
}

impl ReadCounters {
    fn read(data: &Data) -> Result<Counters, DecodeError> {
        Ok(Counters {
            cash: money(data, &["CashSumm"])?,
            cash_in_count: unsigned(data, &["MOIncomeCount"])?,
            cash_out_count: unsigned(data, &["MOOutcomeCount"])?,
            sales: Totals::read(data, "1129")?,
            refunds: Totals::read(data, "1130")?,
            data: data.clone(),
        })
    }
}

command!(ReadCounters, COUNTERS, Counters);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_refused};
    use super::*;

    #[test]
    fn sales_and_refunds_are_told_apart() {
        let xml = "<pa n=\"r\" t=\"7\"><pa n=\"CashSumm\" t=\"2\">100.50</pa>\
                   <pa n=\"1129\" t=\"7\"><pa n=\"1135\" t=\"4\">3</pa><pa n=\"1136\" t=\"2\">90.00</pa></pa>\
                   <pa n=\"1130\" t=\"7\"><pa n=\"1136\" t=\"2\">1.00</pa></pa></pa>";
        let counters = answer(&ReadCounters, 41, xml).unwrap();
        assert_eq!(counters.cash, Some(Kopecks(10_050)));
        assert_eq!((counters.sales.count, counters.sales.cash), (Some(3), Some(Kopecks(9000))));
        assert_eq!(counters.refunds.cash, Some(Kopecks(100)));
        assert_eq!((counters.refunds.count, counters.refunds.total), (None, None));
        check_refused(&ReadCounters, 41);
    }
}
