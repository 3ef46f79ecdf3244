use super::*;

fn at(second: u64) -> Moment {
    let wall = Timestamp::from_second(i64::try_from(second).unwrap()).unwrap();
    Moment { mono: Duration::from_secs(second), wall }
}

fn trouble(letter: char) -> Trouble {
    let text = "x".to_owned();
    match letter {
        's' => Trouble::Silent(text),
        'g' => Trouble::Garbage(text),
        'b' => Trouble::Busy(text),
        _ => Trouble::CannotOpen(text),
    }
}

/// What happens second by second ("." nothing, "a" answered, "u" not understood, "p" a pause ended, else
/// a trouble), the state after it.
#[track_caller]
fn check(story: &str, state: DeviceState) {
    let mut condition = Condition::default();
    let mut now = at(0);
    for (second, letter) in (1..).zip(story.chars()) {
        now = at(second);
        match letter {
            '.' => {}
            'a' => condition.answered(now),
            'u' => condition.not_understood("x", now),
            'p' => condition.resume(now),
            letter => condition.failed(trouble(letter), now),
        }
    }
    assert_eq!(condition.state(now), state, "{story}");
}

#[test]
fn a_short_silence_changes_nothing_a_long_one_does() {
    check("", DeviceState::Starting);
    check("a", DeviceState::Online);
    check("as", DeviceState::Online);
    check("asssssssssssssss", DeviceState::Online);
    check("assssssssssssssss", DeviceState::Stale);
    check("assssssssssssssssa", DeviceState::Online);
    check("as.................", DeviceState::Online);
    check("s", DeviceState::NotConnected);
}

#[test]
fn garbage_counts_after_five_seconds() {
    check("agggg", DeviceState::Online);
    check("agggggg", DeviceState::NotConnected);
    check("aggsggg", DeviceState::Online);
}

#[test]
fn once_it_has_been_asked_it_is_never_starting_again() {
    for story in ["g", "s", "c", "u", "cg", "sg", "cu", "gp", "cp", "up", "sps", "ug"] {
        check(story, DeviceState::NotConnected);
    }
    check("bp", DeviceState::NotConnected);
    check("pa", DeviceState::Online);
    check("p", DeviceState::Starting);
    check("ua", DeviceState::Online);
    check("au", DeviceState::Online);
}

#[test]
fn a_port_that_cannot_be_opened_is_told_at_once() {
    check("ac", DeviceState::NotConnected);
    check("ab", DeviceState::Busy);
    check("aba", DeviceState::Online);
}

#[test]
fn time_in_which_nobody_asked_is_no_time_of_asking() {
    let mut condition = Condition::default();
    condition.answered(at(1));
    condition.failed(trouble('s'), at(2));
    condition.failed(trouble('s'), at(600));
    assert_eq!(condition.state(at(600)), DeviceState::Online);
}
