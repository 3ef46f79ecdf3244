use kkt_sp80x::envelope::Response;
use kkt_sp80x::{ArmFault, Command as _, Fault, PoneFault};

use super::*;

/// An answer in an STX dialect.
fn fields(fields: &[&str]) -> Reply {
    Reply::Fields(fields.iter().map(ToString::to_string).collect())
}

/// An answer in `arm`; the data is the text of `ResponseData`.
fn data(command: u32, data: &str) -> Reply {
    let text = format!(
        "<ArmResponse><ResponseBody><Result>0</Result><Command>{}</Command></ResponseBody>\
         <ResponseData><![CDATA[{data}]]></ResponseData></ArmResponse>",
        command + 1
    );
    let Query::Arm(query) = query(DialectName::Arm, &command.to_string(), &[]) else { panic!() };
    query.decode(&Response::parse(text.as_bytes()).unwrap()).unwrap()
}

fn query(dialect: DialectName, command: &str, fields: &[&str]) -> Query {
    let fields: Vec<_> = fields.iter().map(ToString::to_string).collect();
    Query::new(dialect, command, &fields).unwrap()
}

fn values(dialect: DialectName) -> Values {
    Values::new(dialect, Profile::builtin(dialect))
}

/// With an entry of the user's own before those that are built in.
fn with_entry(dialect: DialectName, entry: Entry) -> Values {
    Values::new(dialect, Profile::builtin(dialect).with_user(vec![entry], dialect).unwrap())
}

fn evidences(answered: &Answered) -> Vec<Evidence> {
    answered.readings.iter().map(|reading| reading.evidence).collect()
}

#[test]
fn the_status_of_pone_is_only_assumed() {
    let mut pone = values(DialectName::Pone);
    let status = query(DialectName::Pone, "A0", &[]);
    for (document, open, receipt) in [
        ("0", true, Some((false, 0))),
        // 12h, a sale that is open; 34h, cash in at its payment.
        ("18", true, Some((true, 18))),
        ("52", true, Some((false, 52))),
        // Hex digits, or a type that is not known: a document, and nobody knows of what kind.
        ("1A", true, None),
        ("16", true, None),
    ] {
        let answered = pone.answered(status, &fields(&["0", "4", document]));
        let [reading] = answered.readings.as_slice() else { panic!("{answered:?}") };
        assert_eq!(reading.evidence, Evidence::Assumed);
        assert_eq!(reading.document_open, Some(document != "0"), "{document}");
        assert_eq!(reading.receipt.map(|it| (it.open, it.kind)), receipt, "{document}");
        assert_eq!(reading.shift.map(|shift| shift.open), Some(open));
    }
    let cut = pone.answered(status, &fields(&["0"]));
    assert!(cut.readings.is_empty(), "too short is not closed: {cut:?}");
    let text = pone.answered(status, &fields(&["0", "4", "?"]));
    assert!(text.readings.iter().all(|it| it.document_open.is_none() && it.receipt.is_none()));
    assert!(text.unsupported.iter().any(|(value, _)| *value == KktValue::Receipt), "{text:?}");
}

#[test]
fn a_shift_has_its_number_until_its_state_changes() {
    let (status, number) =
        (query(DialectName::Pone, "A0", &[]), query(DialectName::Pone, "A5", &["1"]));
    let mut pone = values(DialectName::Pone);
    let mut shift = |current: Option<&str>| match current {
        Some(current) => {
            let answered = pone.answered(status, &fields(&["0", current, "0"]));
            answered.readings[0].shift
        }
        None => {
            let answered = pone.answered(number, &fields(&["17"]));
            answered.readings.first().and_then(|reading| reading.shift)
        }
    };
    let open = Shift { open: true, number: None };
    assert_eq!(shift(Some("4")), Some(open));
    assert_eq!(shift(None), None, "a number alone is no shift");
    assert_eq!(shift(Some("4")), Some(Shift { number: Some(17), ..open }));
    let closed = Shift { open: false, number: None };
    assert_eq!(shift(Some("0")), Some(closed), "it is that of another shift, perhaps");
}

