use super::*;
use crate::client::{Client, Timeouts};
use crate::error::Error;
use crate::protocol::massa_k_100::{ErrorCode, GET_MASSA, GET_WEIGHT};
use crate::protocol::{Options, massa_k_100, with_options};
use crate::weight::{FaultKind, Reading};
use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;

/// A port to a simulated scale, at whose every read a tick of time goes by.
#[derive(Clone)]
pub(crate) struct Pipe {
    pub(crate) scale: Rc<RefCell<Simulator>>,
    now: Rc<RefCell<Duration>>,
    waiting: Rc<RefCell<Vec<u8>>>,
    at_once: usize,
}

impl Pipe {
    pub(crate) fn new(state: State, at_once: usize) -> Self {
        Self::to(massa_k_100::NAME, state, at_once)
    }

    pub(crate) fn to(protocol: &str, state: State, at_once: usize) -> Self {
        let mut scale = Simulator::of(protocol, state).unwrap();
        scale.connect(Duration::ZERO);
        Self {
            scale: Rc::new(RefCell::new(scale)),
            now: Rc::default(),
            waiting: Rc::default(),
            at_once,
        }
    }

    pub(crate) fn client(&self) -> Client<Self> {
        let timeouts = Timeouts { answer: Duration::from_millis(30), ..Timeouts::default() };
        let options =
            Options { variant: self.scale.borrow().state().variant, ..Options::default() };
        let protocol = self.scale.borrow().protocol();
        Client::new(self.clone(), with_options(protocol, &options).unwrap(), timeouts)
    }
}

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        *self.now.borrow_mut() += Duration::from_millis(1);
        let mut scale = self.scale.borrow_mut();
        if scale.hangs_up() {
            return Ok(0);
        }
        let mut waiting = self.waiting.borrow_mut();
        while let Some(bytes) = scale.transmit(*self.now.borrow()) {
            waiting.extend(bytes);
        }
        let count = waiting.len().min(self.at_once).min(buf.len());
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        buf[..count].copy_from_slice(&waiting[..count]);
        waiting.drain(..count);
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let count = buf.len().min(self.at_once);
        self.scale.borrow_mut().receive(&buf[..count], *self.now.borrow());
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        panic!("the client must not flush")
    }
}

fn shown(state: State) -> String {
    match Pipe::new(state, 3).client().weigh().unwrap() {
        Reading::Weight(weight) => weight.to_string(),
        Reading::Fault(fault) => format!("{:?} {:02X}", fault.kind, fault.code.unwrap_or_default()),
    }
}

#[test]
fn every_state_is_weighed() {
    let state = State::default;
    for (state, wanted) in [
        (State { weight_grams: 1234, ..state() }, "1.234"),
        (State { weight_grams: -20, ..state() }, "-0.020"),
        (State { weight_grams: 4190, division_code: 2, ..state() }, "4.19"),
        (State { weight_grams: 1234, division_code: 0, tells_tare: false, ..state() }, "1.2340"),
        (State { weight_grams: 7000, division_code: 4, ..state() }, "7"),
        (State { weight_grams: 55, series_r: true, ..state() }, "0.055"),
        (State { overload: true, ..state() }, "Overload 08"),
        (State { fault: Some(0x17), ..state() }, "Defect 17"),
        (State { fault: Some(0x09), ..state() }, "NotWeighing 09"),
        (State { fault: Some(0x77), ..state() }, "Refused 77"),
    ] {
        assert_eq!(shown(state.clone()), wanted, "{state:?}");
    }
}

#[test]
fn flags_and_tare_are_told() {
    let state = State { weight_grams: 0, tare_grams: 200, stable: false, ..State::default() };
    let Reading::Weight(weight) = Pipe::new(state, 1).client().weigh().unwrap() else { panic!() };
    assert_eq!((weight.stable, weight.net, weight.zero), (Some(false), Some(true), Some(false)));
    assert_eq!(
        (weight.tare_milligrams(), weight.gross_milligrams()),
        (Some(200_000), Some(200_000))
    );
    let state = State { series_r: true, ..State::default() };
    let Reading::Weight(weight) = Pipe::new(state, 99).client().weigh().unwrap() else { panic!() };
    assert_eq!((weight.net, weight.zero, weight.tare), (None, None, None));
}

