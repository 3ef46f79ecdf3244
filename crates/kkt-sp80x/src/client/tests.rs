//! The client over a pipe to a simulator.
#![cfg(feature = "sim")]

use std::io;
use std::time::Duration;

use super::*;
use crate::envelope::{Form, RequestId};
use crate::error::DecodeError;
use crate::exchange::{ArmSettings, StxSettings, Timeouts};
use crate::fault::{ArmFault, Fault, PoneFault};
use crate::sim::{ArmSimulator, ArmState, Misbehaviour, PoneSimulator, PoneState, ShiftKind};
use crate::value::{CivilDateTime, Kopecks};
use crate::{ARM_SAFE, command};

/// What both simulators are, to a pipe.
trait Device {
    fn receive(&mut self, bytes: &[u8], now: Duration);
    fn transmit(&mut self, now: Duration) -> Option<Vec<u8>>;
    fn hangs_up(&mut self) -> bool;
}

macro_rules! device {
    ($simulator:ty) => {
        impl Device for $simulator {
            fn receive(&mut self, bytes: &[u8], now: Duration) {
                self.receive(bytes, now);
            }
            fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
                self.transmit(now)
            }
            fn hangs_up(&mut self) -> bool {
                self.hangs_up()
            }
        }
    };
}
device!(PoneSimulator);
device!(ArmSimulator);
#[cfg(feature = "pirit")]
device!(crate::sim::PiritSimulator);

/// A port with a simulator behind it, whose time goes on by itself: a read that finds nothing lets
/// some of it pass.
#[derive(Debug)]
struct Pipe<S> {
    simulator: S,
    now: Duration,
    pending: Vec<u8>,
    /// Bytes that come before anything else.
    stale: Vec<u8>,
    /// The most that one read or write takes.
    piece: usize,
    /// How often a write first says "not now".
    ticks: u32,
    written: Vec<u8>,
}

impl<S: Device> Read for Pipe<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.simulator.hangs_up() {
            return Ok(0);
        }
        if self.pending.is_empty() {
            let stale = Some(std::mem::take(&mut self.stale)).filter(|stale| !stale.is_empty());
            match stale.or_else(|| self.simulator.transmit(self.now)) {
                Some(bytes) => self.pending = bytes,
                None => {
                    self.now += Duration::from_millis(5);
                    return Err(ErrorKind::TimedOut.into());
                }
            }
        }
        let count = self.pending.len().min(self.piece).min(buf.len());
        buf[..count].copy_from_slice(&self.pending[..count]);
        self.pending.drain(..count);
        Ok(count)
    }
}

impl<S: Device> Write for Pipe<S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.ticks > 0 {
            self.ticks -= 1;
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = buf.len().min(self.piece);
        self.written.extend(&buf[..count]);
        self.simulator.receive(&buf[..count], self.now);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("the client never flushes");
    }
}

fn pipe<S>(simulator: S) -> Pipe<S> {
    let (pending, stale, written) = (Vec::new(), Vec::new(), Vec::new());
    Pipe { simulator, now: Duration::ZERO, pending, stale, piece: 4096, ticks: 0, written }
}

/// Limits that keep the tests of silence short.
const SHORT: Timeouts = Timeouts {
    write: Duration::from_millis(20),
    silence: Duration::from_millis(20),
    answer: Duration::from_millis(60),
};

fn pone(state: PoneState, misbehaviour: Misbehaviour) -> Client<Pipe<PoneSimulator>, Pone> {
    let mut simulator = PoneSimulator::new(state);
    simulator.connect(Duration::ZERO);
    simulator.misbehave(misbehaviour);
    let settings = StxSettings { timeouts: limits(misbehaviour), ..StxSettings::default() };
    Client::new(pipe(simulator), settings)
}

fn arm(state: ArmState, misbehaviour: Misbehaviour) -> Client<Pipe<ArmSimulator>, Arm> {
    let mut simulator = ArmSimulator::new(state);
    simulator.connect(Duration::ZERO);
    simulator.misbehave(misbehaviour);
    let timeouts = limits(misbehaviour);
    Client::new(pipe(simulator), ArmSettings { timeouts, ..arm_settings() })
}

fn arm_settings() -> ArmSettings {
    ArmSettings::new(|| CivilDateTime::new(2026, 11, 24, 9, 30, 15).unwrap())
}

/// Short where silence is awaited, long where an answer is.
fn limits(misbehaviour: Misbehaviour) -> Timeouts {
    match misbehaviour {
        Misbehaviour::Silent
        | Misbehaviour::Busy
        | Misbehaviour::Garbage
        | Misbehaviour::OtherId => SHORT,
        _ => StxSettings::default().timeouts,
    }
}

