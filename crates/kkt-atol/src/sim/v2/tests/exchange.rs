//! Our exchange against the simulated device: however that misbehaves, there is an answer or an
//! error within the limits.

use std::time::{Duration, Instant};

use super::connected;
use crate::sim::{Lost, Misbehaviour, Simulator, State};
use crate::v2::exchange::{Exchange, ExchangeError, Settings};
use crate::v2::frame::tests::unhex;

/// The longest exchange: what the host may talk, and T5.
const LIMIT: Duration = Duration::from_secs(20);

/// Asks for the state code; time goes on from one moment at which something is due to the next.
fn ask(
    exchange: &mut Exchange,
    simulator: &mut Simulator,
    now: &mut Duration,
) -> Result<Vec<u8>, ExchangeError> {
    let epoch = Instant::now();
    let began = *now;
    exchange.start(&[0x45], epoch + *now);
    loop {
        while let Some(bytes) = exchange.poll_transmit() {
            simulator.receive(&bytes, *now);
        }
        if let Some(result) = exchange.poll() {
            assert!(*now - began <= LIMIT, "{:?}", *now - began);
            return result;
        }
        if let Some(bytes) = simulator.transmit(*now) {
            exchange.receive(&bytes, epoch + *now);
            continue;
        }
        let due = exchange.poll_timeout().expect("an exchange waits for something") - epoch;
        *now = (*now).max(simulator.wake().map_or(due, |wake| wake.min(due)));
        exchange.handle_timeout(epoch + *now);
    }
}

#[track_caller]
fn check(state: State, misbehaviour: Misbehaviour, wanted: fn(&ExchangeError) -> bool) {
    let mut simulator = connected(state, misbehaviour);
    let mut exchange = Exchange::new(Settings::default());
    let mut now = Duration::ZERO;
    for turn in 0..3 {
        let error = ask(&mut exchange, &mut simulator, &mut now).expect_err("an error");
        assert!(wanted(&error), "{misbehaviour:?}, turn {turn}: {error:?}");
    }
    // Put right, it is the device that it was, after the answers that may still come.
    simulator.misbehave(Misbehaviour::None);
    simulator.state_mut().busy = false;
    check_answers(&mut exchange, &mut simulator, &mut now);
}

#[track_caller]
fn check_answers(exchange: &mut Exchange, simulator: &mut Simulator, now: &mut Duration) {
    for _ in 0..3 {
        assert_eq!(ask(exchange, simulator, now), Ok(unhex("55 01 00")));
    }
}

#[test]
fn what_an_exchange_survives() {
    use Misbehaviour as M;
    let half = Duration::from_millis(450);
    for misbehaviour in [
        M::None,
        M::NoiseBefore,
        M::Split,
        M::Delay(half),
        M::OtherId,
        M::Loses(Lost::AckOfEnq),
        M::Loses(Lost::AckOfFrame),
        M::Loses(Lost::Enq),
        M::Loses(Lost::Eot),
        M::Collides,
        M::UnmaskedEtx,
    ] {
        let mut simulator = connected(State::default(), misbehaviour);
        let mut exchange = Exchange::new(Settings::default());
        check_answers(&mut exchange, &mut simulator, &mut Duration::default());
        let asked = simulator.requests().values().sum::<u64>();
        assert_eq!(asked, 3, "{misbehaviour:?}: no command is executed twice");
    }
}

#[test]
fn what_ends_in_an_error() {
    use ExchangeError as E;
    let well = State::default;
    check(well(), Misbehaviour::Silent, |error| matches!(error, E::Timeout { .. }));
    check(well(), Misbehaviour::HangUp, |error| matches!(error, E::Timeout { .. }));
    check(well(), Misbehaviour::Garbage, |error| matches!(error, E::Garbage { .. }));
    check(well(), Misbehaviour::WrongChecksum, |error| matches!(error, E::Damaged { .. }));
    check(well(), Misbehaviour::Naks, |error| matches!(error, E::NotTaken { .. }));
    let busy = State { busy: true, ..well() };
    check(busy, Misbehaviour::None, |error| matches!(error, E::NotReady { .. }));
}