#[test]
fn misbehaviour_ends_in_a_weight_or_a_typed_error() {
    let weigh = |misbehaviour| {
        let pipe = Pipe::new(State { weight_grams: 5, ..State::default() }, 64);
        pipe.scale.borrow_mut().misbehave(misbehaviour);
        pipe.client().weigh()
    };
    for fine in [
        Misbehaviour::None,
        Misbehaviour::NoiseBefore,
        Misbehaviour::Split,
        Misbehaviour::Delay(Duration::from_millis(5)),
    ] {
        assert!(matches!(weigh(fine), Ok(Reading::Weight(_))), "{fine:?}");
    }
    assert!(matches!(weigh(Misbehaviour::Silent), Err(Error::Timeout { .. })));
    assert!(matches!(weigh(Misbehaviour::Garbage), Err(Error::Garbage { .. })));
    assert!(matches!(weigh(Misbehaviour::HangUp), Err(Error::Closed)));
    let error = weigh(Misbehaviour::WrongChecksum).unwrap_err();
    assert!(error.to_string().contains("wrong checksum: got"), "{error}");
}

#[test]
fn a_late_answer_is_not_the_next_one() {
    let pipe = Pipe::new(State { weight_grams: 1, ..State::default() }, 64);
    let mut client = pipe.client();
    pipe.scale.borrow_mut().misbehave(Misbehaviour::Delay(Duration::from_secs(3600)));
    assert!(client.weigh().is_err());
    // The answer to the first request arrives, then the scale is quick again with another weight.
    *pipe.now.borrow_mut() += Duration::from_secs(3601);
    pipe.scale.borrow_mut().misbehave(Misbehaviour::None);
    pipe.scale.borrow_mut().state_mut().weight_grams = 2;
    assert!(matches!(client.weigh(), Ok(Reading::Weight(weight)) if weight.value == 2));
}

#[test]
fn a_scale_without_any_weight_command_is_unsupported() {
    let pipe = Pipe::new(State { fault: Some(ErrorCode::UNSUPPORTED.0), ..State::default() }, 64);
    assert!(matches!(pipe.client().weigh(), Err(Error::Unsupported)));
}

#[test]
fn only_listed_requests_leave_the_client() {
    let pipe = Pipe::new(State { series_r: true, ..State::default() }, 64);
    pipe.client().weigh().unwrap();
    let scale = pipe.scale.borrow();
    let sent: Vec<_> = scale.requests().keys().cloned().collect();
    assert_eq!(sent, [vec![GET_MASSA], vec![GET_WEIGHT]]);
    assert_eq!(scale.cycles(), 2);
    let safe = massa_k_100::SAFE;
    assert!(sent.iter().all(|body| safe.contains(&body.as_slice())));
}

#[track_caller]
fn check_exchange(scale: &mut Simulator, request: &str, answer: &str) {
    let bytes = |hex: &str| -> Vec<u8> {
        hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
    };
    scale.receive(&bytes(request), Duration::ZERO);
    assert_eq!(scale.transmit(Duration::ZERO), Some(bytes(answer)));
    assert_eq!(scale.transmit(Duration::ZERO), None);
}

#[test]
fn the_listed_exchanges_byte_for_byte() {
    let mut scale = Simulator::of(massa_k_100::NAME, State::default()).unwrap();
    check_exchange(
        &mut scale,
        "F8 55 CE 01 00 23 23 00",
        "F8 55 CE 0D 00 24 00 00 00 00 01 01 00 01 00 00 00 00 FC 23",
    );
    check_exchange(&mut scale, "F8 55 CE 01 00 72 72 00", "F8 55 CE 01 00 27 27 00");
    check_exchange(&mut scale, "F8 55 CE 05 00 A3 F4 01 00 00 E8 2B", "F8 55 CE 01 00 12 12 00");
    assert_eq!(scale.state().tare_grams, 500);
    scale.state_mut().overload = true;
    check_exchange(&mut scale, "F8 55 CE 01 00 23 23 00", "F8 55 CE 02 00 28 08 08 28");
    let state = State { weight_grams: 1234, stable: false, tells_tare: false, ..State::default() };
    check_exchange(
        &mut Simulator::of(massa_k_100::NAME, state).unwrap(),
        "F8 55 CE 01 00 23 23 00",
        "F8 55 CE 09 00 24 D2 04 00 00 01 00 00 00 F3 3A",
    );
    assert_eq!(FaultKind::Overload, ErrorCode::OVERLOAD.fault().kind);
}

/// What a scale of each protocol is read as: positive, net, in motion, negative, overload,
/// underload, fault. "-": the protocol cannot say it, and the simulator does not.
const READ: [(&str, [&str; 7]); 9] = [
    ("massa-k-100", ["1.234", "1.000 net", "1.234 moving", "-0.020", "Overload", "-", "Defect"]),
    ("massa-k-2", ["1.234", "1.000 net", "1.234 moving", "-0.020", "-", "-", "-"]),
    ("pos2", ["1.234", "1.000 net", "1.234 moving", "-0.020", "Overload", "Underload", "Refused"]),
    ("cas-ecr", ["1.234", "1.000", "1.234 moving", "-0.020", "Overload", "-", "OutOfRange"]),
    ("cas-22", ["1.234", "1.000 net", "1.234 moving", "-0.020", "Overload", "-", "-"]),
    (
        "toledo-8217",
        ["1.234", "1.000 net", "NotReady", "Underload", "Overload", "Underload", "NotWeighing"],
    ),
    (
        "sasi",
        ["1.234", "1.000 net", "NotReady", "Underload", "OutOfRange", "Underload", "NotWeighing"],
    ),
    ("mt-sics", ["1.234", "1.000", "1.234 moving", "-0.020", "Overload", "Underload", "NotReady"]),
    (
        "toledo-continuous",
        ["1.234", "1.000 net", "1.234 moving", "-0.020", "OutOfRange", "OutOfRange", "NotWeighing"],
    ),
];