/// Asks everything and compares it with the state.
#[track_caller]
fn check_pone(client: &mut Client<Pipe<PoneSimulator>, Pone>) {
    let status = client.status().unwrap();
    assert_eq!(status.document_open(), Some(true));
    assert_eq!(status.current.certain(), Some(4));
    assert_eq!(client.shift_number().unwrap(), 17);
    assert_eq!(client.model().unwrap(), Model(801));
    assert_eq!(client.factory_number().unwrap(), "0801001234");
    assert_eq!(client.boot_version().unwrap(), "3.01");
    assert_eq!(client.flash_version().unwrap(), "3.04");
    let setting = command::pone::ReadSetting { row: 33, column: 0 };
    assert_eq!(client.call(&setting).unwrap(), "1");
}

#[track_caller]
fn check_arm(client: &mut Client<Pipe<ArmSimulator>, Arm>) {
    let status = client.status().unwrap();
    assert!(status.shift.unwrap().is_open());
    assert_eq!(status.last_document, Some(4660));
    let short = client.short_status().unwrap();
    assert_eq!((short.shift_expired, short.shift_number), (Some(true), Some(17)));
    assert_eq!(client.counters_of_shift().unwrap().cash, Some(Kopecks(0)));
    assert!(client.clock().unwrap().date_time.to_string().starts_with("2026-09-15T19:30:"));
    let registration = client.registration().unwrap();
    assert_eq!(registration.address.as_deref(), Some("Москва, ул. Примерная, 1"));
    assert!(client.drawer().unwrap().data.leaves().len() == 1, "an empty structure");
    assert_eq!(client.information().unwrap().factory_number.as_deref(), Some("0802001234"));
}

fn open_sale() -> PoneState {
    PoneState { document: 0x12, ..PoneState::default() }
}

fn expired() -> ArmState {
    ArmState { shift: ShiftKind::Expired, ..ArmState::default() }
}

#[test]
fn everything_can_be_asked_however_the_bytes_come() {
    for misbehaviour in [
        Misbehaviour::None,
        Misbehaviour::Split,
        Misbehaviour::NoiseBefore,
        Misbehaviour::Delay(Duration::from_millis(30)),
    ] {
        for piece in [4096, 3, 1] {
            let mut client = pone(open_sale(), misbehaviour);
            client.io.piece = piece;
            check_pone(&mut client);
            let mut client = arm(expired(), misbehaviour);
            client.io.piece = piece;
            check_arm(&mut client);
        }
    }
}

#[test]
fn what_reached_the_devices_is_what_is_safe() {
    let mut client = arm(expired(), Misbehaviour::None);
    check_arm(&mut client);
    let mut asked: Vec<_> = client.io.simulator.requests().keys().map(String::as_str).collect();
    asked.sort_by_key(|number| number.parse::<u32>().unwrap());
    assert_eq!(asked, ARM_SAFE);
    let mut client = pone(open_sale(), Misbehaviour::None);
    check_pone(&mut client);
    let asked: Vec<_> = client.io.simulator.requests().keys().map(String::as_str).collect();
    assert_eq!(asked, ["A0", "A1 [33] [0]", "A5 [0]", "A5 [1]", "A6", "AF [6]", "AF [7]"]);
}

#[test]
fn both_forms_and_endings_of_arm() {
    for (form, nul, full) in [
        (Form::Indented, false, false),
        (Form::OneLine, true, true),
        (Form::Indented, true, true),
        (Form::OneLine, false, false),
    ] {
        let state = ArmState { nul, full_envelope: full, ..expired() };
        let mut simulator = ArmSimulator::new(state);
        simulator.connect(Duration::ZERO);
        let settings = ArmSettings { form, first_request_id: RequestId(7), ..arm_settings() };
        let mut client = Client::new(pipe(simulator), settings);
        check_arm(&mut client);
        assert_eq!(client.counters(), Counters::default());
        assert_eq!(client.io.written.contains(&0), form == Form::OneLine);
    }
}

