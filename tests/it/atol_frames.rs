//! The example frames of docs/protocols/atol.md: the requests are what our encoders produce, and the
//! simulators answer them with the listed answers, byte for byte.

use std::time::{Duration, Instant};

use kkt_atol::command::{
    ReadDeviceType, ReadFiscalStorage, ReadOfdQueue, ReadShift, ReadStateCode, ReadStatus,
};
use kkt_atol::sim::{Simulator, State};
use kkt_atol::v3::frame::{ASYNC_ID, Deframer};
use kkt_atol::v3::task::{self, Add, Request};
use kkt_atol::{CivilDateTime, Command, Fault, Link, Mode, ReceiptState, v2, v3};

use crate::atol_docs::{bytes, rows};

/// The frames of a link: their ids, bytes, and where they come from.
fn frames(prefix: &str) -> Vec<(String, Vec<u8>, String)> {
    let rows = rows(17).into_iter().filter(|row| row[0].starts_with(prefix));
    rows.map(|row| (row[0].clone(), bytes(row[1].trim_matches('`')).unwrap(), row[3].clone()))
        .collect()
}

fn frame(id: &str) -> Vec<u8> {
    let found = frames(id).into_iter().find(|(name, ..)| name == id);
    found.unwrap_or_else(|| panic!("no {id}")).1
}

/// The commands that a monitor may send, as the driver writes them.
fn commands() -> Vec<Vec<u8>> {
    fn encoded(command: &impl Command) -> Vec<u8> {
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        bytes
    }
    vec![
        encoded(&ReadStatus),
        encoded(&ReadStateCode),
        encoded(&ReadDeviceType),
        encoded(&ReadShift),
        encoded(&ReadOfdQueue),
        encoded(&ReadFiscalStorage),
    ]
}

/// A packet of the link v3: its id and data.
fn packet(bytes: &[u8]) -> (u8, Vec<u8>) {
    let mut deframer = Deframer::new();
    deframer.push(bytes);
    let frame = deframer.next_frame().unwrap().unwrap();
    (frame.id, frame.data.to_vec())
}

fn written(id: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    v3::frame::encode(id, data, &mut bytes).unwrap();
    bytes
}

/// Other programs begin with the task 01, ours with 80: that is all the difference. Of their
/// requests only Abort is never ours.
#[test]
fn requests_of_other_programs_are_what_our_exchange_sends() {
    let (mut adds, mut acks) = (0, 0);
    for (name, listed, origin) in frames("F-v3-") {
        let produced = origin.starts_with("produced");
        let (id, data) = packet(&listed);
        match Request::decode(&data) {
            Ok(Request::Add(Add { task, command, .. })) => {
                assert!(commands().iter().any(|known| known == command), "{name}");
                let (add, _) = sent(id, command);
                let [flags, ours, rest @ ..] = &add[1..] else { panic!("{name}") };
                assert_eq!(*ours, v3::FIRST_TASK, "{name}");
                let as_theirs = [&[add[0], *flags, task], rest].concat();
                assert_eq!(written(id, &as_theirs), listed, "{name}");
                adds += usize::from(produced);
            }
            Ok(Request::Ack { task }) => {
                // The packet before it carried the Add.
                let (_, ack) = sent(id - 1, &commands()[0]);
                assert_eq!(ack, (id, task::ack(v3::FIRST_TASK)), "{name}");
                assert_eq!(written(id, &task::ack(task)), listed, "{name}");
                acks += usize::from(produced);
            }
            Ok(Request::Req { task }) => {
                assert_eq!(written(id, &task::req(task)), listed, "{name}");
            }
            _ => assert!(!produced || name == "F-v3-3", "{name} is no request of ours"),
        }
    }
    assert_eq!((adds, acks), (8, 5), "the requests that other programs produced");
}

/// The data of the Add that an exchange sends, and its Ack with the packet's id.
fn sent(id: u8, command: &[u8]) -> (Vec<u8>, (u8, Vec<u8>)) {
    let now = Instant::now();
    let settings = v3::Settings { first_packet_id: id, ..v3::Settings::default() };
    let mut exchange = v3::Exchange::new(settings);
    exchange.start(command, now);
    let (sent, add) = packet(&exchange.poll_transmit().unwrap());
    assert_eq!(sent, id);
    exchange.receive(&written(id, &[0xA1]), now);
    exchange.receive(&written(ASYNC_ID, &[0xA6, add[2], 0x55, 0x00]), now);
    (add, packet(&exchange.poll_transmit().unwrap()))
}

