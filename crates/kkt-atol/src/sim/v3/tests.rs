use super::*;
use crate::command::StateFlags;
use crate::fault::Fault;
use crate::link::Link;
use crate::mode::Mode;
use crate::sim::{Misbehaviour, Respond, Simulator, State};
use crate::v3::frame::tests::{example, unhex};

const NOW: Duration = Duration::ZERO;
const LATER: Duration = Duration::from_secs(60);

fn connected(state: State) -> Simulator {
    let mut simulator = Simulator::new(state, Link::V3);
    simulator.connect(NOW);
    simulator
}

/// The device of F-v3-11b: no mode, no receipt.
fn idle() -> State {
    State { mode: Mode::CHOICE, ..State::default() }
}

/// Sends bytes and takes all pieces of the answer.
fn answers(simulator: &mut Simulator, request: &[u8]) -> Vec<Vec<u8>> {
    simulator.receive(request, NOW);
    std::iter::from_fn(|| simulator.transmit(LATER)).collect()
}

fn packet(id: u8, data: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode(id, &unhex(data), &mut bytes).unwrap();
    bytes
}

#[test]
fn the_state_of_the_fiscal_storage_byte_for_byte() {
    let mut simulator = connected(idle());
    let both = answers(&mut simulator, &example("F-v3-16a"));
    assert_eq!(both, [packet(0x21, "A1"), example("F-v3-16b")]);
    let asked = answers(&mut simulator, &example("F-v3-18"));
    assert_eq!(
        asked,
        [packet(
            0x22,
            "A3 55 00 03 00 00 01 00 1A 0B 18 01 38 39 39 39 39 30 37 38 39 30 30 30 31 32 33 34 35 34 12 00 00"
        )]
    );
}

/// atol4j acknowledges the task FF that it never added; A3 to that makes it go on for ever.
#[test]
fn an_ack_of_an_unknown_task_is_not_found() {
    let mut simulator = connected(State::default());
    assert_eq!(answers(&mut simulator, &packet(0x05, "C2 FF")), [packet(0x05, "B3")]);
    assert_eq!(answers(&mut simulator, &packet(0x06, "C3 80")), [packet(0x06, "B3")]);
}

#[test]
fn a_task_is_there_until_it_is_acknowledged() {
    let mut simulator = connected(State::default());
    answers(&mut simulator, &packet(0x01, "C1 01 80 00 00 45"));
    assert_eq!(answers(&mut simulator, &packet(0x02, "C3 80")), [packet(0x02, "A3 55 01 00")]);
    let again = answers(&mut simulator, &packet(0x03, "C1 01 80 00 00 45"));
    assert_eq!(again, [packet(0x03, "B2")]);
    assert_eq!(answers(&mut simulator, &packet(0x04, "C2 80")), [packet(0x04, "A3")]);
    assert_eq!(answers(&mut simulator, &packet(0x05, "C2 80")), [packet(0x05, "B3")]);
}

#[test]
fn abort_drops_all_tasks() {
    let mut simulator = connected(State::default());
    answers(&mut simulator, &packet(0x01, "C1 01 80 00 00 45"));
    assert_eq!(answers(&mut simulator, &packet(0x02, "C4")), [packet(0x02, "A3")]);
    assert_eq!(answers(&mut simulator, &packet(0x03, "C3 80")), [packet(0x03, "B3")]);
}

#[test]
fn ack_and_add_in_one() {
    let mut simulator = connected(State::default());
    answers(&mut simulator, &packet(0x01, "C1 01 80 00 00 45"));
    let both = answers(&mut simulator, &packet(0x02, "C5 80 01 81 00 00 45"));
    assert_eq!(both, [packet(0x02, "A3 A1"), packet(0xF0, "A6 81 55 01 00")]);
}

#[test]
fn a_task_without_need_result_keeps_none() {
    let mut simulator = connected(State::default());
    assert_eq!(answers(&mut simulator, &packet(0x01, "C1 00 80 00 00 45")), [packet(0x01, "A1")]);
    assert_eq!(answers(&mut simulator, &packet(0x02, "C3 80")), [packet(0x02, "B3")]);
}

