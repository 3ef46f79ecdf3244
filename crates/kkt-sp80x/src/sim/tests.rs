use std::time::Duration;

use super::*;
use crate::DialectName;
use crate::data::Kind;
use crate::explain::{Direction, Explainer};
use crate::fault::{ArmFault, PoneFault};
use crate::frame::tests::unhex;

const NOW: Duration = Duration::ZERO;
const LATER: Duration = Duration::from_secs(60);

/// SQ-1 of the protocol page; SA-n is answered to it or its sisters.
const ASK_MODEL: &str = "02 50 4F 4E 45 21 41 35 30 1C 03 36 65";

fn pone(state: PoneState) -> PoneSimulator {
    let mut simulator = PoneSimulator::new(state);
    simulator.connect(NOW);
    simulator
}

#[track_caller]
fn check_pone(simulator: &mut PoneSimulator, request: &str, answer: &str) {
    simulator.receive(&unhex(request), NOW);
    let sent: Vec<_> = std::iter::from_fn(|| simulator.transmit(LATER)).collect();
    assert_eq!(sent, [unhex(answer)], "{request}");
}

/// The requests of an independent client and the answers that it takes, byte for byte.
#[test]
fn the_listed_requests_of_pone_have_the_listed_answers() {
    let mut device = pone(PoneState::default());
    for (request, answer) in [
        // SQ-2 and SA-2, SQ-4 and SA-3, SQ-5 and SA-4, SQ-6 and SA-5, ST-1 and SA-6
        (
            "02 50 4F 4E 45 22 41 36 1C 03 35 65",
            "02 22 41 36 30 30 30 38 30 31 30 30 31 32 33 34 1C 03 34 37",
        ),
        ("02 50 4F 4E 45 26 41 46 36 1C 03 31 63", "02 26 41 46 30 30 33 2E 30 31 1C 03 32 32"),
        ("02 50 4F 4E 45 27 41 46 37 1C 03 31 63", "02 27 41 46 30 30 33 2E 30 34 1C 03 32 36"),
        ("02 50 4F 4E 45 28 41 31 33 33 1C 30 1C 03 37 66", "02 28 41 31 30 30 31 1C 03 37 36"),
        (
            "02 50 4F 4E 45 29 30 30 32 34 31 31 32 36 1C 30 31 35 36 33 37 1C 03 33 61",
            "02 29 30 30 30 30 03 32 61",
        ),
    ] {
        check_pone(&mut device, request, answer);
    }
    assert_eq!(device.requests().len(), 5);
    assert_eq!(device.requests().get("A1 [33] [0]"), Some(&1));
}

/// What a simulated `pone` device says to a request, in words.
fn said(device: &mut PoneSimulator, request: &str) -> String {
    let mut explainer = Explainer::new(DialectName::Pone);
    let request = unhex(request);
    explainer.explain(Direction::Request, &request);
    device.receive(&request, NOW);
    let sent: Vec<u8> = std::iter::from_fn(|| device.transmit(LATER)).flatten().collect();
    let said = explainer.explain(Direction::Answer, &sent);
    let lines = said.into_iter().map(|it| it.map_or_else(|e| e.to_string(), |m| m.to_string()));
    lines.collect::<Vec<_>>().join("; ")
}

#[test]
fn what_changes_a_pone_device_is_refused() {
    let mut device = pone(PoneState::default());
    // ST-3 subtotal and ST-8 Z report
    for request in [
        "02 50 4F 4E 45 2C 33 34 1C 03 32 30",
        "02 50 4F 4E 45 31 36 31 88 A2 A0 AD AE A2 1C 03 31 36",
    ] {
        let said = said(&mut device, request);
        assert!(said.contains("error_code=2 error=\"wrong function number\""), "{said}");
    }
    // PQ-1: the status request of the sister dialect carries its password.
    let said = said(&mut device, "02 50 49 52 49 20 30 30 03 32 31");
    assert!(said.contains("wrong password"), "{said}");
}