#[test]
fn what_arm_does_not_tell_has_a_reason() {
    let mut arm = values(DialectName::Arm);
    let why: BTreeMap<_, _> = arm.unsupported().into_iter().collect();
    let paper = &why[&KktValue::Paper];
    assert!(paper.contains("dialect arm") && paper.contains("profile"), "{paper}");
    assert!(paper.contains("kkt-status"), "{paper}");
    assert!(why[&KktValue::Receipt].contains("sends a receipt whole"), "{why:?}");
    assert!(!why.contains_key(&KktValue::Ofd), "there are entries, if only assumed ones");

    // The number of documents is in none of the three answers that may hold it.
    let empty = r#"<pa n="200000" t="7"><pa n="ShiftState" t="4">1</pa></pa>"#;
    let mut told = Vec::new();
    for command in [2, 40, 44] {
        let query = query(DialectName::Arm, &command.to_string(), &[]);
        let answered = arm.answered(query, &data(command, empty));
        assert!(answered.readings.iter().all(|reading| reading.ofd.is_none()));
        let ofd = answered.unsupported.into_iter().find(|(value, _)| *value == KktValue::Ofd);
        told.push(ofd.map(|(_, why)| why));
    }
    let [None, None, Some(why)] = told.as_slice() else { panic!("{told:?}") };
    assert!(why.contains("44 */1097") && why.contains("dialect arm"), "{why}");
}

#[test]
fn each_value_has_the_evidence_of_its_entry() {
    let mut arm = values(DialectName::Arm);
    let status = query(DialectName::Arm, "2", &[]);
    let both = r#"<pa n="200000" t="7"><pa n="ShiftState" t="4">0</pa><pa n="1097" t="4">3</pa>
        <pa n="1098" t="5">2026-11-23 21:15:00</pa><pa n="1116" t="4">509</pa></pa>"#;
    let answered = arm.answered(status, &data(2, both));
    assert_eq!(evidences(&answered), [Evidence::Implementation, Evidence::Assumed]);
    let [seen, assumed] = answered.readings.as_slice() else { panic!("{answered:?}") };
    assert_eq!((seen.shift.map(|it| it.open), seen.ofd), (Some(false), None));
    let queue = assumed.ofd.unwrap();
    assert_eq!((queue.unsent_documents, queue.first_unsent_number), (3, Some(509)));
    assert_eq!(queue.first_unsent_at.unwrap().to_string(), "2026-11-23T21:15:00");
    assert_eq!(assumed.shift, None);
}

#[test]
fn what_a_user_found_goes_before_what_is_assumed() {
    let short = query(DialectName::Arm, "44", &[]);
    let path = Place::Path(vec!["200000".into(), "Unsent".into()]);
    let device = profile::Evidence::Device;
    let entry = Entry::new(Value::UnsentDocuments, short, path, Read::Integer, device).unwrap();
    let mut arm = with_entry(DialectName::Arm, entry);
    let found = r#"<pa n="200000" t="7"><pa n="Unsent" t="4">5</pa><pa n="1098" t="5">2026-11-23 21:15:00</pa></pa>"#;
    let assumed = r#"<pa n="200000" t="7"><pa n="1097" t="4">7</pa></pa>"#;
    let status = query(DialectName::Arm, "2", &[]);
    let count = |answered: Answered| {
        let queue = answered.readings.iter().find_map(|it| it.ofd.map(|ofd| (it.evidence, ofd)));
        queue.map(|(evidence, ofd)| (evidence, ofd.unsent_documents, ofd.first_unsent_at))
    };
    assert_eq!(count(arm.answered(status, &data(2, assumed))).unwrap().1, 7);
    // Of the first document only an assumption is known: it does not stand beside what is proved.
    let told = count(arm.answered(short, &data(44, found)));
    assert_eq!(told, Some((Evidence::Device, 5, None)));
    assert_eq!(count(arm.answered(status, &data(2, assumed))), None, "the better entry counts");
}

