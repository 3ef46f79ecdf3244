use super::*;
use crate::command::{ARM_SAFE, PONE_SAFE};
use crate::data::Data;

fn data(inner: &str) -> Reply {
    Reply::Data(Data::parse(&format!("<pa n=\"200000\" t=\"7\">{inner}</pa>")).unwrap())
}

const SHORT: Query = Query::Arm(ArmQuery::ShortStatus);
const STATUS: Query = Query::Pone(PoneQuery::Status);

#[test]
fn every_built_in_entry_fits() {
    assert_eq!(Profile::builtin(DialectName::Pone).all().len(), 7);
    assert_eq!(Profile::builtin(DialectName::Arm).all().len(), 19);
}

#[test]
fn what_nobody_published_has_no_entry() {
    let pone = Profile::builtin(DialectName::Pone);
    for value in [Value::UnsentDocuments, Value::PaperPresent, Value::Clock, Value::CoverOpen] {
        assert_eq!(pone.entries(value).count(), 0, "{value}");
    }
    let arm = Profile::builtin(DialectName::Arm);
    for value in [Value::PaperPresent, Value::DocumentOpen, Value::CoverOpen, Value::DrawerOpen] {
        assert_eq!(arm.entries(value).count(), 0, "{value}");
    }
    let weak = arm.entries(Value::UnsentDocuments).map(|entry| entry.evidence);
    assert_eq!(weak.collect::<Vec<_>>(), [Evidence::Assumed; 3]);
}

#[test]
fn queries_are_the_safe_requests_and_nothing_else() {
    for (dialect, safe) in [(DialectName::Pone, PONE_SAFE), (DialectName::Arm, ARM_SAFE)] {
        for line in safe {
            let mut words = line.replace('*', "33");
            let fields = words.split_off(words.find(' ').unwrap_or(words.len()));
            let fields: Vec<_> = fields
                .split(['[', ']', ' '])
                .filter(|f| !f.is_empty())
                .map(str::to_owned)
                .collect();
            let query = Query::new(dialect, &words, &fields).unwrap();
            assert_eq!(query.to_string(), line.replace('*', "33"));
            assert_eq!(query.dialect(), dialect);
        }
        for query in Profile::builtin(dialect).queries() {
            assert!(safe.contains(&query.to_string().as_str()), "{query}");
        }
    }
}

#[track_caller]
fn refused(dialect: DialectName, command: &str, fields: &[&str]) {
    let fields: Vec<_> = fields.iter().map(ToString::to_string).collect();
    let error = Query::new(dialect, command, &fields).unwrap_err();
    assert!(matches!(error, ProfileError::Unsafe { .. }), "{error}");
}

#[test]
fn unsafe_commands_are_refused_in_their_dialect() {
    for command in ["0", "1", "3", "4", "6", "8", "24", "46", "54", "56", "02", "A0", "", "2 "] {
        refused(DialectName::Arm, command, &[]);
    }
    refused(DialectName::Arm, "2", &["0"]);
    for (command, fields) in [
        ("00", &[][..]),
        ("00", &["241126", "093015"]),
        ("A2", &["33", "0", "1"]),
        ("A5", &["2"]),
        ("A5", &[]),
        ("AF", &["5"]),
        ("A1", &["33"]),
        ("A1", &["033", "0"]),
        ("A1", &["x", "0"]),
        ("61", &[]),
        ("a0", &[]),
        ("A0", &["1"]),
    ] {
        refused(DialectName::Pone, command, fields);
    }
    let error = Query::new(DialectName::Arm, "56", &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the request 56 is refused: in the dialect arm only these are asked: 2, 22, 40, 44, 50, 52, 58"
    );
}