#[test]
fn requests_of_the_link_v2_are_what_our_exchange_sends() {
    let mut count = 0;
    for (name, listed, _) in frames("F-v2-") {
        let mut deframer = v2::Deframer::for_commands();
        deframer.push(&listed);
        let Some(Ok(v2::Item::Frame([0, 0, command @ ..]))) = deframer.next_item() else {
            continue;
        };
        let now = Instant::now();
        let mut exchange = v2::Exchange::new(v2::Settings::default());
        exchange.start(command, now);
        assert_eq!(exchange.poll_transmit().unwrap(), [0x05], "{name}");
        exchange.receive(&[0x06], now);
        assert_eq!(exchange.poll_transmit().unwrap(), listed, "{name}");
        count += 1;
    }
    assert_eq!(count, 8);
}

/// The device of F-v3-9 and F-v2-14: a sale is open.
fn open_sale() -> State {
    State { receipt_state: ReceiptState::SALE, receipt_sum: 12_345, ..State::default() }
}

/// The device of F-v3-11b: no mode, no receipt.
fn idle() -> State {
    State { mode: Mode::CHOICE, ..State::default() }
}

/// Says a request; gives all that the device says until it is silent.
fn answers(simulator: &mut Simulator, now: &mut Duration, request: &[u8]) -> Vec<Vec<u8>> {
    simulator.receive(request, *now);
    let mut said = Vec::new();
    while let Some(wake) = simulator.wake().filter(|wake| *wake < *now + Duration::from_millis(100))
    {
        *now = wake.max(*now);
        said.extend(std::iter::from_fn(|| simulator.transmit(*now)));
    }
    said
}

fn connected(state: State, link: Link) -> (Simulator, Duration) {
    let mut simulator = Simulator::new(state, link);
    simulator.connect(Duration::ZERO);
    (simulator, Duration::ZERO)
}

#[test]
fn the_simulator_of_the_link_v3_answers_as_listed() {
    #[track_caller]
    fn check(state: State, dialogue: &[(&str, &[&str])]) {
        let (mut simulator, mut now) = connected(state, Link::V3);
        for (request, listed) in dialogue {
            let listed: Vec<_> = listed.iter().map(|id| frame(id)).collect();
            assert_eq!(answers(&mut simulator, &mut now, &frame(request)), listed, "{request}");
        }
    }
    check(
        open_sale(),
        &[
            ("F-v3-3", &["F-v3-4"]),
            ("F-v3-5", &["F-v3-6", "F-v3-7"]),
            ("F-v3-8", &["F-v3-20", "F-v3-9"]),
            ("F-v3-10a", &["F-v3-21", "F-v3-10b"]),
        ],
    );
    check(
        idle(),
        &[
            ("F-v3-3", &["F-v3-4"]),
            ("F-v3-11a", &["F-v3-6", "F-v3-11b"]),
            ("F-v3-12a", &["F-v3-12b"]),
            ("F-v3-22a", &["F-v3-22b", "F-v3-22c"]),
            ("F-v3-22d", &["F-v3-22e"]),
            ("F-v3-23a", &["F-v3-23b", "F-v3-23c"]),
            ("F-v3-23d", &["F-v3-23e"]),
            ("F-v3-24a", &["F-v3-24b", "F-v3-24c"]),
            ("F-v3-24d", &["F-v3-24e"]),
            ("F-v3-14a", &["F-v3-25a", "F-v3-14b"]),
            ("F-v3-25b", &["F-v3-25c"]),
        ],
    );
    let (mut simulator, mut now) = connected(idle(), Link::V3);
    let said = answers(&mut simulator, &mut now, &frame("F-v3-16a"));
    assert_eq!(said.last(), Some(&frame("F-v3-16b")), "the page lists no status before it");
}

/// Each exchange as section 3 shows it for 3Fh.
#[test]
fn the_simulator_of_the_link_v2_answers_as_listed() {
    const ENQ: &[u8] = &[0x05];
    const ACK: &[u8] = &[0x06];
    const EOT: &[u8] = &[0x04];
    #[track_caller]
    fn check(state: State, request: &str, answer: &str) {
        let (mut simulator, mut now) = connected(state, Link::V2);
        let (request, answer) = (frame(request), frame(answer));
        for (said, heard) in [(ENQ, ACK), (&request, ACK), (EOT, ENQ), (ACK, &answer), (ACK, EOT)] {
            assert_eq!(answers(&mut simulator, &mut now, said), [heard], "{said:02X?}");
        }
    }
    let clock = CivilDateTime { year: 2026, month: 11, day: 24, hour: 3, minute: 10, second: 7 };
    check(State { clock, ..open_sale() }, "F-v2-6", "F-v2-14");
    check(State { paper: false, ..State::default() }, "F-v2-7", "F-v2-15");
    check(State::default(), "F-v2-9", "F-v2-17");
    check(State { error: Some(Fault::NO_PAPER), ..State::default() }, "F-v2-6", "F-v2-13");
    let mut counted = open_sale();
    counted.fiscal_storage.last_document = 1234;
    check(counted, "F-v2-11a", "F-v2-21");
}