#[test]
fn an_answer_that_came_broken_is_asked_for_once_more() {
    let mut client = pone(PoneState::default(), Misbehaviour::Broken);
    let timeouts = Timeouts { answer: SHORT.answer, silence: SHORT.silence, ..SHORT };
    client.exchange = Exchange::new(StxSettings { timeouts, ..StxSettings::default() });
    let error = client.model().unwrap_err();
    assert!(error.to_string().contains("wrong checksum"), "{error}");
    assert_eq!(client.io.simulator.requests().get("A5 [0]"), Some(&2), "and no third time");
    client.io.simulator.misbehave(Misbehaviour::None);
    assert_eq!(client.model().unwrap(), Model(801));
    assert_eq!(client.counters().repeats, 1);

    let mut client = arm(ArmState::default(), Misbehaviour::Broken);
    client.exchange = Exchange::new(ArmSettings { timeouts: SHORT, ..arm_settings() });
    let error = client.status().unwrap_err();
    assert!(error.to_string().contains("XML is broken"), "{error}");
    assert_eq!(client.io.simulator.requests().get("2"), Some(&2));
    client.io.simulator.misbehave(Misbehaviour::None);
    assert!(client.status().is_ok());
}

#[test]
fn a_late_answer_is_not_taken_for_ours() {
    // SA-1 answers id 35, which is not asked here; then the simulator answers.
    let stale = crate::frame::tests::unhex("06 02 23 41 30 30 30 30 1C 34 1C 30 1C 03 37 39 06");
    let mut client = pone(open_sale(), Misbehaviour::None);
    client.io.stale = stale;
    assert_eq!(client.status().unwrap().document_open(), Some(true), "not that of the late one");
    assert_eq!(client.counters().late, 1);

    let mut client = arm(ArmState { full_envelope: true, ..expired() }, Misbehaviour::None);
    let late = "<ArmResponse><ResponseBody><RequestId>{old}</RequestId><Result>0</Result>\
                <Command>3</Command></ResponseBody></ArmResponse>\0";
    client.io.stale = late.as_bytes().to_vec();
    assert!(client.status().unwrap().shift.is_some());
    assert_eq!(client.counters().late, 1);

    assert!(matches!(
        pone(PoneState::default(), Misbehaviour::OtherId).status(),
        Err(Error::Garbage { last: Some(BadMessage::Late), .. })
    ));
    assert!(matches!(
        arm(ArmState::default(), Misbehaviour::OtherId).status(),
        Err(Error::Garbage { last: Some(BadMessage::Late), .. })
    ));
}

#[test]
fn a_silent_pone_device_is_asked_once_whether_it_is_there() {
    let mut client = pone(PoneState::default(), Misbehaviour::Silent);
    assert!(matches!(client.status(), Err(Error::Timeout { waiting_for: "an answer", .. })));
    assert_eq!(client.io.written.iter().filter(|byte| **byte == 0x05).count(), 1);
    // One that says it is there has the whole time of an answer.
    let mut client = pone(PoneState::default(), Misbehaviour::Busy);
    let Err(Error::Garbage { after, bytes, last: None, .. }) = client.status() else { panic!() };
    assert!(after >= SHORT.answer && bytes > 0, "{after:?}");
}

#[test]
fn a_silent_arm_device_is_never_sent_a_byte_more() {
    let mut client = arm(ArmState::default(), Misbehaviour::Silent);
    assert!(matches!(client.status(), Err(Error::Timeout { .. })));
    assert!(client.io.written.ends_with(b"</ArmRequest>"));
}

#[test]
fn garbage_names_the_dialect() {
    let error = arm(ArmState::default(), Misbehaviour::Garbage).status().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("expected an answer in the dialect arm"), "{text}");
    let error = pone(PoneState::default(), Misbehaviour::Garbage).status().unwrap_err();
    assert!(error.to_string().contains("in the dialect pone"), "{error}");
}

#[test]
fn a_refusal_is_no_failure_of_the_line() {
    let state = PoneState { error: Some(PoneFault::PAPER_END), ..PoneState::default() };
    let error = pone(state, Misbehaviour::None).status().unwrap_err();
    let Error::Refused(fault) = &error else { panic!("{error}") };
    assert!(fault.is_paper());
    let fault = ArmFault::new(1, 0, "Нет бумаги");
    let state = ArmState { error: Some(fault.clone()), ..ArmState::default() };
    let error = arm(state, Misbehaviour::None).status().unwrap_err();
    let Error::Refused(Fault::Arm(got)) = &error else { panic!("{error}") };
    assert_eq!(*got, fault);
    assert!(!Fault::Arm(fault).is_paper(), "a text is no proof");
}

#[test]
fn a_closed_line_and_a_full_one() {
    let mut client = pone(PoneState::default(), Misbehaviour::HangUp);
    assert!(matches!(client.status(), Err(Error::Closed)));
    let mut client = pone(PoneState::default(), Misbehaviour::None);
    client.io.ticks = 3;
    assert!(client.status().is_ok());
    let mut client = pone(PoneState::default(), Misbehaviour::Silent);
    client.io.ticks = u32::MAX;
    let waiting_for = "the line to take a request";
    assert!(
        matches!(client.status(), Err(Error::Timeout { waiting_for: w, .. }) if w == waiting_for)
    );
}

