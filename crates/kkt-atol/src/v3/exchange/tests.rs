use super::*;
use crate::error::DecodeError;
use crate::fault::Fault;
use crate::v3::frame;

const STATUS: &[u8] = &[0x3F];
const ANSWER: &[u8] = &[0x44, 0x01];

/// A device in the hands of the test, with a clock that only the test moves.
struct Bench {
    exchange: Exchange,
    start: Instant,
    now: Instant,
    /// What the host sent last: packet id and data.
    sent: Vec<(u8, Vec<u8>)>,
}

impl Bench {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let start = Instant::now();
        Self { exchange: Exchange::new(settings), start, now: start, sent: Vec::new() }
    }

    /// Begins with a command; the Add must go out.
    fn started() -> Self {
        let mut bench = Self::new();
        bench.exchange.start(STATUS, bench.now);
        bench.expect_sent(&[(0x01, "C1 01 80 00 00 3F")]);
        bench
    }

    fn packet(&mut self, id: u8, data: &str) {
        let bytes = packet(id, data);
        self.exchange.receive(&bytes, self.now);
        self.collect();
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.exchange.receive(bytes, self.now);
        self.collect();
    }

    /// Moves the clock and calls `handle_timeout` whenever it is due.
    fn wait(&mut self, milliseconds: u64) {
        let end = self.now + Duration::from_millis(milliseconds);
        while let Some(due) = self.exchange.poll_timeout().filter(|due| *due <= end) {
            assert!(due >= self.now, "time goes on");
            self.now = due;
            self.exchange.handle_timeout(due);
            self.collect();
        }
        self.now = end;
    }

    fn collect(&mut self) {
        while let Some(bytes) = self.exchange.poll_transmit() {
            let mut deframer = Deframer::new();
            deframer.push(&bytes);
            let frame = deframer.next_frame().unwrap().unwrap();
            self.sent.push((frame.id, frame.data.to_vec()));
            assert_eq!(deframer.next_frame(), None, "one packet at a time");
        }
    }

    #[track_caller]
    fn expect_sent(&mut self, expected: &[(u8, &str)]) {
        self.collect();
        let expected: Vec<_> =
            expected.iter().map(|(id, text)| (*id, frame::tests::unhex(text))).collect();
        assert_eq!(std::mem::take(&mut self.sent), expected);
    }

    #[track_caller]
    fn expect_nothing(&mut self) {
        self.expect_sent(&[]);
        assert_eq!(self.exchange.poll(), None);
    }

    #[track_caller]
    fn expect_answer(&mut self, answer: &[u8]) {
        assert_eq!(self.exchange.poll(), Some(Ok(answer.to_vec())));
        assert_eq!(self.exchange.poll_timeout(), None);
        assert_eq!(self.exchange.poll(), None);
    }

    #[track_caller]
    fn expect_error(&mut self) -> ExchangeError {
        let error = self.exchange.poll().unwrap().unwrap_err();
        assert_eq!(self.exchange.poll_timeout(), None);
        error
    }

    fn elapsed(&self) -> Duration {
        self.now - self.start
    }
}

fn packet(id: u8, data: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode(id, &frame::tests::unhex(data), &mut bytes).unwrap();
    bytes
}

fn broken(id: u8, data: &str) -> Vec<u8> {
    let mut bytes = packet(id, data);
    *bytes.last_mut().unwrap() ^= 0x01;
    bytes
}

// How a result comes.

#[test]
fn pending_and_then_the_result_by_itself() {
    for status in ["A1", "A2", "A8"] {
        let mut bench = Bench::started();
        bench.packet(0x01, status);
        bench.expect_nothing();
        bench.packet(0xF0, "A6 80 44 01");
        bench.expect_sent(&[(0x02, "C2 80")]);
        assert_eq!(bench.exchange.poll(), None, "the Ack is not answered yet");
        bench.packet(0x02, "A3");
        bench.expect_answer(ANSWER);
        assert_eq!(bench.exchange.counters(), Counters::default());
    }
}

#[test]
fn the_result_at_once() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A3 44 01");
    bench.expect_sent(&[(0x02, "C2 80")]);
    bench.packet(0x02, "A3");
    bench.expect_answer(ANSWER);
}

#[test]
fn a_task_that_was_freed_with_its_result_is_no_conflict() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A3 44 01");
    bench.packet(0x02, "B3");
    bench.expect_answer(ANSWER);
}

