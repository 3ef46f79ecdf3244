//! Answers to commands that were given up: none is ever taken for that of the next command.

use super::*;

/// A command is given up, another one follows, and the device answers the first one late.
#[test]
fn a_late_answer_is_never_that_of_the_next_command() {
    // How far the first one came, and whether its answer is waited for.
    for (reached, waits) in [
        ("", false),
        ("15", false),
        ("06", true),
        ("06 15", true),
        ("06 06", true),
        ("06 15 06", true),
        ("06 06 05", true),
        ("06 06 05 02", true),
    ] {
        let mut bench = Bench::started();
        for byte in reached.split_whitespace() {
            bench.device(byte);
        }
        bench.wait(100);
        bench.command(&[0xA5]);
        let sent = bench.take_sent();
        if waits {
            assert!(!sent.ends_with("05"), "{reached}: nothing is asked yet");
            assert_eq!(bench.exchange.state(), State::AwaitingEarlier);
            assert_eq!(bench.device("05"), "06");
            assert_eq!(bench.device(FRAME), "06");
            assert_eq!(bench.device("04"), "05");
        }
        assert_eq!(bench.device("06"), "02 00 00 A5 03 A6");
        assert_eq!(bench.device("06"), "04");
        assert_eq!(bench.device("05"), "06");
        assert_eq!(bench.device("02 55 00 00 03 56"), "06");
        bench.device("04");
        bench.expect_answer(&[0x55, 0x00, 0x00]);
        assert_eq!(bench.exchange.counters().earlier, u64::from(waits), "{reached}");
    }
}

#[test]
fn a_command_that_was_refused_has_no_late_answer() {
    let mut bench = Bench::started();
    bench.device("06");
    for _ in 0..10 {
        bench.device("15");
    }
    assert_eq!(bench.expect_error(), ExchangeError::NotTaken { times: 10 });
    bench.command(STATUS);
    assert_eq!(bench.take_sent(), "05");
}

#[test]
fn a_refusal_that_was_overcome_leaves_an_answer_to_come() {
    let mut bench = Bench::started();
    for byte in ["06", "15", "06"] {
        bench.device(byte);
    }
    bench.device(&["00"; 101].join(" "));
    assert!(matches!(bench.expect_error(), ExchangeError::Garbage { .. }));
    bench.command(STATUS);
    assert_eq!(bench.take_sent(), "");
    assert_eq!(bench.exchange.state(), State::AwaitingEarlier);
}

#[test]
fn an_earlier_answer_is_waited_for_as_long_as_the_protocol_allows() {
    let mut bench = Bench::started();
    bench.device("06");
    bench.device("06");
    bench.wait(3_000);
    bench.command(&[0xA5]);
    assert_eq!(bench.take_sent(), "");
    assert_eq!(bench.wait(6_999), "");
    assert_eq!(bench.wait(1), "05");
    // It came all the same, after its time: whatever comes now is not what we have not asked yet.
    assert_eq!(bench.device("05"), "");
    assert_eq!(bench.wait(500), "05");
    assert_eq!(bench.device("05"), "06");
    assert_eq!(bench.device(FRAME), "06");
    assert_eq!(bench.device("04"), "05");
    assert_eq!(bench.device("06"), "02 00 00 A5 03 A6");
    let counters = bench.exchange.counters();
    assert_eq!((counters.earlier, counters.collisions), (1, 2));
}

#[test]
fn what_an_earlier_answer_took_does_not_count_for_the_next() {
    let mut bench = Bench::started();
    bench.device("06");
    bench.device("06");
    bench.command(STATUS);
    for bytes in ["05", "05", "05", "05", "05", "05", "05", FRAME, "04", "06", "06"] {
        bench.device(bytes);
    }
    for bytes in ["05", "05", "05", "05", "05", "05", "05", FRAME, "04"] {
        bench.device(bytes);
    }
    bench.expect_answer(ANSWER);
}

#[test]
fn a_second_answer_to_a_repeated_command_is_dropped() {
    let mut bench = Bench::started();
    bench.device("06");
    bench.wait(500);
    for bytes in ["06", "05", FRAME, "04"] {
        bench.device(bytes);
    }
    bench.expect_answer(ANSWER);
    bench.command(&[0xA5]);
    assert_eq!(bench.take_sent(), "");
    assert_eq!(bench.device("05"), "06");
    bench.device(FRAME);
    assert_eq!(bench.device("04"), "05");
}

#[test]
fn what_was_not_sent_of_a_command_that_was_given_up_is_never_sent() {
    let mut bench = Bench::new();
    bench.exchange.start(STATUS, bench.now);
    bench.exchange.receive(&[0x06], bench.now);
    bench.command(&[0xA5]);
    assert_eq!(bench.take_sent(), "", "neither ENQ nor 3Fh");
}