#[test]
fn ids_never_repeat_in_a_row() {
    let mut client = pone(PoneState::default(), Misbehaviour::None);
    for _ in 0..500 {
        client.shift_number().unwrap();
    }
    assert_eq!(client.counters(), Counters::default());
}

#[test]
fn ten_mebibytes_without_an_end_and_then_an_answer() {
    let mut client = arm(expired(), Misbehaviour::None);
    let mut flood = b"<ArmResponse>".to_vec();
    flood.resize(10 * 1024 * 1024, b'<');
    client.io.stale = flood;
    client.io.piece = 64 * 1024;
    check_arm(&mut client);
    assert!(client.counters().broken > 0);
}

/// Each hostile document is a typed error, and the answer behind it is found.
#[test]
fn hostile_documents_and_then_an_answer() {
    let wrapped = |inner: &str| format!("<ArmResponse>{inner}</ArmResponse>").into_bytes();
    let laughs = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
    let deep = "<a>".repeat(100_000);
    let many = "<a/>".repeat(100_000);
    for (document, named) in [
        (wrapped(laughs), "a document type"),
        (wrapped("&b;"), "an entity"),
        (wrapped(&deep), "more than 32 deep"),
        (wrapped(&many), "more than 4096 elements"),
        (wrapped("<ResponseBody>\0</ResponseBody>"), "got byte 00"),
        ([&b"<ArmResponse>\xFF\xFE"[..], b"</ArmResponse>"].concat(), "no UTF-8"),
        (wrapped(&format!("<a {}/>", "b='' ".repeat(9))), "attributes"),
        (wrapped("<ResponseBody></a>"), "broken"),
    ] {
        // Alone it is the error of the call; before an answer it is passed over.
        let mut client = arm(expired(), Misbehaviour::Silent);
        client.io.stale = document.clone();
        let error = client.status().unwrap_err();
        assert!(error.to_string().contains(named), "{named}: {error}");
        let mut client = arm(expired(), Misbehaviour::None);
        client.io.stale = document;
        check_arm(&mut client);
        assert!(client.counters().broken > 0, "{named}");
    }
}

#[test]
fn a_decode_error_says_got_and_expected() {
    let state = ArmState {
        extra: vec![crate::sim::ExtraField {
            command: 2,
            path: vec!["200000".into(), "ShiftState".into()],
            kind: crate::data::Kind::UNSIGNED,
            text: "open".into(),
        }],
        ..ArmState::default()
    };
    let error = arm(state, Misbehaviour::None).status().unwrap_err();
    assert!(matches!(error, Error::Decode(DecodeError::Value { .. })));
    assert!(error.to_string().contains("ShiftState=open"), "{error}");
}

/// Everything that a profile names is asked and read; what a person adds to the simulated KKT and to
/// the profile becomes known.
#[test]
fn a_profile_over_a_client() {
    use crate::profile::ArmQuery;
    use crate::profile::{Entry, Evidence, Place, Profile, Query, Read as How, Reading, Value};

    let path = vec!["200000".to_owned(), "Printer".to_owned(), "Paper".to_owned()];
    let field = crate::sim::ExtraField {
        command: 44,
        path: path.clone(),
        kind: crate::data::Kind::UNSIGNED,
        text: "0".into(),
    };
    let mut client = arm(ArmState { extra: vec![field], ..expired() }, Misbehaviour::None);
    let builtin = Profile::builtin(crate::DialectName::Arm);
    let how = How::Either { yes: "1".into(), no: "0".into() };
    let query = Query::Arm(ArmQuery::ShortStatus);
    let own =
        Entry::new(Value::PaperPresent, query, Place::Path(path), how, Evidence::Device).unwrap();
    let profile = builtin.clone().with_user(vec![own], crate::DialectName::Arm).unwrap();

    let mut told = std::collections::BTreeMap::new();
    for query in profile.queries() {
        let Query::Arm(asked) = query else { panic!("{query}") };
        let reply = client.call(&asked).unwrap();
        for value in Value::ALL {
            if let Some((reading, _)) = profile.read(*value, query, &reply).unwrap() {
                told.insert(*value, reading);
            }
            assert!(builtin.read(Value::PaperPresent, query, &reply).unwrap().is_none());
        }
    }
    assert_eq!(told.get(&Value::PaperPresent), Some(&Reading::Flag(false)));
    assert_eq!(told.get(&Value::ShiftExpired), Some(&Reading::Flag(true)));
    assert_eq!(told.get(&Value::LastDocument), Some(&Reading::Integer(4660)));
    assert_eq!(told.get(&Value::UnsentDocuments), None, "not published, so not told");
    assert_eq!(told.len(), 10);
}

