//! Every state and every event.

use super::*;

/// Brings an exchange into a state.
fn reach(state: State) -> Bench {
    let steps: &[&str] = match state {
        State::Idle => return Bench::new(),
        State::Asking => &[],
        State::Pausing => &["15"],
        State::Sending => &["06"],
        State::Executing => &["06", "06"],
        State::AwaitingFrame => &["06", "06", "05"],
        State::Reading => &["06", "06", "05", "02 44"],
        State::AwaitingEnd => &["06", "06", "05", FRAME],
        State::AwaitingRepeat => &["06", "06", "05", FRAME, "05"],
        State::ReadingRepeat => &["06", "06", "05", FRAME, "02 44"],
        State::AwaitingEarlier => &["06", "06", "again"],
        State::AwaitingEarlierFrame => &["06", "06", "again", "05"],
        State::ReadingEarlier => &["06", "06", "again", "05", "02 44"],
        State::AwaitingEarlierEnd => &["06", "06", "again", "05", FRAME],
    };
    let mut bench = Bench::started();
    for step in steps {
        match *step {
            "again" => bench.command(STATUS),
            bytes => drop(bench.device(bytes)),
        }
    }
    bench.take_sent();
    assert_eq!(bench.exchange.state(), state);
    bench
}

/// Lets an event happen, and tells what was sent, where the exchange stands then, and its result.
fn happen(state: State, event: Event) -> String {
    let mut bench = reach(state);
    let frames = state.takes_frames();
    let mut sent = match event {
        Event::Enq => bench.device("05"),
        Event::Ack => bench.device("06"),
        Event::Nak => bench.device("15"),
        Event::Eot => bench.device("04"),
        Event::Noise => bench.device("00"),
        Event::Begin => bench.device("02"),
        Event::Frame if state.reads() => bench.device("01 03 46"),
        Event::Frame => bench.device(FRAME),
        Event::Broken if state.reads() => bench.device("01 03 47"),
        Event::Broken => bench.device("02 44 01 03 47"),
        Event::Incomplete if state.reads() => String::new(),
        Event::Incomplete => bench.device("02 44"),
        Event::Timeout => {
            bench.now = bench.exchange.poll_timeout().unwrap_or(bench.now);
            bench.exchange.handle_timeout(bench.now);
            bench.collect();
            bench.take_sent()
        }
        Event::Deadline => {
            bench.now += Duration::from_secs(20);
            bench.exchange.handle_timeout(bench.now);
            bench.collect();
            bench.take_sent()
        }
    };
    match event {
        Event::Broken if frames => sent += &bench.wait(100),
        Event::Incomplete if frames => sent += &bench.wait(500),
        _ => {}
    }
    let sent = match sent.as_str() {
        "" => "-",
        "04" => "EOT",
        "05" => "ENQ",
        "06" => "ACK",
        "15" => "NAK",
        CMD => "CMD",
        other => other,
    };
    let result = match bench.exchange.poll() {
        None => "",
        Some(Ok(answer)) if answer == ANSWER => " answer",
        Some(Ok(_)) => " wrong answer",
        Some(Err(_)) => " error",
    };
    format!("{sent} {:?}{result}", bench.exchange.state())
}