#[test]
fn the_result_before_the_answer_to_the_add() {
    let mut bench = Bench::started();
    bench.packet(0xF0, "A6 80 44 01");
    bench.expect_nothing();
    bench.packet(0x01, "A1");
    bench.expect_sent(&[(0x02, "C2 80")]);
    bench.packet(0x02, "A3");
    bench.expect_answer(ANSWER);
    assert_eq!(bench.exchange.counters(), Counters::default());
}

/// A device that never took our Add has no result of it: what bears our task's id is of an earlier
/// connection, or of nobody.
#[test]
fn a_result_of_a_task_that_the_device_never_took_is_none() {
    let mut bench = Bench::started();
    bench.packet(0xF0, "A6 80 55 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
    bench.wait(500);
    bench.expect_sent(&[(0x02, "C3 80")]);
    // "Not found": the Add got lost, and the result was not ours.
    bench.packet(0x02, "B3");
    bench.expect_sent(&[(0x03, "C1 01 80 00 00 3F")]);
    bench.packet(0x03, "A1");
    bench.expect_nothing();
    bench.packet(0xF0, "A6 80 44 01");
    bench.expect_sent(&[(0x04, "C2 80")]);
    bench.packet(0x04, "A3");
    bench.expect_answer(ANSWER);

    let mut bench = Bench::started();
    bench.packet(0xF0, "A6 80 44 01");
    bench.wait(3000);
    bench.expect_error();
}

#[test]
fn everything_in_one_piece() {
    let mut bench = Bench::started();
    let bytes = [packet(0x01, "A1"), packet(0xF0, "A6 80 44 01"), packet(0x02, "A3")].concat();
    bench.bytes(&bytes);
    bench.expect_sent(&[(0x02, "C2 80")]);
    bench.expect_answer(ANSWER);
}

#[test]
fn a_result_that_does_not_come_is_asked_for() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.wait(999);
    bench.expect_nothing();
    bench.wait(1);
    bench.expect_sent(&[(0x02, "C3 80")]);
    bench.packet(0x02, "A2");
    bench.wait(1000);
    bench.expect_sent(&[(0x03, "C3 80")]);
    bench.packet(0x03, "A3 44 01");
    bench.expect_sent(&[(0x04, "C2 80")]);
    bench.packet(0x04, "A3");
    bench.expect_answer(ANSWER);
    assert_eq!(bench.exchange.counters().polls, 2);
}

#[test]
fn finished_without_an_answer_waits_for_it() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A3");
    bench.expect_nothing();
    bench.packet(0xF0, "A6 80 44 01");
    bench.packet(0x02, "A3");
    bench.expect_answer(ANSWER);
}

// Errors of the device.

#[test]
fn refusals_in_every_form() {
    for (id, data) in [(0x01, "A4 55 67 00"), (0xF0, "A7 80 55 67 00"), (0x01, "A4 67")] {
        let mut bench = Bench::started();
        if id == 0xF0 {
            bench.packet(0x01, "A1");
        }
        bench.packet(id, data);
        bench.expect_sent(&[(0x02, "C2 80")]);
        bench.packet(0x02, "A4");
        assert_eq!(bench.expect_error(), ExchangeError::Refused(Fault::NO_PAPER), "{data}");
    }
}

#[test]
fn a_refusal_that_cannot_be_read() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.packet(0xF0, "A7 80");
    bench.packet(0x02, "A4");
    assert_eq!(bench.expect_error(), ExchangeError::Decode(DecodeError::Missing("error code")));
}

#[test]
fn a_stopped_task_and_an_unknown_status() {
    for status in [0xA5, 0xA9, 0x00] {
        let mut bench = Bench::started();
        bench.packet(0x01, &format!("{status:02X}"));
        bench.expect_sent(&[(0x02, "C2 80")]);
        bench.packet(0x02, "A3");
        assert_eq!(bench.expect_error(), ExchangeError::Status(TaskStatus(status)));
    }
}

// Other programs.

#[test]
fn the_first_sign_of_another_program_is_a_conflict() {
    for code in [0xB1, 0xB2, 0xB3] {
        let mut bench = Bench::started();
        bench.packet(0x01, &format!("{code:02X}"));
        bench.expect_sent(&[]);
        assert_eq!(bench.expect_error(), ExchangeError::Conflict(BufferError(code)));
    }
}

