//! The questions of `pirit`, and what is known of its answers.

use super::query::Reply;
use super::{Entry, Evidence, Place, Query, Read, Value};
use crate::Command;
use crate::command::PIRIT_SAFE;
use crate::command::pirit::{self, ReadSetting};
use crate::command::stx;
use crate::dialect::{DialectName, Pirit, sealed::Sealed};
use crate::error::DecodeError;
use crate::frame::{self, Answer, Code};

/// A question in `pirit`: a line of [`PIRIT_SAFE`], or a setting. A [`Command`] whose answer are the
/// fields as they came, the repeated number of the question included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PiritQuery {
    line: &'static str,
    setting: Option<(u32, u32)>,
}

impl PiritQuery {
    pub(super) fn new(command: &str, fields: &[&str]) -> Option<Self> {
        let shown = fields.iter().map(|field| format!(" [{field}]")).collect::<String>();
        let line = format!("{command}{shown}");
        if let Some(line) = PIRIT_SAFE.iter().find(|safe| **safe == line && !line.contains('*')) {
            return Some(Self { line, setting: None });
        }
        let [number, index] = fields else { return None };
        let place = (number.parse().ok()?, index.parse().ok()?);
        let plain = command == "11" && format!(" [{}] [{}]", place.0, place.1) == shown;
        let setting = ReadSetting::new(place.0, place.1).filter(|_| plain);
        setting.map(|_| Self { line: "11", setting: Some(place) })
    }

    /// Every question but for the settings.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let lines = PIRIT_SAFE.iter().filter(|line| !line.contains('*'));
        lines.map(|line| Self { line, setting: None })
    }

    pub(super) fn parts(self) -> (Code, Vec<u32>) {
        let mut words = self.line.split([' ', '[', ']']).filter(|word| !word.is_empty());
        let code = words.next().and_then(|code| u8::from_str_radix(code, 16).ok());
        let listed = words.filter_map(|number| number.parse().ok());
        let numbers = self.setting.map_or_else(|| listed.collect(), |(n, i)| vec![n, i]);
        // Every line begins with a code, as the tests of the list show.
        (Code(code.unwrap_or_default()), numbers)
    }
}

impl Sealed for PiritQuery {}

impl Command for PiritQuery {
    type Dialect = Pirit;
    type Answer = Reply;

    fn encode(&self, envelope: &frame::Envelope, out: &mut Vec<u8>) {
        let (code, fields) = self.parts();
        stx::encode::<Pirit>(envelope, code, &fields, out);
    }

    fn is_answered_by(&self, envelope: &frame::Envelope, answer: &Answer<'_>) -> bool {
        stx::answers(answer, envelope, self.parts().0)
    }

    fn decode(&self, answer: &Answer<'_>) -> Result<Reply, DecodeError> {
        pirit::check(answer, &self.parts().1)?;
        Ok(Reply::Fields(answer.fields().map(crate::text::decode).collect()))
    }
}