#[test]
fn fields_of_pone() {
    let profile = Profile::builtin(DialectName::Pone);
    let read = |value, fields: &[&str]| {
        let reply = Reply::Fields(fields.iter().map(ToString::to_string).collect());
        profile.read(value, STATUS, &reply)
    };
    let flag = |flag| Ok(Some((Reading::Flag(flag), Evidence::Assumed)));
    assert_eq!(read(Value::DocumentOpen, &["0", "4", "0"]), flag(false));
    assert_eq!(read(Value::DocumentOpen, &["0", "4", "18"]), flag(true));
    assert_eq!(read(Value::DocumentOpen, &["0", "4", "1C"]), flag(true));
    assert_eq!(read(Value::ShiftOpen, &["0", "4", "0"]), flag(true));
    assert_eq!(read(Value::ShiftExpired, &["0", "12", "0"]), flag(true));
    assert_eq!(read(Value::DocumentOpen, &["0", "4"]), Ok(None), "a missing field is none");
    assert!(read(Value::DocumentOpen, &["0", "4", ""]).is_err(), "an empty one is not closed");
    assert!(read(Value::ShiftOpen, &["0", "", "0"]).is_err());
    assert_eq!(read(Value::ShiftNumber, &["17"]), Ok(None), "that is asked by another question");
}

#[test]
fn tags_of_the_ffd_are_assumed() {
    let profile = Profile::builtin(DialectName::Arm);
    let reply =
        data("<pa n=\"1097\" t=\"4\">3</pa><pa n=\"1098\" t=\"5\">2026-11-23 21:15:00</pa>");
    let read = |value| profile.read(value, SHORT, &reply).unwrap();
    assert_eq!(read(Value::UnsentDocuments), Some((Reading::Integer(3), Evidence::Assumed)));
    assert!(matches!(read(Value::FirstUnsentAt), Some((Reading::DateTime(_), Evidence::Assumed))));
    assert_eq!(read(Value::FirstUnsentNumber), None);
    let empty = profile.read(Value::UnsentDocuments, SHORT, &data(""));
    assert_eq!(empty, Ok(None), "not there is not zero");
    let broken = data("<pa n=\"1097\" t=\"4\"></pa>");
    assert!(profile.read(Value::UnsentDocuments, SHORT, &broken).is_err());
}

/// The entry of a user who saw it on a device.
fn paper(evidence: Evidence) -> Entry {
    let place = Place::Path(vec!["200000".into(), "Printer".into(), "Paper".into()]);
    Entry::new(Value::PaperPresent, SHORT, place, Read::Equals("1".into()), evidence).unwrap()
}

#[test]
fn a_third_text_is_neither_yes_nor_no() {
    let profile = Profile::builtin(DialectName::Arm);
    let read = |text: &str| {
        let reply = data(&format!("<pa n=\"ShiftOvertime\" t=\"4\">{text}</pa>"));
        profile.read(Value::ShiftExpired, SHORT, &reply)
    };
    let flag = |flag| Ok(Some((Reading::Flag(flag), Evidence::Implementation)));
    assert_eq!((read("1"), read("0")), (flag(true), flag(false)));
    assert!(read("2").is_err() && read("").is_err());
}

#[test]
fn a_users_entry_makes_a_value_known() {
    let profile = Profile::builtin(DialectName::Arm);
    let profile = profile.with_user(vec![paper(Evidence::Device)], DialectName::Arm).unwrap();
    let read = |text: &str| {
        let printer = format!("<pa n=\"Printer\" t=\"7\"><pa n=\"Paper\" t=\"4\">{text}</pa></pa>");
        profile.read(Value::PaperPresent, SHORT, &data(&printer)).unwrap()
    };
    assert_eq!(read("1"), Some((Reading::Flag(true), Evidence::Device)));
    assert_eq!(read("0"), Some((Reading::Flag(false), Evidence::Device)));
    let empty = data("<pa n=\"Printer\" t=\"7\"><pa n=\"Paper\" t=\"4\"></pa></pa>");
    assert!(profile.read(Value::PaperPresent, SHORT, &empty).is_err(), "that is not no paper");
}