#[test]
fn a_number_that_is_none_is_not_zero() {
    let mut arm = values(DialectName::Arm);
    let status = query(DialectName::Arm, "2", &[]);
    for text in ["", "x", "-1"] {
        let field = format!(r#"<pa n="200000" t="7"><pa n="1097" t="4">{text}</pa></pa>"#);
        let answered = arm.answered(status, &data(2, &field));
        assert!(answered.readings.iter().all(|reading| reading.ofd.is_none()), "{answered:?}");
        let (_, why) = answered.unsupported.iter().find(|(it, _)| *it == KktValue::Ofd).unwrap();
        assert!(why.contains("form that is not known"), "{why}");
    }
}

#[test]
fn error_08_proves_that_the_paper_is_out_and_nothing_that_it_is_in() {
    let mut pone = values(DialectName::Pone);
    let out = Fault::Pone(PoneFault::PAPER_END);
    let told = pone.refused(&out).unwrap();
    assert_eq!((told.paper_present, told.evidence), (Some(false), Evidence::Implementation));
    assert!(refusal(&out).fault);
    let status = query(DialectName::Pone, "A0", &[]);
    let mut answered = || pone.answered(status, &fields(&["0", "4", "0"]));
    let paper =
        |answered: Answered| answered.unsupported.iter().any(|(it, _)| *it == KktValue::Paper);
    assert!(answered().readings.iter().all(|reading| reading.paper_present.is_none()));
    assert!(!paper(answered()), "told once");
    pone.refused(&out);
    assert!(paper(pone.answered(status, &fields(&["0", "4", "0"]))), "nobody knows any more");
    assert_eq!(
        pone.refused(&Fault::Pone(PoneFault(0x09))),
        None,
        "not ready says nothing of paper"
    );
    let expired = pone.refused(&Fault::Pone(PoneFault(0x0A))).unwrap();
    assert_eq!((expired.shift_expired, expired.paper_present), (Some(true), None));
}

#[test]
fn errors_say_what_the_device_says() {
    let password = refusal(&Fault::Pone(PoneFault::WRONG_PASSWORD));
    assert!(password.text().starts_with("error 06h: wrong password (неверный пароль)"));
    assert!(password.text().contains("dialect in [kkt]"));
    let arm = refusal(&Fault::Arm(ArmFault::new(1, 0, "Смена закрыта")));
    assert_eq!(arm.text(), "error: Смена закрыта (result 1, code 0)");
    assert!(unknown_command(&Fault::Pone(PoneFault::WRONG_FUNCTION)).is_some());
    assert_eq!(unknown_command(&Fault::Arm(ArmFault::new(2, 2, ""))), None);
}

#[cfg(feature = "pirit")]
#[test]
fn a_pirit_tells_paper_queue_and_receipt_on_its_makers_word() {
    let mut pirit = values(DialectName::Pirit);
    let ask = |command, fields: &[&str]| query(DialectName::Pirit, command, fields);
    let printer = ask("04", &[]);
    for (flags, paper, faults) in [
        ("0", Some(true), vec![]),
        ("2", Some(false), vec![]),
        ("8", Some(true), vec![PrinterFault::CutterError]),
        ("138", None, vec![PrinterFault::ConnectionLost]),
    ] {
        let answered = pirit.answered(printer, &fields(&[flags]));
        let [reading] = answered.readings.as_slice() else { panic!("{answered:?}") };
        assert_eq!((reading.paper_present, reading.printer_faults.clone()), (paper, Some(faults)));
        assert_eq!(reading.evidence, Evidence::Documented);
    }
    let queue = ask("78", &["7"]);
    let told = pirit.answered(queue, &fields(&["7", "3", "0", "", "", ""]));
    assert_eq!(
        told.readings[0].ofd.map(|ofd| (ofd.unsent_documents, ofd.first_unsent_at)),
        Some((0, None))
    );
    let told = pirit.answered(queue, &fields(&["7", "3", "2", "4660", "231126", "211500"]));
    let queue = told.readings[0].ofd.unwrap();
    assert_eq!((queue.unsent_documents, queue.first_unsent_number), (2, Some(4660)));
    assert_eq!(queue.first_unsent_at.unwrap().to_string(), "2026-11-23T21:15:00");
    let status = ask("00", &[]);
    let told = pirit.answered(status, &fields(&["0", "12", "18"]));
    let [reading] = told.readings.as_slice() else { panic!("{told:?}") };
    assert_eq!(reading.receipt.map(|receipt| receipt.open), Some(true));
    assert_eq!(reading.shift_expired, Some(true));
}

#[test]
fn every_question_is_of_use() {
    for dialect in DialectName::ALL {
        let values = values(*dialect);
        let questions = values.questions();
        assert!(questions.iter().all(|(_, told)| !told.is_empty()), "{dialect}");
        let told: BTreeSet<_> = questions.iter().flat_map(|(_, told)| told).copied().collect();
        let never: BTreeSet<_> = values.unsupported().into_iter().map(|(it, _)| it).collect();
        assert!(told.is_disjoint(&never), "{dialect}");
        assert_eq!(told.len() + never.len(), KktValue::ALL.len(), "{dialect}");
    }
}
