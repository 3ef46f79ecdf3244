#![cfg(feature = "serde")]

use super::*;
use crate::profile::{Profile, Reading, Reply, UserProfile};

fn query(dialect: DialectName, command: &str, fields: &[&str]) -> Query {
    let fields: Vec<_> = fields.iter().map(ToString::to_string).collect();
    Query::new(dialect, command, &fields).unwrap()
}

/// What an entry for that change reads from the two answers: it must be what the person did.
#[track_caller]
fn check(change: Change, query: Query, old: &str, new: &str, expected: Option<[Reading; 2]>) {
    let (arm, index) = (query.dialect() == DialectName::Arm, 1);
    let names = ["200000", "Имя \"1\""].map(str::to_owned).to_vec();
    let place = if arm { Place::Path(names) } else { Place::Field(index) };
    let entry = suggest(change, query, &place, old, new);
    let Some(expected) = expected else { return assert_eq!(entry, None) };
    let entry = entry.expect("an entry");
    let text = entry.to_toml();
    let written: UserProfile = toml::from_str(&text).unwrap_or_else(|it| panic!("{it}: {text}"));
    assert_eq!(written.entries, std::slice::from_ref(&entry), "{text}");
    let profile = Profile::builtin(query.dialect()).with_user(written.entries, query.dialect());
    for (text, expected) in [old, new].into_iter().zip(expected) {
        let reply = if arm {
            let pa = format!(
                "<pa n=\"200000\" t=\"7\"><pa n=\"Имя &quot;1&quot;\" t=\"1\">{text}</pa></pa>"
            );
            Reply::Data(crate::Data::parse(&pa).unwrap())
        } else {
            Reply::Fields(vec!["0".to_owned(), text.to_owned()])
        };
        let read = profile.as_ref().unwrap().read(entry.value, query, &reply).unwrap();
        assert_eq!(read, Some((expected, Evidence::Device)), "{text}");
    }
}

#[test]
fn a_difference_becomes_an_entry_that_reads_it() {
    use Reading::Flag;
    let arm = query(DialectName::Arm, "44", &[]);
    let pone = query(DialectName::Pone, "A0", &[]);
    let out = Some([Flag(true), Flag(false)]);
    check(Change::PaperOut, arm, "есть", "нет", out.clone());
    check(Change::PaperOut, arm, "0", "2", out.clone());
    check(Change::PaperOut, pone, "4", "6", out.clone());
    check(Change::PaperOut, pone, "6", "4", out.clone());
    check(Change::PaperOut, pone, "12", "14", out);
    let opened = Some([Flag(false), Flag(true)]);
    for change in [Change::CoverOpened, Change::DrawerOpened, Change::PaperNearEnd] {
        check(change, pone, "0", "4", opened.clone());
        check(change, arm, "0", "1", opened.clone());
    }
    check(Change::ShiftOpened, pone, "1", "0", opened);
    let count = Some([Reading::Integer(0), Reading::Integer(2)]);
    check(Change::DocumentWaits, arm, "0", "2", count);
}

#[test]
fn what_cannot_be_it_is_no_entry() {
    let arm = query(DialectName::Arm, "44", &[]);
    for (change, old, new) in [
        (Change::PaperOut, "1", "1"),
        (Change::PaperOut, "", "1"),
        (Change::DocumentWaits, "3", "4"),
        (Change::DocumentWaits, "2", "0"),
        (Change::DocumentWaits, "нет", "есть"),
    ] {
        check(change, arm, old, new, None);
    }
}

/// A bit of a number that may be hexadecimal is no bit.
#[test]
fn more_than_one_digit_of_pone_stays_a_text() {
    let place = Place::Field(2);
    let status = query(DialectName::Pone, "A0", &[]);
    let entry = suggest(Change::ReceiptOpened, status, &place, "0", "16").unwrap();
    assert_eq!(entry.read, Read::Either { yes: "16".into(), no: "0".into() });
    let entry = suggest(Change::ReceiptOpened, status, &place, "0", "2").unwrap();
    assert_eq!(entry.read, Read::Bit(1));
}

#[test]
fn since_when_something_waits_is_a_time() {
    let arm = query(DialectName::Arm, "44", &[]);
    let place = Place::Path(vec!["200000".to_owned(), "Since".to_owned()]);
    let entry = suggest(Change::DocumentWaits, arm, &place, "", "2026-11-23 21:15:00").unwrap();
    assert_eq!((entry.value, entry.read), (Value::FirstUnsentAt, Read::DateTime));
}