#[test]
fn a_users_entry_goes_before_what_is_built_in() {
    let place = Place::Path(vec!["200000".into(), "Unsent".into()]);
    let own =
        Entry::new(Value::UnsentDocuments, SHORT, place, Read::Integer, Evidence::Device).unwrap();
    let profile = Profile::builtin(DialectName::Arm);
    let profile = profile.with_user(vec![own], DialectName::Arm).unwrap();
    let both = data("<pa n=\"1097\" t=\"4\">9</pa><pa n=\"Unsent\" t=\"4\">2</pa>");
    let read = profile.read(Value::UnsentDocuments, SHORT, &both).unwrap();
    assert_eq!(read, Some((Reading::Integer(2), Evidence::Device)));
}

#[test]
fn an_entry_that_does_not_fit_is_refused() {
    let place = || Place::Path(vec!["200000".into(), "x".into()]);
    let own = |evidence| {
        Entry::new(Value::UnsentDocuments, SHORT, place(), Read::Integer, evidence).unwrap()
    };
    for weak in [Evidence::Documented, Evidence::Implementation, Evidence::Assumed] {
        let builtin = Profile::builtin(DialectName::Arm);
        let error = builtin.with_user(vec![own(weak)], DialectName::Arm).unwrap_err();
        assert!(matches!(error, ProfileError::TooWeak { .. }), "{error}");
    }
    let other = Profile::builtin(DialectName::Pone);
    let error = other.with_user(vec![paper(Evidence::Device)], DialectName::Pone).unwrap_err();
    assert!(matches!(error, ProfileError::Dialect { .. }), "{error}");
    let error = Entry::new(Value::PaperPresent, SHORT, place(), Read::Integer, Evidence::Device)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "paper_present: got a way to read an integer, expected one to read a flag (bit, zero, equals or either)"
    );
    let field = Place::Field(2);
    let error =
        Entry::new(Value::PaperPresent, SHORT, field, Read::Zero, Evidence::Device).unwrap_err();
    assert!(error.to_string().contains("path = ["), "{error}");
}

#[cfg(feature = "serde")]
mod written {
    use super::*;

    const GOOD: &str = r#"
        [[value]]
        name = "paper_present"
        dialect = "arm"
        command = 44
        path = ["200000", "Printer", "Paper"]
        read = { equals = "1" }
        evidence = "device"
        note = "SP802-F, paper taken out and put back"

        [[value]]
        name = "cover_open"
        dialect = "pone"
        command = "A1"
        request = ["40", 0]
        field = 0
        read = { either = { yes = "3", no = "0" } }
        inverted = true
        evidence = "device"
    "#;

    #[test]
    fn entries_as_people_write_them() {
        let user: UserProfile = toml::from_str(GOOD).unwrap();
        let note = "SP802-F, paper taken out and put back";
        assert_eq!(user.entries[0], paper(Evidence::Device).with_note(note));
        let cover = &user.entries[1];
        assert_eq!(cover.query, Query::Pone(PoneQuery::Setting { row: 40, column: 0 }));
        assert!(cover.inverted && matches!(cover.read, Read::Either { .. }));
        assert_eq!(toml::from_str::<UserProfile>("").unwrap(), UserProfile::default());
    }

    #[track_caller]
    fn check(from: &str, to: &str, expected: &str) {
        assert!(GOOD.contains(from), "{from}");
        let error = toml::from_str::<UserProfile>(&GOOD.replacen(from, to, 1)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        check("44", "56", "the request 56 is refused");
        check("44", "56", "line 2");
        check("44", "\"44; 4\"", "the request 44; 4 is refused");
        check("\"arm\"", "\"viki\"", "expected pone or arm");
        check(
            "path = [\"200000\", \"Printer\", \"Paper\"]",
            "",
            "expected a field (pone) or a path",
        );
        check("path", "field = 1\npath", "got no place or two");
        check("{ equals = \"1\" }", "\"integer\"", "expected one to read a flag");
        check("\"device\"", "\"certain\"", "unknown variant `certain`");
        check("note", "notes", "unknown field `notes`");
        check("paper_present", "paper", "unknown variant `paper`");
    }

    #[test]
    fn the_names_are_those_that_are_shown() {
        for value in Value::ALL {
            assert_eq!(serde_json::to_string(value).unwrap(), format!("\"{value}\""));
        }
    }
}