#[test]
fn results_at_once_and_on_demand() {
    let mut simulator = connected(State { respond: Respond::Sync, ..State::default() });
    let direct = answers(&mut simulator, &packet(0x01, "C1 01 80 00 00 45"));
    assert_eq!(direct, [packet(0x01, "A3 55 01 00")]);
    simulator.state_mut().respond = Respond::Polled;
    assert_eq!(answers(&mut simulator, &packet(0x02, "C1 01 80 00 00 45")), [packet(0x02, "A1")]);
    assert_eq!(answers(&mut simulator, &packet(0x03, "C3 80")), [packet(0x03, "A2")]);
    assert_eq!(answers(&mut simulator, &packet(0x04, "C3 80")), [packet(0x04, "A3 55 01 00")]);
}

#[test]
fn refused_commands() {
    #[track_caller]
    fn check(state: State, command: &str, error: &str) {
        let mut simulator = connected(state);
        let both = answers(&mut simulator, &packet(0x01, &format!("C1 01 80 {command}")));
        assert_eq!(both, [packet(0x01, "A1"), packet(0xF0, &format!("A7 80 55 {error}"))]);
        assert_eq!(answers(&mut simulator, &packet(0x02, "C2 80")), [packet(0x02, "A4")]);
    }
    check(State::default(), "00 00 4A", "7A 00");
    check(State::default(), "00 00 A4 02", "7A 00");
    check(State::default(), "00 00 91 33 00 00", "6C 00");
    check(State::default(), "00 00 A4 45 01", "E7 00");
    check(State::default(), "00 00 A4 46", "DA 00");
    check(State::default(), "00 01 3F", "8C 00");
    let error = Some(Fault { code: 0xF6, extended: 0x03 });
    check(State { error, ..State::default() }, "00 00 3F", "F6 03");
}

#[test]
fn a_buffer_that_is_full_or_gets_nonsense() {
    let mut simulator = connected(State { busy: true, ..State::default() });
    assert_eq!(answers(&mut simulator, &packet(0x01, "C1 01 80 00 00 3F")), [packet(0x01, "B1")]);
    assert_eq!(answers(&mut simulator, &packet(0x02, "C1 01 80")), [packet(0x02, "B4")]);
    assert_eq!(answers(&mut simulator, &packet(0x03, "C9")), [packet(0x03, "B4")]);
    simulator.state_mut().busy = false;
    assert_eq!(answers(&mut simulator, &packet(0x04, "C1 01 F0 00 00 3F")), [packet(0x04, "B4")]);
}

#[test]
fn the_state_is_what_the_answers_say() {
    let mut simulator = connected(State {
        paper: false,
        paper_near_end: true,
        cover_open: true,
        factory_number: None,
        printer_faults: StateFlags::CUTTER_ERROR,
        ..State::default()
    });
    let [_, state_code] = &answers(&mut simulator, &packet(0x01, "C1 01 80 00 00 45"))[..] else {
        panic!("two packets");
    };
    assert_eq!(*state_code, packet(0xF0, "A6 80 55 01 89"));
    let [_, status] = &answers(&mut simulator, &packet(0x02, "C1 01 81 00 00 3F"))[..] else {
        panic!("two packets");
    };
    assert_eq!(status[15], 0x63, "flags: no paper, cover open");
    assert_eq!(status[16..20], [0xFF; 4], "no factory number");
}

#[test]
fn the_clock_runs() {
    let mut simulator = connected(State { respond: Respond::Sync, ..State::default() });
    simulator.receive(&packet(0x01, "C1 01 80 00 00 3F"), Duration::from_millis(60_999));
    let status = simulator.transmit(LATER * 2).unwrap();
    assert_eq!(status[11..14], [0x01, 0x57, 0x07]);
}

#[test]
fn broken_and_lost_packets_are_sent_again() {
    let mut simulator = connected(State::default());
    let mut broken = packet(0x01, "C1 01 80 00 00 45");
    *broken.last_mut().unwrap() ^= 0xFF;
    assert_eq!(answers(&mut simulator, &broken), [packet(0x01, "")]);
    answers(&mut simulator, &packet(0x01, "C1 01 80 00 00 45"));
    assert_eq!(answers(&mut simulator, &packet(0x01, "")), [packet(0x01, "A1")]);
    assert_eq!(answers(&mut simulator, &packet(0x77, "")), Vec::<Vec<u8>>::new());
}