fn read(protocol: &str, state: &State, at_once: usize) -> String {
    let pipe = Pipe::to(protocol, state.clone(), at_once);
    let mut client = pipe.client();
    client.timeouts_mut().answer = Duration::from_secs(20);
    match client.weigh() {
        Ok(Reading::Weight(weight)) => {
            let net = if weight.net == Some(true) { " net" } else { "" };
            let moving = if weight.stable == Some(false) { " moving" } else { "" };
            format!("{weight}{net}{moving}")
        }
        Ok(Reading::Fault(fault)) => format!("{:?}", fault.kind),
        Err(error) => format!("{error}"),
    }
}

#[test]
fn every_protocol_tells_what_it_can() {
    let state = State { weight_grams: 1234, ..State::default() };
    let states = [
        state.clone(),
        State { weight_grams: 1000, tare_grams: 234, ..state.clone() },
        State { stable: false, ..state.clone() },
        State { weight_grams: -20, ..state.clone() },
        State { overload: true, ..state.clone() },
        State { underload: true, ..state.clone() },
        State { fault: Some(0x19), ..state.clone() },
    ];
    for (protocol, wanted) in READ {
        for (state, wanted) in states.iter().zip(wanted) {
            for at_once in [1, 3, 99] {
                let read = read(protocol, state, at_once);
                let cannot = wanted == "-" && read == "1.234";
                assert!(read == wanted || cannot, "{protocol} {state:?}: {read}");
            }
        }
    }
}

#[test]
fn every_protocol_ends_misbehaviour_in_a_weight_or_a_typed_error() {
    let weigh = |protocol, misbehaviour, found| {
        let pipe = Pipe::to(protocol, State { weight_grams: 5, ..State::default() }, 64);
        pipe.scale.borrow_mut().misbehave(misbehaviour);
        let mut client = pipe.client();
        // What is found is found at once; what is not takes all the time.
        client.timeouts_mut().answer = Duration::from_millis(if found { 20_000 } else { 200 });
        client.weigh()
    };
    for (protocol, _) in READ {
        let split = weigh(protocol, Misbehaviour::Split, true);
        assert!(matches!(split, Ok(Reading::Weight(weight)) if weight.value == 5), "{protocol}");
        let silent = weigh(protocol, Misbehaviour::Silent, false);
        assert!(matches!(silent, Err(Error::Timeout { .. })), "{protocol}: {silent:?}");
        let closed = weigh(protocol, Misbehaviour::HangUp, true);
        assert!(matches!(closed, Err(Error::Closed)), "{protocol}: {closed:?}");
        for misbehaviour in [Misbehaviour::Garbage, Misbehaviour::WrongChecksum] {
            let bad = weigh(protocol, misbehaviour, false);
            let typed = matches!(bad, Err(Error::Garbage { .. } | Error::Decode(_)));
            assert!(typed, "{protocol} {misbehaviour:?}: {bad:?}");
        }
        // Where an answer has no beginning of its own, noise before it makes it none.
        let begins = !matches!(protocol, "massa-k-2" | "mt-sics");
        let noisy = weigh(protocol, Misbehaviour::NoiseBefore, begins);
        let found = matches!(noisy, Ok(Reading::Weight(weight)) if weight.value == 5);
        assert!(found || !begins && noisy.is_err(), "{protocol}: {noisy:?}");
    }
}

#[test]
fn a_pan_in_motion_a_drift_and_an_item_left_on_it() {
    let at = |motion, milliseconds| {
        let state = State { weight_grams: 1000, motion, ..State::default() };
        let shown = state.shown(Duration::from_millis(milliseconds));
        (shown.grams, shown.stable)
    };
    let (swing, stable) = at(Motion::Settling, 200);
    assert!(swing > 1000 && !stable, "{swing}");
    assert!(at(Motion::Settling, 300).0 < 1000);
    assert_eq!(at(Motion::Settling, 1500), (1000, true));
    assert_eq!(at(Motion::Drifting(-6), 30_000), (997, true));
    assert_eq!(at(Motion::ItemLeft(150), 1000), (1150, true));
    assert_eq!(at(Motion::ItemLeft(150), 5000), (150, true));
}