#[test]
fn a_task_that_somebody_else_dropped_is_a_conflict() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.wait(1000);
    bench.packet(0x02, "B3");
    assert_eq!(bench.expect_error(), ExchangeError::Conflict(BufferError::NOT_FOUND));

    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.packet(0xF0, "A6 80 44 01");
    bench.packet(0x02, "B3");
    assert_eq!(bench.expect_error(), ExchangeError::Conflict(BufferError::NOT_FOUND));
}

#[test]
fn an_illegal_value_is_no_conflict() {
    let mut bench = Bench::started();
    bench.packet(0x01, "B4");
    assert_eq!(bench.expect_error(), ExchangeError::Buffer(BufferError::ILLEGAL_VALUE));
}

#[test]
fn strangers_are_counted_and_never_acknowledged() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.packet(0xF0, "A6 02 44 02");
    bench.packet(0xF0, "A7 81 55 67 00");
    bench.packet(0xF0, "A6");
    bench.packet(0x07, "A3 44 02");
    bench.packet(0x07, "B1");
    bench.packet(0x07, "");
    bench.expect_nothing();
    let counters = bench.exchange.counters();
    assert_eq!((counters.foreign_tasks, counters.foreign_packets), (3, 3));
    bench.packet(0x01, "A3 44 01");
    bench.packet(0x02, "A3");
    bench.expect_answer(ANSWER);
}

#[test]
fn a_result_that_comes_twice_is_acknowledged_once() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.packet(0xF0, "A6 80 44 01");
    bench.packet(0xF0, "A6 80 44 02");
    bench.expect_sent(&[(0x02, "C2 80")]);
    bench.packet(0x02, "A3");
    bench.expect_answer(ANSWER);
    bench.packet(0xF0, "A6 80 44 01");
    bench.expect_nothing();
    assert_eq!(bench.exchange.counters().foreign_tasks, 1);
}

// Losses.

#[test]
fn a_device_that_could_not_take_a_packet_gets_it_again() {
    let mut bench = Bench::started();
    for _ in 0..2 {
        bench.packet(0x01, "");
        bench.expect_sent(&[(0x01, "C1 01 80 00 00 3F")]);
    }
    bench.packet(0x01, "");
    bench.expect_sent(&[]);
    assert_eq!(bench.expect_error(), ExchangeError::NotTaken { times: 3 });
    assert_eq!(bench.exchange.counters().resent, 2);
}

#[test]
fn an_ack_that_could_not_be_taken_is_sent_again() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.packet(0xF0, "A6 80 44 01");
    bench.expect_sent(&[(0x02, "C2 80")]);
    bench.packet(0x02, "");
    bench.expect_sent(&[(0x02, "C2 80")]);
    bench.packet(0x02, "A3");
    bench.expect_answer(ANSWER);
}

#[test]
fn a_broken_answer_is_asked_for_again() {
    let mut bench = Bench::started();
    bench.bytes(&broken(0x01, "A3 44 01"));
    bench.expect_sent(&[(0x01, "")]);
    bench.packet(0x01, "A3 44 01");
    bench.expect_sent(&[(0x02, "C2 80")]);
    bench.packet(0x02, "A3");
    bench.expect_answer(ANSWER);
    assert_eq!(bench.exchange.counters().asked_again, 1);
}

#[test]
fn broken_answers_are_asked_for_again_twice() {
    let mut bench = Bench::started();
    for _ in 0..5 {
        bench.bytes(&broken(0x01, "A1"));
    }
    bench.expect_sent(&[(0x01, ""), (0x01, "")]);
}

#[test]
fn broken_packets_of_others_are_not_asked_for() {
    let mut bench = Bench::started();
    bench.bytes(&broken(0xF0, "A6 80 44 01"));
    bench.bytes(&broken(0x07, "A1"));
    bench.expect_nothing();
}

#[test]
fn a_broken_result_is_asked_for_when_it_is_late() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.bytes(&broken(0xF0, "A6 80 44 01"));
    bench.wait(1000);
    bench.expect_sent(&[(0x02, "C3 80")]);
    bench.packet(0x02, "A3 44 01");
    bench.packet(0x03, "A3");
    bench.expect_answer(ANSWER);
}

#[test]
fn a_lost_answer_to_the_add_is_asked_for() {
    let mut bench = Bench::started();
    bench.wait(500);
    bench.expect_sent(&[(0x02, "C3 80")]);
    bench.packet(0x02, "A3 44 01");
    bench.expect_sent(&[(0x03, "C2 80")]);
    bench.packet(0x03, "A3");
    bench.expect_answer(ANSWER);
}

