use std::time::Duration;

use super::*;
use crate::v2::frame::tests::{example, unhex};

mod earlier;
mod lines;
mod pairs;

const STATUS: &[u8] = &[0x3F];
const CMD: &str = "02 00 00 3F 03 3C";
const ANSWER: &[u8] = &[0x44, 0x01];
const FRAME: &str = "02 44 01 03 46";

/// A device in the hands of the test, with a clock that only the test moves.
struct Bench {
    exchange: Exchange,
    start: Instant,
    now: Instant,
    sent: Vec<u8>,
}

impl Bench {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let start = Instant::now();
        Self { exchange: Exchange::new(settings), start, now: start, sent: Vec::new() }
    }

    fn started() -> Self {
        let mut bench = Self::new();
        bench.command(STATUS);
        bench
    }

    fn command(&mut self, command: &[u8]) {
        self.exchange.start(command, self.now);
        self.collect();
    }

    /// The device sends something; gives what the host sends then.
    fn device(&mut self, bytes: &str) -> String {
        self.exchange.receive(&unhex(bytes), self.now);
        self.collect();
        self.take_sent()
    }

    /// Moves the clock and calls `handle_timeout` whenever it is due; gives what was sent.
    fn wait(&mut self, milliseconds: u64) -> String {
        let end = self.now + Duration::from_millis(milliseconds);
        while let Some(due) = self.exchange.poll_timeout().filter(|due| *due <= end) {
            assert!(due >= self.now, "time goes on");
            self.now = due;
            self.exchange.handle_timeout(due);
            self.collect();
        }
        self.now = end;
        self.take_sent()
    }

    fn collect(&mut self) {
        while let Some(bytes) = self.exchange.poll_transmit() {
            self.sent.extend(bytes);
        }
    }

    fn take_sent(&mut self) -> String {
        let sent = std::mem::take(&mut self.sent);
        sent.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn expect_answer(&mut self, answer: &[u8]) {
        assert_eq!(self.exchange.poll(), Some(Ok(answer.to_vec())));
        assert_eq!((self.exchange.poll(), self.exchange.poll_timeout()), (None, None));
        assert_eq!(self.exchange.state(), State::Idle);
    }

    #[track_caller]
    fn expect_error(&mut self) -> ExchangeError {
        let error = self.exchange.poll().unwrap().unwrap_err();
        assert_eq!((self.exchange.poll_timeout(), self.exchange.state()), (None, State::Idle));
        error
    }

    fn elapsed(&self) -> u128 {
        (self.now - self.start).as_millis()
    }
}

#[test]
fn the_dialogue_of_the_protocol_page() {
    let mut bench = Bench::started();
    assert_eq!(bench.take_sent(), "05");
    assert_eq!(bench.device("06"), CMD, "F-v2-6");
    assert_eq!(bench.device("06"), "04");
    assert_eq!(bench.device("05"), "06");
    let answer = example("F-v2-14");
    for byte in &answer[..answer.len() - 1] {
        assert_eq!(bench.device(&format!("{byte:02X}")), "");
    }
    assert_eq!(bench.exchange.state(), State::Reading);
    assert_eq!(bench.device("10"), "06");
    assert_eq!(bench.exchange.poll(), None, "the device is not done yet");
    assert_eq!(bench.device("04"), "");
    let Some(Ok(answer)) = bench.exchange.poll() else { panic!("it is an answer") };
    assert_eq!((answer.len(), &answer[..3]), (30, &[0x44, 0x30, 0x01][..]));
    assert_eq!(bench.exchange.counters(), Counters::default());
}

#[test]
fn the_access_password_is_sent_and_masked() {
    let settings = Settings { access_password: [0x10, 0x03], ..Settings::default() };
    let mut bench = Bench::with(settings);
    bench.command(STATUS);
    assert_eq!(bench.device("06"), "05 02 10 10 10 03 3F 03 2F");
}

#[test]
fn a_command_that_is_too_long() {
    for (longest_command, fits) in [(LONGEST_COMMAND, 253), (66, 64)] {
        let settings = Settings { longest_command, ..Settings::default() };
        let mut bench = Bench::with(settings);
        bench.command(&vec![0x46; fits]);
        assert_eq!(bench.take_sent(), "05");
        bench.command(&vec![0x46; fits + 1]);
        assert_eq!(bench.take_sent(), "");
        let error = FrameError::TooLong { got: longest_command + 1, most: longest_command };
        assert_eq!(bench.expect_error(), ExchangeError::Frame(error));
    }
}

#[test]
fn each_command_has_the_time_that_the_protocol_gives_it() {
    let timeouts = Timeouts::default();
    for (codes, seconds) in [
        ("3F 45 A4 A5 46 6B", 10),
        ("4A A7 8D 8E", 20),
        ("5A", 40),
        ("91", 45),
        ("A6 E6 EA EB", 50),
        ("A8 AB", 120),
    ] {
        for code in unhex(codes) {
            assert_eq!(timeouts.execution(&[code]), Duration::from_secs(seconds), "{code:02X}");
            let mut bench = Bench::new();
            bench.command(&[code]);
            bench.device("06");
            bench.device("06");
            bench.wait(seconds * 1000 - 1);
            assert_eq!(bench.exchange.state(), State::Executing);
            bench.wait(1);
            let error = bench.expect_error().to_string();
            assert!(error.contains("carry out the command"), "{error}");
        }
    }
}