/// Everything from the vendor's document.
///
/// Source: docs/protocols/sp80x.md sections 4 and 8.
pub(super) fn entries() -> Vec<Option<Entry>> {
    let at = |value, command: &str, number: Option<&str>, field, read| {
        let request: Vec<_> = number.map(str::to_owned).into_iter().collect();
        let query = Query::new(DialectName::Pirit, command, &request).ok()?;
        Entry::new(value, query, Place::Field(field), read, Evidence::Documented).ok()
    };
    let printer = |value, bit| at(value, "04", None, 0, Read::BitUnless { bit, unless: 7 });
    let waiting = "only while something waits";
    vec![
        at(Value::UnsentDocuments, "78", Some("7"), 2, Read::Integer),
        at(Value::FirstUnsentNumber, "78", Some("7"), 3, Read::Integer)
            .map(|entry| entry.with_note(waiting)),
        at(Value::FirstUnsentAt, "78", Some("7"), 4, Read::DateTime)
            .map(|entry| entry.with_note(waiting)),
        printer(Value::PaperPresent, 1).map(Entry::inverted),
        printer(Value::CoverOpen, 2),
        at(Value::DrawerOpen, "81", None, 0, Read::Zero).map(Entry::inverted),
        at(Value::DocumentOpen, "00", None, 2, Read::Zero).map(Entry::inverted),
        at(Value::ShiftOpen, "00", None, 1, Read::Bit(2)),
        at(Value::ShiftExpired, "00", None, 1, Read::Bit(3)),
        at(Value::ShiftNumber, "01", Some("1"), 1, Read::Integer),
        at(Value::LastDocument, "78", Some("3"), 1, Read::Integer),
        at(Value::Clock, "13", None, 0, Read::DateTime),
        at(Value::FactoryNumber, "02", Some("1"), 1, Read::Text),
        at(Value::RegistrationNumber, "02", Some("4"), 1, Read::Text),
        at(Value::Model, "02", Some("21"), 1, Read::Integer),
        at(Value::Firmware, "02", Some("70"), 1, Read::Text),
        at(Value::FnNumber, "78", Some("1"), 1, Read::Text),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Profile, Reading};

    fn query(command: &str, fields: &[&str]) -> Option<PiritQuery> {
        PiritQuery::new(command, fields)
    }

    #[test]
    fn what_erases_hands_out_a_password_or_costs_a_fiscal_storage_is_no_question() {
        for (command, fields) in [
            ("05", &["5"][..]),
            ("05", &["6"]),
            ("11", &["20", "0"]),
            ("11", &["020", "0"]),
            ("A0", &[]),
            ("A6", &[]),
            ("A1", &["33", "0"]),
            ("10", &["241126", "093015"]),
            ("20", &[]),
            ("21", &[]),
            ("79", &["6"]),
            ("78", &["11"]),
            ("78", &["23"]),
            ("02", &["13"]),
            ("01", &["19"]),
            ("11", &["*", "*"]),
        ] {
            assert_eq!(query(command, fields), None, "{command} {fields:?}");
        }
    }

    #[test]
    fn every_line_is_a_question_and_is_shown_so() {
        let lines: Vec<_> = PIRIT_SAFE.iter().filter(|line| !line.contains('*')).collect();
        let all =
            Query::all(DialectName::Pirit).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(all.iter().collect::<Vec<_>>(), lines, "all of them, once");
        for line in lines {
            let words: Vec<_> =
                line.split([' ', '[', ']']).filter(|word| !word.is_empty()).collect();
            let query = query(words[0], &words[1..]).unwrap();
            assert_eq!(Query::Pirit(query).to_string(), *line);
        }
        let setting = query("11", &["10", "0"]).unwrap();
        assert_eq!(Query::Pirit(setting).to_string(), "11 [10] [0]");
    }

    #[track_caller]
    fn check(value: Value, command: &str, number: Option<&str>, fields: &[&str], expected: &str) {
        let profile = Profile::builtin(DialectName::Pirit);
        let request: Vec<_> = number.map(str::to_owned).into_iter().collect();
        let query = Query::new(DialectName::Pirit, command, &request).unwrap();
        let reply = Reply::Fields(fields.iter().map(ToString::to_string).collect());
        let said = match profile.read(value, query, &reply) {
            Ok(Some((Reading::DateTime(time), Evidence::Documented))) => time.to_string(),
            Ok(Some((reading, Evidence::Documented))) => format!("{reading:?}"),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("error: {error}"),
        };
        assert!(said.starts_with(expected), "{said}");
    }

    #[test]
    fn values_of_answers() {
        assert_eq!(Profile::builtin(DialectName::Pirit).all().len(), 17);
        let queue = ["7", "3", "300", "4660", "231126", "211500"];
        check(Value::UnsentDocuments, "78", Some("7"), &queue, "Integer(300)");
        check(Value::FirstUnsentAt, "78", Some("7"), &queue, "2026-11-23T21:15:00");
        check(Value::UnsentDocuments, "78", Some("7"), &["7", "3", ""], "error");
        check(Value::PaperPresent, "04", None, &["0"], "Flag(true)");
        check(Value::PaperPresent, "04", None, &["2"], "Flag(false)");
        check(Value::PaperPresent, "04", None, &["130"], "error");
        check(Value::DocumentOpen, "00", None, &["0", "4", "128"], "Flag(true)");
        check(Value::Clock, "13", None, &["241126", "093015"], "2026-11-24T09:30:15");
        check(Value::Clock, "13", None, &["241126"], "None");
    }
}