#[test]
fn a_lost_add_is_sent_once_more() {
    let mut bench = Bench::started();
    bench.wait(500);
    bench.expect_sent(&[(0x02, "C3 80")]);
    bench.packet(0x02, "B3");
    bench.expect_sent(&[(0x03, "C1 01 80 00 00 3F")]);
    bench.wait(500);
    bench.expect_sent(&[(0x04, "C3 80")]);
    bench.packet(0x04, "B3");
    assert_eq!(bench.expect_error(), ExchangeError::Conflict(BufferError::NOT_FOUND));
}

#[test]
fn an_ack_without_an_answer_costs_no_result() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.packet(0xF0, "A6 80 44 01");
    bench.expect_sent(&[(0x02, "C2 80")]);
    bench.wait(500);
    bench.expect_sent(&[(0x03, "C2 80")]);
    bench.wait(500);
    bench.expect_answer(ANSWER);
    assert_eq!(bench.exchange.counters().unacknowledged, 1);
    // The device did not get them, sends the result again, and it is freed.
    bench.packet(0xF0, "A6 80 44 01");
    bench.expect_sent(&[(0x04, "C2 80")]);
}

#[test]
fn a_second_ack_of_a_freed_task_is_no_conflict() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.packet(0xF0, "A6 80 44 01");
    bench.wait(500);
    bench.packet(0x03, "B3");
    bench.expect_answer(ANSWER);
}

// Silence and garbage.

#[test]
fn silence() {
    let mut bench = Bench::started();
    bench.wait(3000);
    let after = Duration::from_secs(3);
    let waiting_for = "the answer to the command";
    assert_eq!(bench.expect_error(), ExchangeError::Timeout { waiting_for, after });
    assert_eq!(bench.elapsed(), after);
    bench.expect_sent(&[(0x02, "C3 80"), (0x03, "C3 80"), (0x04, "C3 80")]);
}

#[test]
fn a_task_that_never_ends() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.wait(3000);
    let ExchangeError::Timeout { waiting_for, .. } = bench.expect_error() else {
        panic!("it is a time-out");
    };
    assert_eq!(waiting_for, "the result of the command");
}

#[test]
fn garbage_is_told_from_silence() {
    let mut bench = Bench::started();
    bench.bytes(&[0x00, 0x55, 0x06]);
    bench.wait(1000);
    bench.bytes(&broken(0x07, "A1"));
    bench.wait(2000);
    let ExchangeError::Garbage { bytes, after, last } = bench.expect_error() else {
        panic!("it is garbage");
    };
    assert_eq!((bytes, after), (9, Duration::from_secs(3)));
    assert!(matches!(last, Some(FrameError::Checksum { id: 0x07, .. })), "{last:?}");
}

#[test]
fn answers_to_somebody_else_are_no_silence() {
    let mut bench = Bench::started();
    bench.packet(0x41, "A1");
    bench.wait(3000);
    assert!(matches!(bench.expect_error(), ExchangeError::Garbage { last: None, .. }));
}

#[test]
fn the_time_limits_are_those_of_the_settings() {
    let timeouts = Timeouts {
        packet: Duration::from_millis(20),
        result: Duration::from_millis(30),
        answer: Duration::from_millis(100),
    };
    let mut bench = Bench::with(Settings { timeouts, ..Settings::default() });
    bench.exchange.start(STATUS, bench.now);
    assert_eq!(bench.exchange.poll_timeout(), Some(bench.start + timeouts.packet));
    bench.packet(0x01, "A1");
    assert_eq!(bench.exchange.poll_timeout(), Some(bench.start + timeouts.result));
    bench.wait(100);
    assert!(matches!(bench.expect_error(), ExchangeError::Timeout { .. }));
}

// One command after the other.

#[test]
fn ids_count_up_and_wrap_inside_their_ranges() {
    let settings = Settings { first_packet_id: 0xDE, first_task_id: 0xDF, ..Settings::default() };
    let mut bench = Bench::with(settings);
    bench.exchange.start(STATUS, bench.now);
    bench.packet(0xDE, "A3 44 01");
    bench.packet(0xDF, "A3");
    bench.expect_answer(ANSWER);
    bench.exchange.start(&[0xA4, 0x10], bench.now);
    bench.expect_sent(&[
        (0xDE, "C1 01 DF 00 00 3F"),
        (0xDF, "C2 DF"),
        (0x00, "C1 01 80 00 00 A4 10"),
    ]);
}