#[cfg(feature = "pirit")]
mod of_pirit {
    use super::*;
    use crate::command::pirit::{ITEMS, OfdFlags, PrinterFlags, ReadSetting};
    use crate::fault::PiritFault;
    use crate::sim::{PiritSimulator, PiritState};
    use crate::{PIRIT_SAFE, Pirit};

    fn pirit(state: PiritState, misbehaviour: Misbehaviour) -> Client<Pipe<PiritSimulator>, Pirit> {
        let mut simulator = PiritSimulator::new(state);
        simulator.connect(Duration::ZERO);
        simulator.misbehave(misbehaviour);
        Client::new(pipe(simulator), StxSettings::default())
    }

    fn waiting() -> PiritState {
        PiritState {
            document: 0x12,
            unsent_documents: 3,
            first_unsent_number: 4658,
            ofd_flags: OfdFlags::TRANSPORT_UP,
            printer: PrinterFlags::NO_PAPER,
            items: ITEMS.iter().map(|item| (item.name(), vec!["1".to_owned()])).collect(),
            ..PiritState::default()
        }
    }

    #[track_caller]
    fn check_pirit(client: &mut Client<Pipe<PiritSimulator>, Pirit>) {
        assert!(client.status().unwrap().document.is_open());
        assert_eq!(client.printer().unwrap().paper_present(), Some(false));
        let queue = client.ofd_queue().unwrap();
        assert_eq!((queue.unsent_documents, queue.first_unsent_number), (3, Some(4658)));
        assert_eq!(queue.first_unsent_at.unwrap().to_string(), "2026-11-24T09:29:59");
        assert!(client.shift().unwrap().open);
        assert_eq!(client.last_fiscal().unwrap().to_string(), "2026-11-24T09:29:59");
        assert!(client.clock().unwrap().to_string().starts_with("2026-11-24T09:3"));
        assert!(client.fn_status().unwrap().state.shift_open());
        assert_eq!(client.next_receipt().unwrap(), 52);
        assert_eq!(client.factory_number().unwrap(), "0497123456789012");
        // The number of the fiscal storage has a field of its own in the simulated state.
        for item in ITEMS.iter().filter(|item| item.name() != "fn-number") {
            assert_eq!(client.call(item).unwrap(), ["1"], "{}", item.name());
        }
        let setting = ReadSetting::new(10, 0).unwrap();
        assert_eq!(client.call(&setting).unwrap(), "7");
    }

    #[test]
    fn everything_can_be_asked_and_all_of_it_is_safe() {
        for misbehaviour in [Misbehaviour::None, Misbehaviour::Split, Misbehaviour::NoiseBefore] {
            let mut client = pirit(waiting(), misbehaviour);
            client.io.piece = 3;
            check_pirit(&mut client);
            let asked = client.io.simulator.requests().keys();
            let asked: Vec<_> = asked.filter(|line| *line != "11 [10] [0]").collect();
            assert!(asked.iter().all(|line| PIRIT_SAFE.contains(&line.as_str())), "{asked:?}");
            assert!(asked.len() > 70);
        }
    }

    #[test]
    fn an_empty_queue_and_paper_beside_an_error() {
        let mut client = pirit(PiritState::default(), Misbehaviour::None);
        let queue = client.ofd_queue().unwrap();
        assert_eq!((queue.unsent_documents, queue.first_unsent_at), (0, None));
        assert_eq!(client.printer().unwrap().paper_present(), Some(true));
        client.io.simulator.state_mut().error = Some(PiritFault(0x09));
        client.io.simulator.state_mut().printer = PrinterFlags::NO_PAPER;
        assert_eq!(client.printer().unwrap().paper_present(), Some(false));
        assert!(matches!(client.ofd_queue(), Err(Error::Refused(_))));
    }

    /// The other dialect's password is refused by the device, whatever the two characters mean there.
    #[test]
    fn a_pone_client_on_a_pirit_device_does_no_harm() {
        let mut simulator = PiritSimulator::new(PiritState::default());
        simulator.connect(Duration::ZERO);
        let mut client = Client::<_, Pone>::new(pipe(simulator), StxSettings::default());
        let error = client.status().unwrap_err();
        assert!(error.to_string().contains("wrong password"), "{error}");
    }
}