#[test]
fn the_exchanges_of_pos2_cas_and_8217_byte_for_byte() {
    let state = |grams| State { weight_grams: grams, ..State::default() };
    let mut scale = Simulator::of("pos2", state(1544)).unwrap();
    check_exchange(&mut scale, "05", "15");
    check_exchange(
        &mut scale,
        "02 05 3A 30 30 33 30 3C",
        "06 02 0B 3A 00 15 00 08 06 00 00 00 00 00 2A",
    );
    check_exchange(
        &mut scale,
        "02 02 E8 00 EA",
        "06 02 18 E8 00 00 00 03 FD 98 3A 28 00 70 17 70 17 98 3A 00 00 02 05 00 00 02 00 23",
    );
    scale.receive(&[0x02, 0x07, 0x32, 0x30, 0x30, 0x33, 0x30, 0x90, 0x01, 0xA7], Duration::ZERO);
    assert_eq!(scale.state().tare_grams, 400);
    let mut scale = Simulator::of("cas-ecr", state(1234)).unwrap();
    check_exchange(&mut scale, "05", "06");
    check_exchange(&mut scale, "11", "01 02 53 20 30 31 2E 32 33 34 6B 67 65 03 04");
    let mut scale = Simulator::of("toledo-8217", state(1235)).unwrap();
    check_exchange(&mut scale, "57", "02 30 31 2E 32 33 35 0D");
    let mut scale = Simulator::of("massa-k-2", state(0)).unwrap();
    check_exchange(&mut scale, "4A", "C0 00 00 00 00");
    let mut scale = Simulator::of("massa-k-2", State { division_code: 2, ..state(-1230) }).unwrap();
    check_exchange(&mut scale, "4A", "80 04 7B 00 80");
    scale.state_mut().weight_grams = -500;
    check_exchange(&mut scale, "45", "F4 81");
    let mut scale = Simulator::of("cas-22", state(1234)).unwrap();
    scale.connect(Duration::ZERO);
    let frame = scale.transmit(Duration::from_secs(1)).unwrap();
    assert_eq!(frame, b"ST,GS,1\xC4,  01.234 kg\r\n");
}

#[test]
fn pos2_asks_for_its_counts_once_and_then_only_for_the_weight() {
    let state = State { weight_grams: 1234, power: -4, ..State::default() };
    let pipe = Pipe::to("pos2", state, 64);
    let mut client = pipe.client();
    for _ in 0..2 {
        let Reading::Weight(weight) = client.weigh().unwrap() else { panic!() };
        assert_eq!(weight.to_string(), "1.2340");
    }
    let scale = pipe.scale.borrow();
    let times = |body: &[u8]| scale.requests().get(body).copied();
    assert_eq!(times(b"\xFC"), Some(1));
    assert_eq!(times(b"\xEA"), Some(1));
    assert_eq!(times(b"\xE8\x00"), Some(1));
    assert_eq!(times(b"\x3A0030"), Some(2));
    assert_eq!(scale.requests().len(), 6, "and ENQ and ACK");
}

#[test]
fn pos2_never_asks_again_after_a_wrong_password() {
    let pipe = Pipe::to("pos2", State { password: *b"1234", ..State::default() }, 64);
    let mut client = pipe.client();
    for _ in 0..3 {
        let Reading::Fault(fault) = client.weigh().unwrap() else { panic!() };
        assert_eq!((fault.kind, fault.code), (FaultKind::WrongPassword, Some(122)));
    }
    assert_eq!(pipe.scale.borrow().cycles(), 1);
}

#[test]
fn mertech_bits_mean_other_things_or_nothing() {
    let state = State { variant: crate::protocol::pos2::Variant::Mertech, ..State::default() };
    let weigh = |state| match Pipe::to("pos2", state, 64).client().weigh().unwrap() {
        Reading::Weight(weight) => (weight.stable, weight.zero),
        Reading::Fault(fault) => panic!("{fault}"),
    };
    assert_eq!(weigh(state.clone()), (Some(true), Some(true)));
    assert_eq!(weigh(State { tells_state: false, ..state }), (None, None));
}

#[test]
fn a_massa_scale_that_leaves_j_unanswered_is_asked_e() {
    let state = State { weight_grams: -7, only_grams: true, ..State::default() };
    let pipe = Pipe::to("massa-k-2", state, 64);
    let mut client = pipe.client();
    for _ in 0..2 {
        let Reading::Weight(weight) = client.weigh().unwrap() else { panic!() };
        assert_eq!((weight.to_string().as_str(), weight.stable), ("-0.007", None));
    }
    let asked = pipe.scale.borrow().requests().clone();
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), [(vec![0x45], 2), (vec![0x4A], 1)]);
}