/// What is sent, where the exchange stands then, and how it ended if it did: in the order of
/// [`Event::ALL`].
#[rustfmt::skip]
const EXPECTED: &[(State, [&str; 11])] = &[
    (State::Idle, [
        // Enq Ack Nak Eot Noise Begin
        "- Idle", "- Idle", "- Idle", "- Idle", "- Idle", "- Idle",
        // Frame Broken Incomplete Timeout Deadline
        "- Idle", "- Idle", "- Idle", "- Idle", "- Idle",
    ]),
    (State::AwaitingEarlier, [
        // Enq Ack Nak Eot Noise Begin
        "ACK AwaitingEarlierFrame", "- AwaitingEarlier", "- AwaitingEarlier", "- AwaitingEarlier", "- AwaitingEarlier", "- ReadingEarlier",
        // Frame Broken Incomplete Timeout Deadline
        "ACK AwaitingEarlierEnd", "NAK AwaitingEarlierFrame", "- AwaitingEarlier", "ENQ Asking", "- Idle error",
    ]),
    (State::Asking, [
        // Enq Ack Nak Eot Noise Begin
        "- Pausing", "CMD Sending", "- Pausing", "- Asking", "- Pausing", "- ReadingEarlier",
        // Frame Broken Incomplete Timeout Deadline
        "ACK AwaitingEarlierEnd", "NAK AwaitingEarlierFrame", "ENQ Asking", "ENQ Asking", "EOT Idle error",
    ]),
    (State::Pausing, [
        // Enq Ack Nak Eot Noise Begin
        "- Pausing", "- Pausing", "- Pausing", "- Pausing", "- Pausing", "- Pausing",
        // Frame Broken Incomplete Timeout Deadline
        "- Pausing", "- Pausing", "- Pausing", "ENQ Asking", "EOT Idle error",
    ]),
    (State::Sending, [
        // Enq Ack Nak Eot Noise Begin
        "CMD Sending", "EOT Executing", "CMD Sending", "- Sending", "- Sending", "- Sending",
        // Frame Broken Incomplete Timeout Deadline
        "- Sending", "- Sending", "- Sending", "CMD Sending", "EOT Idle error",
    ]),
    (State::Executing, [
        // Enq Ack Nak Eot Noise Begin
        "ACK AwaitingFrame", "- Executing", "- Executing", "- Executing", "- Executing", "- Executing",
        // Frame Broken Incomplete Timeout Deadline
        "- Executing", "- Executing", "- Executing", "- Idle error", "- Idle error",
    ]),
    (State::AwaitingFrame, [
        // Enq Ack Nak Eot Noise Begin
        "ACK AwaitingFrame", "- AwaitingFrame", "- AwaitingFrame", "- AwaitingFrame", "- AwaitingFrame", "- Reading",
        // Frame Broken Incomplete Timeout Deadline
        "ACK AwaitingEnd", "NAK AwaitingFrame", "NAK AwaitingFrame", "- Idle error", "- Idle error",
    ]),
    (State::Reading, [
        // Enq Ack Nak Eot Noise Begin
        "- Reading", "- Reading", "- Reading", "- Reading", "- Reading", "- Reading",
        // Frame Broken Incomplete Timeout Deadline
        "ACK AwaitingEnd", "NAK AwaitingFrame", "NAK AwaitingFrame", "NAK AwaitingFrame", "- Idle error",
    ]),
    (State::AwaitingEnd, [
        // Enq Ack Nak Eot Noise Begin
        "ACK AwaitingRepeat", "- AwaitingEnd", "- AwaitingEnd", "- Idle answer", "- AwaitingEnd", "- ReadingRepeat",
        // Frame Broken Incomplete Timeout Deadline
        "ACK AwaitingEnd", "ACK AwaitingEnd", "ACK AwaitingEnd", "- Idle answer", "- Idle answer",
    ]),
    (State::AwaitingRepeat, [
        // Enq Ack Nak Eot Noise Begin
        "ACK AwaitingRepeat", "- AwaitingRepeat", "- AwaitingRepeat", "- Idle answer", "- AwaitingRepeat", "- ReadingRepeat",
        // Frame Broken Incomplete Timeout Deadline
        "ACK AwaitingEnd", "ACK AwaitingEnd", "ACK AwaitingEnd", "- Idle answer", "- Idle answer",
    ]),
    (State::ReadingRepeat, [
        // Enq Ack Nak Eot Noise Begin
        "- ReadingRepeat", "- ReadingRepeat", "- ReadingRepeat", "- ReadingRepeat", "- ReadingRepeat", "- ReadingRepeat",
        // Frame Broken Incomplete Timeout Deadline
        "ACK AwaitingEnd", "ACK AwaitingEnd", "ACK AwaitingEnd", "ACK AwaitingEnd", "- Idle answer",
    ]),
    (State::AwaitingEarlierFrame, [
        // Enq Ack Nak Eot Noise Begin
        "ACK AwaitingEarlierFrame", "- AwaitingEarlierFrame", "- AwaitingEarlierFrame", "- AwaitingEarlierFrame", "- AwaitingEarlierFrame", "- ReadingEarlier",
        // Frame Broken Incomplete Timeout Deadline
        "ACK AwaitingEarlierEnd", "NAK AwaitingEarlierFrame", "- AwaitingEarlier", "- AwaitingEarlier", "- Idle error",
    ]),
    (State::ReadingEarlier, [
        // Enq Ack Nak Eot Noise Begin
        "- ReadingEarlier", "- ReadingEarlier", "- ReadingEarlier", "- ReadingEarlier", "- ReadingEarlier", "- ReadingEarlier",
        // Frame Broken Incomplete Timeout Deadline
        "ACK AwaitingEarlierEnd", "NAK AwaitingEarlierFrame", "- AwaitingEarlier", "- AwaitingEarlier", "- Idle error",
    ]),
    (State::AwaitingEarlierEnd, [
        // Enq Ack Nak Eot Noise Begin
        "ACK AwaitingEarlierFrame", "- AwaitingEarlierEnd", "- AwaitingEarlierEnd", "ENQ Asking", "- AwaitingEarlierEnd", "- ReadingEarlier",
        // Frame Broken Incomplete Timeout Deadline
        "ACK AwaitingEarlierEnd", "NAK AwaitingEarlierFrame", "ENQ Asking", "ENQ Asking", "- Idle error",
    ]),
];

#[test]
fn every_event_in_every_state_is_expected() {
    for state in State::ALL {
        let expected = EXPECTED.iter().find(|(expected, _)| *expected == state);
        let Some((_, expected)) = expected else { panic!("{state:?} has no expectation") };
        for (event, expected) in Event::ALL.into_iter().zip(expected) {
            assert_eq!(happen(state, event), *expected, "{event:?} in {state:?}");
        }
    }
}

/// A state or an event that is added must be added to the lists too.
#[test]
fn the_lists_are_whole() {
    for (place, state) in State::ALL.into_iter().enumerate() {
        assert_eq!(state as usize, place);
    }
    for (place, event) in Event::ALL.into_iter().enumerate() {
        assert_eq!(event as usize, place);
    }
    assert_eq!((State::AwaitingEarlierEnd as usize, Event::Deadline as usize), (13, 10));
}
