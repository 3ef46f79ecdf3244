use super::*;
use crate::client::{Client, Timeouts};
use crate::error::Error;
use crate::protocol::massa_k_100::{ErrorCode, MassaK100};
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
        let mut scale = Simulator::new(state);
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
        Client::new(self.clone(), Box::new(MassaK100::default()), timeouts)
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
        Reading::Fault(fault) => format!("{:?} {:02X}", fault.kind, fault.code),
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
        (State { fault: Some(ErrorCode(0x17)), ..state() }, "Defect 17"),
        (State { fault: Some(ErrorCode(0x09)), ..state() }, "NotWeighing 09"),
        (State { fault: Some(ErrorCode(0x77)), ..state() }, "Refused 77"),
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
    let pipe = Pipe::new(State { fault: Some(ErrorCode::UNSUPPORTED), ..State::default() }, 64);
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
    let safe = crate::protocol::massa_k_100::SAFE;
    assert!(sent.iter().all(|body| matches!(body.as_slice(), [code] if safe.contains(code))));
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
    let mut scale = Simulator::new(State::default());
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
        &mut Simulator::new(state),
        "F8 55 CE 01 00 23 23 00",
        "F8 55 CE 09 00 24 D2 04 00 00 01 00 00 00 F3 3A",
    );
    assert_eq!(FaultKind::Overload, ErrorCode::OVERLOAD.fault().kind);
}
