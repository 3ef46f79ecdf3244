use status_core::Hold;

use super::*;

/// What is written below `hold = "per-poll"`, beside a feed, on TCP and on a serial port.
#[test]
fn per_poll_is_taken_only_with_everything_that_makes_it_harmless() {
    let tcp = format!("{KKT}address = \"tcp:kkt:5555\"\n");
    let serial = format!("{KKT}address = \"/dev/ttyS0\"\n");
    let feed = "[pos]\nsource = \"events\"\n";
    let per_poll = "hold = \"per-poll\"\n";
    for (keys, released, arbiter) in [
        ("", false, None),
        ("arbiter = \"events\"\n", true, Some(Arbiter::Events)),
        ("arbiter = \"lock:/run/kkt\"\n", false, Some(Arbiter::Lock("/run/kkt".into()))),
    ] {
        for kkt in [&tcp, &serial] {
            let text = format!("{feed}{kkt}{per_poll}{keys}");
            if arbiter.is_none() && kkt == &serial {
                check(&text, &[(7, "on a serial port needs an arbiter")]);
                continue;
            }
            let config = parse(&text);
            let kkt = config.kkt.unwrap();
            assert_eq!((kkt.hold, &kkt.arbiter), (Hold::PerPoll { released }, &arbiter));
            assert_eq!(kkt.open_every, Duration::from_secs(30));
            assert_eq!(kkt.hold_at_most, Duration::from_millis(300));
            assert_eq!(config.max_age.paper, Duration::from_secs(90));
            assert_eq!(config.max_age.ofd, Duration::from_secs(900));
        }
    }
    check(
        &format!("{tcp}{per_poll}"),
        &[(5, "needs [pos] source = \"events\": the KKT is opened only while no receipt is open")],
    );
    let never_silent = feed.replace("events\"\n", "events\"\nsilence_seconds = 0\n");
    check(
        &format!("{never_silent}{tcp}{per_poll}"),
        &[(8, "needs a limit in [pos] silence_seconds")],
    );
    for (line, wanted) in [
        ("open_every = \"29s\"", "open_every: got \"29s\", expected a time from 30s to 1h"),
        ("hold_at_most = \"301ms\"", "got \"301ms\", expected a time from 100ms to 300ms"),
        ("arbiter = \"luck\"", "expected \"events\" or \"lock:\" and an absolute path"),
        ("arbiter = \"lock:kkt\"", "expected \"events\" or \"lock:\" and an absolute path"),
        ("arbiter = true", "arbiter: got true, expected \"events\" or \"lock:\""),
    ] {
        for kkt in [&tcp, &serial] {
            let arbiter = if line.starts_with("arbiter") { "" } else { "arbiter = \"events\"\n" };
            check(&format!("{feed}{kkt}{per_poll}{line}\n{arbiter}"), &[(8, wanted)]);
        }
    }
    for key in ["open_every = \"60s\"", "hold_at_most = \"200ms\"", "arbiter = \"events\""] {
        let name = key.split(' ').next().unwrap();
        check(&format!("{tcp}{key}\n"), &[(5, &format!("{name} is only for hold = \"per-poll\""))]);
    }
}

#[test]
fn values_outlast_an_opening_that_falls_out() {
    let kkt = format!(
        "[pos]\nsource = \"events\"\n{KKT}address = \"tcp:kkt:5555\"\nhold = \"per-poll\"\n"
    );
    check(
        &format!("{kkt}[max_age]\npaper = \"59s\"\n"),
        &[(8, "[max_age] paper: got 59s, expected at least 1min")],
    );
    check(
        &format!("{kkt}[poll]\nfiscal_storage = \"12h\"\npaper = \"50s\"\n"),
        &[(8, "[max_age] paper: got 90s, expected at least 100s")],
    );
    parse(&format!("{kkt}[max_age]\npaper = \"60s\"\n"));
    // The receipt comes from the feed, whatever its age on the KKT.
    parse(&format!("{kkt}[poll]\nfast = \"1h\"\n"));
    let slow = parse(&format!("{kkt}open_every = \"10min\"\n"));
    assert_eq!(slow.max_age.paper, Duration::from_secs(1800));
    assert_eq!(slow.max_age.ofd, Duration::from_secs(1800));
    // Scale and Vision have rules of their own beside it.
    let scale = "[scale]\nprotocol = \"massa-k-100\"\naddress = \"tcp:scale:5001\"\n";
    check(&format!("{kkt}{scale}[poll]\nfast = \"3s\"\n"), &[(11, "[max_age] weight")]);
}

#[test]
fn what_is_asked_too_seldom_is_refused() {
    let kkt = "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"tcp:10.0.0.5:5555\"\n\
               hold = \"always\"\nowns_device = true\n";
    check(
        &format!("{kkt}[poll]\nfast = 10\n"),
        &[(7, "[poll] fast: got 10 s, expected less than the 10 s of [max_age] receipt")],
    );
    check(&format!("{kkt}[max_age]\nofd = 60\n"), &[(7, "[poll] ofd: got 60 s")]);
    parse("[poll]\nfast = 10\n");
}