#[test]
fn ids_outside_of_their_ranges_are_not_used() {
    let settings = Settings { first_packet_id: 0xE0, first_task_id: 0x01, ..Settings::default() };
    let mut bench = Bench::with(settings);
    bench.exchange.start(STATUS, bench.now);
    bench.expect_sent(&[(0x00, "C1 01 80 00 00 3F")]);
}

#[test]
fn the_access_password_is_sent() {
    let mut bench = Bench::with(Settings { access_password: [0x12, 0x34], ..Settings::default() });
    bench.exchange.start(STATUS, bench.now);
    bench.expect_sent(&[(0x01, "C1 01 80 12 34 3F")]);
}

#[test]
fn a_late_result_frees_its_task_and_disturbs_nothing() {
    let mut bench = Bench::started();
    bench.packet(0x01, "A1");
    bench.wait(3000);
    bench.expect_error();
    bench.sent.clear();
    bench.exchange.start(&[0x45], bench.now);
    bench.expect_sent(&[(0x04, "C1 01 81 00 00 45")]);
    bench.packet(0xF0, "A6 80 44 01");
    bench.expect_sent(&[(0x05, "C2 80")]);
    bench.packet(0x05, "A3");
    bench.packet(0x04, "A3 55 01 00");
    bench.expect_sent(&[(0x06, "C2 81")]);
    bench.packet(0x06, "A3");
    bench.expect_answer(&[0x55, 0x01, 0x00]);
    assert_eq!(bench.exchange.counters().foreign_packets, 0);
    assert_eq!(bench.exchange.counters().foreign_tasks, 0);
}

#[test]
fn a_late_answer_to_an_add_frees_its_task() {
    let mut bench = Bench::started();
    bench.wait(3000);
    bench.expect_error();
    bench.sent.clear();
    bench.packet(0x01, "A3 44 01");
    bench.expect_sent(&[(0x05, "C2 80")]);
    bench.packet(0x05, "B3");
    bench.expect_nothing();
    assert_eq!(bench.exchange.counters().foreign_packets, 0);
}

#[test]
fn the_id_of_a_task_that_was_left_behind_is_not_used_again() {
    let mut bench = Bench::with(Settings { first_task_id: 0xDE, ..Settings::default() });
    let mut task = |answered: bool| {
        bench.exchange.start(STATUS, bench.now);
        bench.collect();
        let (id, data) = bench.sent.last().unwrap().clone();
        if answered {
            bench.packet(id, "A3 44 01");
            let (id, _) = bench.sent.last().unwrap().clone();
            bench.packet(id, "A3");
            bench.expect_answer(ANSWER);
        }
        data[2]
    };
    assert_eq!(task(false), 0xDE);
    for expected in [0xDF].into_iter().chain(0x80..=0xDD) {
        assert_eq!(task(true), expected);
    }
    assert_eq!(task(true), 0xDF, "DE may still be there");
}

#[test]
fn a_command_that_fits_into_no_packet() {
    let mut bench = Bench::new();
    bench.exchange.start(&vec![0x46; 5000], bench.now);
    bench.expect_sent(&[]);
    assert!(matches!(bench.expect_error(), ExchangeError::Frame(FrameError::TooLong { .. })));
}

/// Whatever the device says, the exchange ends in time, and it never sends anything but its own
/// Add, Req, Ack and empty packets.
#[test]
fn hostile_devices() {
    let good = [packet(0x01, "A1"), packet(0xF0, "A6 80 44 01"), packet(0x02, "A3")].concat();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut bench = Bench::started();
        for piece in bytes.chunks(3) {
            bench.bytes(piece);
        }
        bench.wait(3000);
        assert!(bench.exchange.poll().is_some(), "bit {bit}");
        assert_eq!(bench.exchange.poll_timeout(), None, "bit {bit}");
        for (id, data) in &bench.sent {
            let known = matches!(
                data.as_slice(),
                [] | [0xC2 | 0xC3, 0x80] | [0xC1, 0x01, 0x80, 0x00, 0x00, 0x3F]
            );
            assert!(known && *id < 0x10, "bit {bit}: {id:02X} {data:02X?}");
        }
    }
}