#[test]
fn misbehaviour_of_a_pone_device() {
    let mut device = pone(PoneState { error: Some(PoneFault::PAPER_END), ..Default::default() });
    assert!(said(&mut device, ASK_MODEL).contains("error=\"paper end\""));
    device.state_mut().error = None;
    for (misbehaviour, expected) in [
        (
            Misbehaviour::None,
            "model packet_id=33 command=\"A5\" error_code=0 model_id=801 model=\"SP801-F\" fields=[\"801\"]",
        ),
        (Misbehaviour::Silent, ""),
        (Misbehaviour::Broken, "wrong checksum: got 26, expected 73"),
        (
            Misbehaviour::OtherId,
            "information packet_id=32 command=\"A5\" error_code=0 fields=[\"801\"]",
        ),
    ] {
        device.misbehave(misbehaviour);
        assert_eq!(said(&mut device, ASK_MODEL), expected, "{misbehaviour:?}");
    }
    device.misbehave(Misbehaviour::Busy);
    device.receive(&[0x05], NOW);
    device.receive(&unhex(ASK_MODEL), NOW);
    assert_eq!(device.transmit(LATER), Some(vec![0x06]));
    assert_eq!(device.transmit(LATER), None);
    device.misbehave(Misbehaviour::HangUp);
    device.receive(&unhex(ASK_MODEL), NOW);
    assert!(device.hangs_up() && !device.hangs_up());
}

/// The requests of independent clients and the answers that one of them takes, byte for byte.
#[cfg(feature = "pirit")]
#[test]
fn the_listed_requests_of_pirit_have_the_listed_answers() {
    use crate::command::pirit::PrinterFlags;
    let mut device = PiritSimulator::new(PiritState::default());
    device.connect(NOW);
    device.state_mut().printer = PrinterFlags::NO_PAPER;
    for (request, answer) in [
        // PQ-1 and PA-1, PQ-5 and PA-2, PQ-6 and PA-3, PQ-7 and PA-5, PQ-11 and PA-6
        ("02 50 49 52 49 20 30 30 03 32 31", "02 20 30 30 30 30 30 1C 34 1C 30 1C 03 30 42"),
        ("02 50 49 52 49 22 30 31 32 1C 03 30 43", "02 22 30 31 30 30 32 1C 35 32 1C 03 31 35"),
        (
            "02 50 49 52 49 23 30 32 31 1C 03 30 44",
            "02 23 30 32 30 30 31 1C 30 34 39 37 31 32 33 34 35 36 37 38 39 30 31 32 1C 03 31 42",
        ),
        (
            "02 50 49 52 49 25 30 32 31 34 1C 03 33 46",
            "02 25 30 32 30 30 31 34 1C 30 31 30 31 32 38 1C 03 32 42",
        ),
        ("02 50 49 52 49 27 30 34 03 32 32", "02 27 30 34 30 30 32 1C 03 30 45"),
        // PQ-15 and PA-7, PQ-18 and PA-8, PQ-13 and PA-9, PT-1 and PA-10
        (
            "02 50 49 52 49 28 37 38 31 1C 03 30 42",
            "02 28 37 38 30 30 31 1C 39 39 39 39 30 37 38 39 30 30 30 30 31 32 33 34 1C 03 31 37",
        ),
        (
            "02 50 49 52 49 29 37 38 36 1C 03 30 44",
            "02 29 37 38 30 30 36 1C 31 37 1C 31 1C 35 31 1C 03 32 30",
        ),
        (
            "02 50 49 52 49 2B 31 33 03 32 38",
            "02 2B 31 33 30 30 32 34 31 31 32 36 1C 30 39 33 30 31 35 1C 03 32 36",
        ),
        (
            "02 50 49 52 49 2C 31 30 32 34 31 31 32 36 1C 30 39 33 30 31 35 1C 03 32 30",
            "02 2C 31 30 30 30 03 32 45",
        ),
    ] {
        device.receive(&unhex(request), NOW);
        let sent: Vec<_> = std::iter::from_fn(|| device.transmit(LATER)).collect();
        assert_eq!(sent, [unhex(answer)], "{request}");
    }
    // A lone FS is the same request: PQ-2.
    device.receive(&unhex("02 50 49 52 49 20 30 30 1C 03 33 44"), NOW);
    assert!(device.transmit(LATER).is_some());
    assert_eq!(device.requests().get("00"), Some(&2));
}