#[test]
fn requests_and_cycles_are_counted() {
    let mut simulator = connected(State::default());
    simulator.misbehave(Misbehaviour::Silent);
    for (id, command) in [(1, "3F"), (2, "A4 20"), (3, "3F")] {
        answers(&mut simulator, &packet(id, &format!("C1 01 8{id} 00 00 {command}")));
    }
    let requests: Vec<_> =
        simulator.requests().iter().map(|(it, count)| (it.clone(), *count)).collect();
    assert_eq!(requests, [(vec![0x3F], 2), (vec![0xA4, 0x20], 1)]);
    assert_eq!(simulator.cycles(), 2);
}

#[test]
fn a_new_connection_begins_anew() {
    let mut simulator = connected(State::default());
    simulator.receive(&packet(0x01, "C1 01 80 00 00 45"), NOW);
    simulator.receive(&[0xFE, 0x06, 0x00], NOW);
    simulator.disconnect();
    simulator.connect(NOW);
    assert_eq!(simulator.transmit(LATER), None);
    assert_eq!(answers(&mut simulator, &packet(0x02, "C3 80")), [packet(0x02, "B3")]);
}

#[test]
fn misbehaviours() {
    let add = packet(0x01, "C1 01 80 00 00 45");
    let misbehaving = |misbehaviour| {
        let mut simulator = connected(State { respond: Respond::Sync, ..State::default() });
        simulator.misbehave(misbehaviour);
        simulator.receive(&add, NOW);
        simulator
    };
    let good = packet(0x01, "A3 55 01 00");
    let all = |mut simulator: Simulator, now| {
        std::iter::from_fn(|| simulator.transmit(now)).collect::<Vec<_>>()
    };

    assert_eq!(all(misbehaving(Misbehaviour::None), NOW), std::slice::from_ref(&good));
    assert_eq!(all(misbehaving(Misbehaviour::Silent), LATER), Vec::<Vec<u8>>::new());

    let second = Duration::from_secs(1);
    let mut slow = misbehaving(Misbehaviour::Delay(second));
    assert_eq!(slow.wake(), Some(second));
    assert_eq!(slow.transmit(Duration::from_millis(999)), None);
    assert_eq!(slow.transmit(second).as_ref(), Some(&good));

    let noisy = all(misbehaving(Misbehaviour::NoiseBefore), NOW);
    assert!(noisy[0].len() > good.len() && noisy[0].ends_with(&good));

    let split = all(misbehaving(Misbehaviour::Split), LATER);
    assert!(split.len() == good.len() && split.concat() == good);

    let broken = all(misbehaving(Misbehaviour::WrongChecksum), NOW).concat();
    assert!(broken[..8] == good[..8] && broken != good);

    let other = all(misbehaving(Misbehaviour::OtherId), NOW).concat();
    assert_eq!(other, packet(0x41, "A3 55 01 00"));

    let mut hanging = misbehaving(Misbehaviour::HangUp);
    assert!(hanging.hangs_up() && !hanging.hangs_up());
    assert_eq!(hanging.transmit(LATER), None);
}

#[test]
fn garbage_comes_by_itself_until_it_is_put_right() {
    let mut simulator = Simulator::new(State::default(), Link::V3);
    simulator.misbehave(Misbehaviour::Garbage);
    assert_eq!(simulator.wake(), None, "nobody is connected");
    simulator.connect(NOW);
    let mut count = 0;
    for milliseconds in 0..1000 {
        while simulator.transmit(Duration::from_millis(milliseconds)).is_some() {
            count += 1;
        }
    }
    assert_eq!(count, 4);
    simulator.receive(&packet(0x01, "C1 01 80 00 00 45"), Duration::from_secs(1));
    while let Some(bytes) = simulator.transmit(Duration::from_secs(1)) {
        assert!(!bytes.contains(&0xFE));
    }
    simulator.misbehave(Misbehaviour::None);
    assert_eq!(simulator.wake(), None);
    let good = answers(&mut simulator, &packet(0x02, "C1 01 81 00 00 45"));
    assert_eq!(good[0], packet(0x02, "A1"));
}

/// Every flipped bit of every example: no panic, and the device goes on.
#[test]
fn hostile_hosts() {
    let mut simulator = connected(State::default());
    for (_, text) in crate::v3::frame::tests::EXAMPLES {
        let bytes = unhex(text);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            answers(&mut simulator, &changed);
        }
    }
    answers(&mut simulator, &packet(0x01, "C4"));
    assert_eq!(answers(&mut simulator, &packet(0x02, "C3 80")), [packet(0x02, "B3")]);
}