/// What a device says again and again once it was brought so far, how long the exchange goes on, what
/// is sent meanwhile (C: the command), and how it ends.
#[test]
fn nothing_goes_on_without_end() {
    let silent = "waited 2.5s for the device to listen (ACK after ENQ)";
    let not_taken = "the device did not take a command that was sent 10 times";
    let earlier = "for the answer to an earlier command";
    for (reached, says, every, lasts, sent, error) in [
        ("", "15", 500, 2_500, "05 05 05 05 04", "it refused to listen 5 times"),
        ("", "", 500, 2_500, "05 05 05 05 04", silent),
        (
            "",
            "05",
            4_000,
            4_000,
            "05 05 05 05 05 04",
            "it wanted to send something itself, 1 times",
        ),
        ("", "05", 100, 1_600, "05 06 06 06 06 06 06 06 06 06 06", earlier),
        ("", "FF", 500, 20_000, "", "not understood: got 40 bytes in 20s"),
        ("06", "15", 0, 0, "C C C C C C C C C 04", not_taken),
        ("06", "", 500, 5_000, "C C C C C C C C C 04", "the device to take the command (ACK"),
        ("06", "FF", 100, 5_000, "C C C C C C C C C 04", "not understood: got 51 bytes in 5s"),
        ("06 06", "", 500, 10_000, "", "waited 10s for the device to carry out the command (ENQ)"),
        ("06 06", "00", 0, 0, "", "not understood: got 103 bytes"),
        ("06 06 05", "", 500, 2_000, "", "waited 2s for the answer to the command"),
        ("06 06 05", "05", 0, 0, "06 06 06 06 06 06 06 06 06", "the answer to the command"),
        (
            "06 06 05",
            "02 44 01 03 47",
            100,
            1_000,
            "15 15 15 15 15 15 15 15 15",
            "damaged 10 times",
        ),
        ("06 06 05", "02 44", 500, 5_000, "15 15 15 15 15 15 15 15 15", "damaged 10 times"),
        ("06 06 05", "02 44 44 44", 100, 20_000, "", "waited 20s for the answer to the command"),
    ] {
        let name = format!("{says} every {every} ms after {reached}");
        let mut bench = Bench::started();
        for byte in reached.split_whitespace() {
            bench.device(byte);
        }
        bench.take_sent();
        let mut found = Vec::new();
        while bench.exchange.state() != State::Idle {
            found.push(bench.device(says));
            found.push(bench.wait(every));
        }
        found.retain(|sent| !sent.is_empty());
        let found = found.join(" ").replace(CMD, "C");
        assert!(sent.is_empty() || found == sent, "{name}: {found}");
        assert_eq!(bench.elapsed(), lasts, "{name}");
        let found = bench.expect_error().to_string();
        assert!(found.contains(error), "{name}: {found}");
    }
}

#[test]
fn a_collision() {
    let mut bench = Bench::started();
    assert_eq!(bench.take_sent(), "05");
    assert_eq!(bench.device("05"), "", "both sides asked");
    assert_eq!(bench.device("05 06"), "", "nothing counts meanwhile");
    assert_eq!(bench.wait(499), "");
    assert_eq!(bench.wait(1), "05");
    assert_eq!(bench.device("06"), CMD);
    for bytes in ["06", "05", FRAME, "04"] {
        bench.device(bytes);
    }
    bench.expect_answer(ANSWER);
    assert_eq!(bench.exchange.counters().collisions, 1);
}

#[test]
fn an_enq_instead_of_an_ack_counts_at_a_repeat_only() {
    let mut bench = Bench::started();
    bench.device("06");
    assert_eq!(bench.device("05"), CMD);
    assert_eq!(bench.device("05"), "06");
    assert_eq!(bench.exchange.state(), State::AwaitingFrame);
    bench.device(FRAME);
    bench.device("04");
    bench.expect_answer(ANSWER);
}

#[test]
fn an_answer_that_is_there_is_an_answer_whatever_follows() {
    for (says, every) in
        [("05", 100), (FRAME, 100), ("02", 100), ("FF", 10), ("02 44 01 03 47", 100), ("06", 10)]
    {
        let mut bench = Bench::started();
        for bytes in ["06", "06", "05", FRAME] {
            bench.device(bytes);
        }
        while bench.exchange.state() != State::Idle {
            bench.device(says);
            bench.wait(every);
        }
        bench.expect_answer(ANSWER);
        assert!(bench.elapsed() <= 20_000, "{says}");
    }
}

#[test]
fn an_answer_that_changes_is_none() {
    let mut bench = Bench::started();
    for bytes in ["06", "06", "05", FRAME, "02 44 02 03 45", "04"] {
        bench.device(bytes);
    }
    assert_eq!(bench.expect_error(), ExchangeError::Changed);
    assert_eq!(bench.exchange.counters().repeated, 1);
}

#[test]
fn an_etx_that_the_firmware_did_not_mask() {
    let mut bench = Bench::started();
    for bytes in ["06", "06", "05"] {
        bench.device(bytes);
    }
    assert_eq!(bench.device("02 44 03 01"), "");
    bench.wait(99);
    assert_eq!(bench.device("03 45"), "06");
    bench.device("04");
    bench.expect_answer(&[0x44, 0x03, 0x01]);
}