fn arm(state: ArmState) -> ArmSimulator {
    let mut simulator = ArmSimulator::new(state);
    simulator.connect(NOW);
    simulator
}

/// A request as an independent program writes it: AQ-1 of the protocol page with any command.
fn ask(command: u32) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ArmRequest>\n <RequestBody>\n  \
         <ProtocolLabel>OFDFNARMUKM</ProtocolLabel>\n  <ProtocolVersion>13.0</ProtocolVersion>\n  \
         <RequestId>{{request-id}}</RequestId>\n  <DateTime>2026-09-15 19:30:00</DateTime>\n  \
         <Command>{command}</Command>\n  <msgFFDVer>4</msgFFDVer>\n  <msgContVer>1</msgContVer>\n \
         </RequestBody>\n <RequestData><![CDATA[]]></RequestData>\n</ArmRequest>"
    )
}

fn answered(device: &mut ArmSimulator, command: u32) -> String {
    device.receive(ask(command).as_bytes(), NOW);
    let sent: Vec<u8> = std::iter::from_fn(|| device.transmit(LATER)).flatten().collect();
    String::from_utf8(sent).unwrap()
}

/// AQ-1 and AA-1: the whole document.
#[test]
fn the_listed_request_of_arm_has_the_listed_answer() {
    let state = ArmState {
        shift: ShiftKind::Closed,
        last_document: None,
        fn_number: None,
        ..ArmState::default()
    };
    let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <ArmResponse><ResponseBody><Result>0</Result><ErrorCode>0</ErrorCode>\n\
        <ErrorDescription></ErrorDescription><Command>3</Command></ResponseBody>\n\
        <ResponseData><![CDATA[<pa n=\"200000\" t=\"7\"><pa n=\"ShiftState\" t=\"4\">0</pa></pa>]]>\
        </ResponseData></ArmResponse>";
    assert_eq!(answered(&mut arm(state), 2), expected);
    // AA-3
    let clock = answered(&mut arm(ArmState::default()), 22);
    let data = "<pa n=\"200001\" t=\"7\"><pa n=\"DateTime\" t=\"5\">2026-09-15 19:30:03</pa></pa>";
    assert!(clock.contains(data), "{clock}");
}

#[test]
fn what_changes_an_arm_device_is_refused() {
    let mut device = arm(ArmState::default());
    for command in [4, 6, 8, 24, 46, 54, 56] {
        assert!(answered(&mut device, command).contains("<Result>1</Result>"), "{command}");
    }
    device.state_mut().error = Some(ArmFault::new(1, 0, ""));
    let refused = answered(&mut device, 22);
    // AA-4: an error whose code is 0.
    assert!(refused.contains("<Result>1</Result><ErrorCode>0</ErrorCode>"), "{refused}");
}

#[test]
fn unpublished_fields_are_absent_until_somebody_adds_them() {
    let mut device = arm(ArmState::default());
    assert!(!answered(&mut device, 44).contains("1097"));
    let path = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    device.state_mut().extra = vec![
        ExtraField {
            command: 44,
            path: path(&["200000", "1097"]),
            kind: Kind::UNSIGNED,
            text: "3".into(),
        },
        ExtraField {
            command: 44,
            path: path(&["200000", "Printer", "Paper"]),
            kind: Kind::TEXT,
            text: "<out>".into(),
        },
    ];
    let answer = answered(&mut device, 44);
    assert!(answer.contains("<pa n=\"1097\" t=\"4\">3</pa>"), "{answer}");
    let nested = "<pa n=\"Printer\" t=\"7\"><pa n=\"Paper\" t=\"1\">&lt;out&gt;</pa></pa>";
    assert!(answer.contains(nested), "{answer}");
    assert!(!answered(&mut device, 2).contains("1097"));
}
