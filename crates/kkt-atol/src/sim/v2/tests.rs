mod exchange;

use super::*;
use crate::command::ReceiptState;
use crate::link::Link;
use crate::sim::{Simulator, State};
use crate::v2::frame::tests::{example, unhex};
use crate::value::CivilDateTime;

/// What the host says, how many milliseconds it listens then, and what it hears.
type Turn<'a> = (&'a str, u64, &'a str);

const STATUS: &str = "02 00 00 3F 03 3C";
const STATE_CODE: &str = "02 00 00 45 03 46";
const STATE_CODE_ANSWER: &str = "02 55 01 00 03 57";
/// From the host's ENQ to the answer; the host has not acknowledged it yet.
const UP_TO_THE_ANSWER: [Turn<'_>; 4] =
    [("05", 0, "06"), (STATE_CODE, 0, "06"), ("04", 10, "05"), ("06", 0, STATE_CODE_ANSWER)];
/// The answer is acknowledged and the exchange over.
const END: Turn<'_> = ("06", 0, "04");

fn hex(bytes: &[u8]) -> String {
    crate::value::hex(bytes)
}

fn connected(state: State, misbehaviour: Misbehaviour) -> Simulator {
    let mut simulator = Simulator::new(state, Link::V2);
    simulator.connect(Duration::ZERO);
    simulator.misbehave(misbehaviour);
    simulator
}

/// What comes until a moment, by the times at which the device wants to be looked at.
fn listen(simulator: &mut Simulator, until: Duration) -> String {
    let mut heard = Vec::new();
    while let Some(wake) = simulator.wake().filter(|wake| *wake <= until) {
        while let Some(bytes) = simulator.transmit(wake) {
            heard.extend(bytes);
        }
    }
    hex(&heard)
}

#[track_caller]
fn check_at(simulator: &mut Simulator, now: &mut Duration, turns: &[Turn<'_>]) {
    for (turn, (said, listened, heard)) in turns.iter().enumerate() {
        simulator.receive(&unhex(said), *now);
        *now += Duration::from_millis(*listened);
        assert_eq!(listen(simulator, *now), *heard, "turn {turn}: {said}");
    }
}

#[track_caller]
fn check(misbehaviour: Misbehaviour, turns: &[&[Turn<'_>]]) -> Simulator {
    let mut simulator = connected(State::default(), misbehaviour);
    check_at(&mut simulator, &mut Duration::default(), &turns.concat());
    simulator
}

/// Everything the device says by itself is over: it does not even wait.
fn is_idle(simulator: &Simulator) -> bool {
    simulator.wake().is_none()
}

#[test]
fn the_exchange_of_the_page() {
    let clock = CivilDateTime { year: 2026, month: 11, day: 24, hour: 3, minute: 10, second: 7 };
    let state =
        State { clock, receipt_state: ReceiptState::SALE, receipt_sum: 12_345, ..State::default() };
    let mut simulator = connected(state, Misbehaviour::None);
    let answer = hex(&example("F-v2-14"));
    let turns =
        [("05", 0, "06"), (STATUS, 0, "06"), ("04", 10, "05"), ("06", 0, answer.as_str()), END];
    check_at(&mut simulator, &mut Duration::default(), &turns);
    assert!(is_idle(&simulator));
    assert_eq!((simulator.cycles(), simulator.requests().len()), (1, 1));
    assert!(simulator.buffer_commands().is_empty());
}

#[test]
fn one_exchange_after_the_other_in_pieces_of_any_size() {
    let mut simulator = connected(State::default(), Misbehaviour::None);
    let mut now = Duration::ZERO;
    for _ in 0..3 {
        let mut heard = Vec::new();
        for said in ["05", STATE_CODE, "04", "06", "06"] {
            for byte in unhex(said) {
                simulator.receive(&[byte], now);
            }
            now += WORK;
            heard.push(listen(&mut simulator, now));
        }
        assert_eq!(heard, ["06", "06", "05", STATE_CODE_ANSWER, "04"]);
    }
    assert_eq!(simulator.requests()[&[0x45][..]], 3);
}

#[test]
fn errors_are_answers() {
    #[track_caller]
    fn check(state: State, request: &str, answer: &str) {
        let mut frame = Vec::new();
        frame::encode(&unhex(request), &mut frame).unwrap();
        let mut expected = Vec::new();
        frame::encode(&unhex(answer), &mut expected).unwrap();
        let (request, answer) = (hex(&frame), hex(&expected));
        let turns = [("05", 0, "06"), (&request, 0, "06"), ("04", 10, "05"), ("06", 0, &answer)];
        check_at(&mut connected(state, Misbehaviour::None), &mut Duration::default(), &turns);
    }
    check(State::default(), "00 00 4A", "55 7A 00");
    check(State::default(), "00 01 3F", "55 8C 00");
    check(State::default(), "00", "55 14 00");
    let error = Some(Fault { code: 0xF6, extended: 0x03 });
    check(State { error, ..State::default() }, "00 00 3F", "55 F6 03");
}

#[test]
fn lost_bytes() {
    use Misbehaviour::Loses;
    let call = [("05", 0, "06"), (STATE_CODE, 0, "06"), ("04", 10, "05")];
    let rest = [("06", 0, STATE_CODE_ANSWER), END];
    // The host asks again.
    check(Loses(Lost::AckOfEnq), &[&[("05", 500, "")], &call, &rest]);
    // The device takes silence for an EOT. The host sends its frame again, too soon or when the
    // answer is ready.
    let soon = [("05", 0, "06"), (STATE_CODE, 500, ""), (STATE_CODE, 10, "06 05")];
    check(Loses(Lost::AckOfFrame), &[&soon, &rest]);
    let late = [("05", 0, "06"), (STATE_CODE, 510, "05"), (STATE_CODE, 0, "05")];
    let simulator = check(Loses(Lost::AckOfFrame), &[&late, &rest]);
    assert_eq!(simulator.requests().values().sum::<u64>(), 1, "the frame again is no new command");
    // The device calls again.
    let no_call = [("05", 0, "06"), (STATE_CODE, 0, "06"), ("04", 509, ""), ("", 1, "05")];
    check(Loses(Lost::Enq), &[&no_call, &rest]);
    // The host takes silence for an EOT.
    let simulator = check(
        Loses(Lost::Eot),
        &[&call, &[("06", 0, STATE_CODE_ANSWER), ("06", 500, "")], &UP_TO_THE_ANSWER],
    );
    assert_eq!(simulator.requests()[&[0x45][..]], 2);
    // And the bytes of the host get lost.
    check(Misbehaviour::None, &[&call[..2], &[("", 510, "05")], &rest]);
    check(Misbehaviour::None, &[&call, &[("", 499, ""), ("", 1, "05")], &rest]);
    let twice = format!("{STATE_CODE_ANSWER} {STATE_CODE_ANSWER}");
    check(Misbehaviour::None, &[&call, &[("06", 500, twice.as_str())], &[END]]);
}

#[test]
fn a_frame_again_is_answered_with_enq_when_its_answer_is_ready() {
    let turns = [
        ("05", 0, "06"),
        (STATE_CODE, 0, "06"),
        (STATE_CODE, 0, "06"),
        ("04", 9, ""),
        (STATE_CODE, 0, "06"),
        ("", 1, "05"),
        (STATE_CODE, 0, "05"),
        ("06", 0, STATE_CODE_ANSWER),
        END,
    ];
    let simulator = check(Misbehaviour::None, &[&turns]);
    assert_eq!(simulator.requests()[&[0x45][..]], 1);
}

#[test]
fn broken_frames_are_not_taken() {
    let turns = [
        ("05", 0, "06"),
        ("02 00 00 45 03 47", 0, "15"),
        // Cut off, and then whole.
        ("02 00 00", 499, ""),
        ("", 1, "15"),
        ("00 02 00 00 45 03 46", 0, "06"),
    ];
    check(Misbehaviour::None, &[&turns]);
    let simulator = check(Misbehaviour::Naks, &[&[("05", 0, "06")], &[(STATE_CODE, 0, "15"); 10]]);
    assert!(simulator.requests().is_empty());
}

#[test]
fn an_answer_that_is_not_taken_is_sent_ten_times() {
    let mut turns = UP_TO_THE_ANSWER.to_vec();
    turns.extend([("15", 0, STATE_CODE_ANSWER); 9]);
    turns.push(("15", 0, "04"));
    let simulator = check(Misbehaviour::None, &[&turns]);
    assert!(is_idle(&simulator));
}

#[test]
fn a_host_that_does_not_answer_is_called_five_times() {
    let call = [("05", 0, "06"), (STATE_CODE, 0, "06"), ("04", 10, "05")];
    let calls = [("", 500, "05"); 4];
    let simulator = check(Misbehaviour::None, &[&call, &calls, &[("", 500, "04")]]);
    assert!(is_idle(&simulator));
    // After a NAK there is a pause.
    check(Misbehaviour::None, &[&call, &[("15", 499, ""), ("", 1, "05")]]);
}

/// The device waits longer than the host, which so comes first: the old answer is given up.
#[test]
fn collisions() {
    let call = [("05", 0, "06"), (STATE_CODE, 0, "06"), ("04", 10, "05")];
    check(Misbehaviour::None, &[&call, &[("05", 500, "")], &UP_TO_THE_ANSWER, &[END]]);
    // A host that does not want to send any more hears the old answer.
    check(Misbehaviour::None, &[&call, &[("05", 1000, "05")], &[UP_TO_THE_ANSWER[3]], &[END]]);
    // Once in every exchange.
    let first = [&[("05", 500, "05")][..], &UP_TO_THE_ANSWER, &[END]].concat();
    check(Misbehaviour::Collides, &[&first, &first]);
}

#[test]
fn a_device_that_is_busy_takes_no_enq() {
    let mut simulator = connected(State { busy: true, ..State::default() }, Misbehaviour::None);
    let mut now = Duration::ZERO;
    check_at(&mut simulator, &mut now, &[("05", 0, "15"), ("05", 0, "15")]);
    assert!(is_idle(&simulator));
    simulator.state_mut().busy = false;
    check_at(&mut simulator, &mut now, &UP_TO_THE_ANSWER);
}

#[test]
fn a_host_that_gives_up() {
    // An EOT, silence, or a new ENQ: the device is ready for the next command.
    for turn in [("04", 0, ""), ("", 2000, ""), ("05", 0, "06")] {
        check(Misbehaviour::None, &[&[("05", 0, "06"), turn], &UP_TO_THE_ANSWER]);
        check(Misbehaviour::None, &[&UP_TO_THE_ANSWER, &[("04", 0, "")], &UP_TO_THE_ANSWER]);
    }
    check(Misbehaviour::None, &[&UP_TO_THE_ANSWER, &UP_TO_THE_ANSWER, &[END]]);
    // What makes no sense is not answered.
    check(
        Misbehaviour::None,
        &[&[("06", 0, ""), ("15", 0, ""), (STATE_CODE, 0, ""), ("04 7F", 0, "")]],
    );
}

#[test]
fn other_misbehaviours() {
    let call = [("05", 0, "06"), (STATE_CODE, 0, "06"), ("04", 10, "05")];
    check(Misbehaviour::Silent, &[&[("05", 5000, ""), (STATE_CODE, 5000, "")]]);
    check(Misbehaviour::WrongChecksum, &[&call, &[("06", 0, "02 55 01 00 03 02")]]);
    let noise = format!("FF 00 55 {STATE_CODE_ANSWER}");
    check(Misbehaviour::NoiseBefore, &[&call, &[("06", 0, noise.as_str())]]);
    check(Misbehaviour::Split, &[&call, &[("06", 9, "02 55 01 00 03"), ("", 1, "57")]]);
    let second = Misbehaviour::Delay(Duration::from_secs(1));
    let slow = [("05", 999, ""), ("", 1, "06"), (STATE_CODE, 1000, "06"), ("04", 1010, "05")];
    check(second, &[&slow, &[("06", 1000, STATE_CODE_ANSWER), ("06", 1000, "04")]]);
    let mut hanging = check(Misbehaviour::HangUp, &[&[("05", 0, "06"), (STATE_CODE, 0, "")]]);
    assert!(hanging.hangs_up() && !hanging.hangs_up());
}

#[test]
fn garbage_holds_no_byte_of_the_link() {
    let mut simulator = connected(State::default(), Misbehaviour::Garbage);
    simulator.receive(&[0x05], Duration::ZERO);
    let heard = unhex(&listen(&mut simulator, Duration::from_secs(1)));
    assert!(heard.len() > NOISE.len());
    assert!(!heard.iter().any(|byte| matches!(byte, 0x02..=0x06 | 0x10 | 0x15)), "{heard:02X?}");
    simulator.misbehave(Misbehaviour::None);
    assert!(is_idle(&simulator));
    check_at(&mut simulator, &mut Duration::from_secs(1), &UP_TO_THE_ANSWER);
}

/// The firmware defect: an answer whose data holds 03, sent without a mask in front.
#[test]
fn an_unmasked_etx() {
    let clock = CivilDateTime { year: 2026, month: 11, day: 24, hour: 3, minute: 10, second: 7 };
    let mut simulator = connected(State { clock, ..State::default() }, Misbehaviour::UnmaskedEtx);
    let mut now = Duration::ZERO;
    check_at(&mut simulator, &mut now, &[("05", 0, "06"), (STATUS, 0, "06"), ("04", 10, "05")]);
    simulator.receive(&[0x06], now);
    let heard = listen(&mut simulator, now);
    assert!(heard.starts_with("02 44 30 01 26 11 24 03 10 10 07"), "{heard}");
    let mut deframer = Deframer::for_answers();
    deframer.push(&unhex(&heard));
    let Some(Ok(Item::Frame(data))) = deframer.next_item() else { panic!("{heard}") };
    assert_eq!(hex(data).split(' ').count(), 30);
}

#[test]
fn a_new_connection_begins_anew() {
    let mut simulator = connected(State::default(), Misbehaviour::None);
    check_at(&mut simulator, &mut Duration::default(), &UP_TO_THE_ANSWER[..3]);
    simulator.receive(&[0x02, 0x00], Duration::ZERO);
    simulator.disconnect();
    simulator.connect(Duration::ZERO);
    assert!(is_idle(&simulator));
    check_at(&mut simulator, &mut Duration::default(), &UP_TO_THE_ANSWER);
}

/// Any three messages in a row, and every flipped bit of every example: no panic, and the device
/// takes part in the next exchange.
#[test]
fn hostile_hosts() {
    const SAID: [&str; 7] = ["05", "06", "04", "15", STATE_CODE, "02 00 03 7F", "02 00"];
    let mut simulator = connected(State::default(), Misbehaviour::None);
    let mut now = Duration::ZERO;
    let mut hostile = |bytes: &[u8]| {
        simulator.receive(bytes, now);
        now += Duration::from_millis(5);
        listen(&mut simulator, now);
    };
    for three in 0..SAID.len().pow(3) {
        for place in [three, three / SAID.len(), three / SAID.len().pow(2)] {
            hostile(&unhex(SAID[place % SAID.len()]));
        }
    }
    for (_, text, _) in crate::v2::frame::tests::EXAMPLES {
        let bytes = unhex(text);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            hostile(&[0x05]);
            hostile(&changed);
        }
    }
    now += Duration::from_secs(30);
    listen(&mut simulator, now);
    assert!(is_idle(&simulator));
    check_at(&mut simulator, &mut now, &UP_TO_THE_ANSWER);
}
