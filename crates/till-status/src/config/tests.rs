use super::*;

use scale_proto::protocol::massa_k_100::Check;
use scale_proto::protocol::pos2::Variant;
use scale_proto::{Options, Unit};
use status_core::{Hold, KktReceipt, PosSource, UserIdKind};
use till_port::{Address, LineSettings};

const SAMPLE: &str = include_str!("../../dist/till-status.toml");

/// Text lines and the fault that each gives.
#[track_caller]
fn check(text: &str, faults: &[(usize, &str)]) {
    let error = match Config::parse(text) {
        Ok(config) => panic!("{text}\nwas taken: {config:?}"),
        Err(error) => error,
    };
    let got: Vec<_> =
        error.faults().iter().map(|fault| (fault.line, fault.text.as_str())).collect();
    assert_eq!(got.len(), faults.len(), "{text}\n{got:#?}");
    for ((line, text), (wanted_line, wanted)) in got.into_iter().zip(faults) {
        assert_eq!(line, *wanted_line, "{text}");
        assert!(text.contains(wanted), "got      {text}\nexpected {wanted}");
    }
}

#[track_caller]
fn parse(text: &str) -> Config {
    Config::parse(text).unwrap_or_else(|error| panic!("{error}\nin {text}"))
}

/// The sample with its commented keys and sections switched on.
fn everything() -> String {
    let lines = SAMPLE.lines().map(|line| match line.strip_prefix('#') {
        Some(key) if !key.starts_with(' ') && !key.is_empty() => key,
        _ => line,
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_sample_is_the_default() {
    let sample = Config { hash: hash(""), ..parse(SAMPLE) };
    assert_eq!(sample, Config::default());
    assert_eq!(parse(""), Config::default());
}

#[test]
fn the_sample_names_every_key_with_its_default() {
    let text = everything();
    let token = "token_file = \"/etc/till-status.token\"\n";
    assert!(text.contains(token));
    // What belongs to a setting that is not the default is a fault beside the default.
    let per_poll = "open_every = \"30s\"\nhold_at_most = \"300ms\"\n";
    assert!(text.contains(per_poll));
    let arbiter = "arbiter = \"events\"\n";
    assert!(text.contains(arbiter));
    let sp80x = "dialect = \"arm\"\nmodel = \"SP802\"\n";
    let log = &text[text.find("[pos.log]\n").unwrap()..text.find("[kkt]\n").unwrap()];
    let profile = "profile = \"/etc/till-status.profile.toml\"\n";
    assert!(text.contains(sp80x) && text.contains(profile));
    let text_of_defaults = [token, per_poll, arbiter, sp80x, profile, log]
        .iter()
        .fold(text.clone(), |text, other| text.replace(other, ""));
    let with_log = text.replace("source = \"none\"", "source = \"log\"").replace(token, "");
    let followed = parse(&with_log[..with_log.find("[pos.seven]\n").unwrap()]).pos.log.unwrap();
    assert_eq!(followed.every, Duration::from_millis(300));
    let seven = &text[text.find("[pos.seven]\n").unwrap()..text.find("[kkt]\n").unwrap()];
    let asked = parse(&format!("[pos]\nsource = \"seven\"\n{seven}"));
    let short = "[pos]\nsource = \"seven\"\n[pos.seven]\naddress = \"127.0.0.1:8080\"\n";
    assert_eq!(asked.pos.seven, parse(short).pos.seven);
    let config = parse(&text_of_defaults);
    let mut kkt = Kkt::new("tcp:192.168.0.5:5555".parse().unwrap(), KktLink::V3);
    kkt.operators.insert(30, "12".to_owned());
    assert_eq!(config.kkt, Some(kkt));
    let address = "serial:/dev/serial/by-id/usb-scale-if00?baud=57600".parse().unwrap();
    assert_eq!(config.scale, Some(Scale::new("massa-k-100", address)));
    let target: vision_probe::Target = "http://127.0.0.1:8090/health".parse().unwrap();
    let target = target.expecting(200, Some("ready".to_owned()));
    let passive = "process:visiond".parse().unwrap();
    let sources = vec![passive, vision_probe::Source::Active(target)];
    assert_eq!(config.vision, Some(Vision::new(sources)));
    // Each section lists its keys when one is wrong: the sample must have all of them.
    for section in [
        "till",
        "api",
        "pos",
        "pos.log",
        "pos.seven",
        "kkt",
        "scale",
        "vision",
        "poll",
        "max_age",
        "thresholds",
        "hours",
        "log",
    ] {
        let error = Config::parse(&format!("[{section}]\nzzzzzz = 1\n")).unwrap_err();
        let fault = error.faults().iter().find(|fault| fault.text.contains("known keys")).unwrap();
        let keys = fault.text.rsplit("known keys are ").next().unwrap();
        for key in keys.split(", ") {
            let found = text.lines().any(|line| {
                line.starts_with(&format!("{key} = "))
                    || [format!("[{section}.{key}]"), format!("[[{section}.{key}]]")]
                        .contains(&line.to_owned())
            });
            assert!(found, "[{section}] {key} is not in the sample");
        }
    }
}

#[test]
fn every_value_can_be_set() {
    let config = parse(
        r#"
        [till]
        name = "Store 12 / till 3"
        type = "kiosk"
        [api]
        listen = ["127.0.0.1:0", "[::1]:8480"]
        allow = "10.0.0.5/32"
        body = "json"
        time = "%d.%m.%Y %H:%M:%S"
        flag = ""
        weight = "g"
        unsupported = 404
        accept_assumed = ["ofd"]
        rate = 2
        burst = 4
        limit_loopback = true
        [pos]
        source = "events"
        listen = "127.0.0.1:0"
        token_file = "/etc/token"
        silence_seconds = 0
        user_role_id = "user"
        publish_user_id = true
        [kkt]
        driver = "atol"
        link = "v3"
        address = "serial:usb:2912:0005?interface=0"
        access_password = "1234"
        disputed_numbers = "binary"
        hold = "always"
        owns_device = true
        receipt = "line-by-line"
        device_zone = "+10:00"
        operators = { 1 = 7, 30 = "admin" }
        [scale]
        protocol = "massa-k-100"
        address = "/dev/ttyS1?baud=4800&parity=even"
        unstable = "refuse"
        without_receipt_state = "read"
        check = "lenient"
        standing_weight = 1500
        standing_tolerance = 50
        [vision]
        target = ["unit:vision", "connection:vision", "tcp://vision:8090"]
        need = "any"
        every = 5
        limit = 0.5
        failures = 1
        window = 1
        [poll]
        fast = "2s"
        [max_age]
        weight = 6
        [thresholds]
        ofd_queue = "off"
        scale_load = "10min"
        till_idle = "off"
        [hours]
        every = "08:00-22:00"
        [log]
        level = "debug"
        "#,
    );
    assert_eq!(config.api.listen.len(), 2);
    assert_eq!(config.api.allow, ["10.0.0.5/32".parse().unwrap()]);
    assert_eq!(config.api.time, TimeForm::Pattern("%d.%m.%Y %H:%M:%S".to_owned()));
    assert_eq!((config.api.rate, config.api.burst), (2, 4));
    assert_eq!(config.pos.silence, None);
    assert_eq!(config.pos.source, PosSource::Events);
    assert_eq!(config.pos.user_role_id, UserIdKind::User);
    let kkt = config.kkt.as_ref().unwrap();
    assert_eq!((kkt.hold, kkt.receipt), (Hold::Always, KktReceipt::LineByLine));
    assert_eq!(kkt.access_password, 1234);
    assert_eq!(kkt.disputed_numbers, kkt_atol::Reading::Binary);
    assert_eq!(kkt.operators[&1], "7");
    assert_eq!(kkt.operators[&30], "admin");
    assert_eq!(config.scale.as_ref().unwrap().options.check, Check::Lenient);
    let vision = config.vision.as_ref().unwrap();
    assert_eq!(vision.limit, Duration::from_millis(500));
    assert_eq!((vision.sources.len(), vision.need), (3, vision_probe::Need::Any));
    assert_eq!(config.poll.fast, Duration::from_secs(2));
    assert_eq!(config.max_age.weight, Duration::from_secs(6));
    assert_eq!(config.thresholds.ofd_queue, None);
    assert_eq!(config.log.level, Level::Debug);
    let settings = config.settings();
    assert_eq!(settings.till.name, "Store 12 / till 3");
    assert_eq!(settings.feed_silence, None);
    assert_eq!(settings.kkt_zone, Some(jiff::tz::TimeZone::fixed(jiff::tz::offset(10))));
    let standing = (settings.standing.milligrams, settings.standing.tolerance_milligrams);
    assert_eq!(standing, (1_500_000, 50_000));
    assert_eq!(settings.thresholds.scale_load, Some(Duration::from_secs(600)));
    assert_eq!(settings.thresholds.till_idle, None);
    assert!(settings.hours.is_some_and(|hours| hours.week.iter().all(|day| day.len() == 1)));
}

#[test]
fn the_hash_is_that_of_the_file() {
    assert_eq!(
        Config::default().hash,
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_ne!(parse("[till]").hash, parse("[till]\n").hash);
}

#[test]
fn unknown_keys_are_refused_with_a_suggestion() {
    check(
        "[api]\n\nlissten = []\n",
        &[(3, r#"[api] lissten: unknown key; did you mean "listen"?"#)],
    );
    check("[apy]\nlisten = []\n", &[(1, "[apy] is no known section; did you mean [api]?")]);
    check(
        "[log]\nlevel = \"info\"\ncolour = true\n",
        &[(3, "[log] colour: unknown key; known keys are level")],
    );
    check(
        "name = \"x\"\n",
        &[(1, "name stands outside of any section; known sections are api, hours, kkt")],
    );
    check(
        "[kkt.operator]\n",
        &[
            (1, "driver is missing"),
            (1, "link is missing"),
            (1, "address is missing"),
            (1, r#"[kkt] operator: unknown key; did you mean "operators"?"#),
        ],
    );
}

#[test]
fn wrong_values_say_what_was_got_and_what_is_possible() {
    for (section, line, wanted) in [
        ("api", "listen = 8480", "listen: got 8480, expected a list of texts"),
        ("api", "listen = [\"localhost\"]", "expected addresses such as \"127.0.0.1:8480\""),
        ("api", "listen = []", "expected at least one address"),
        ("api", "allow = [\"10.0.0.0/99\"]", "got [\"10.0.0.0/99\"], expected networks such as"),
        ("api", "body = \"xml\"", "body: got \"xml\", expected \"text\" or \"json\""),
        ("api", "time = \"iso\"", "time: got \"iso\", expected \"rfc3339\", \"local\""),
        ("api", "time = \"%!\"", "time: got \"%!\", expected"),
        ("api", "flag = \"a\\nb\"", "expected a text of one line"),
        ("api", "unsupported = 500", "unsupported: got 500, expected 501 or 404"),
        ("api", "accept_assumed = [\"ofed\"]", "\"paper\", \"vision\" or \"weight\""),
        ("api", "rate = 0", "rate: got 0, expected a number from 1 to 10000"),
        ("api", "limit_loopback = 1", "limit_loopback: got 1, expected true or false"),
        ("pos", "source = \"logs\"", "expected \"none\", \"events\", \"log\" or \"seven\""),
        ("pos", "listen = \"0.0.0.0:8481\"", "the till program is on this till"),
        ("pos", "listen = \"127.0.0.1:8481\"", "without token_file"),
        ("pos", "listen = \"unix:pos.sock\"", "an absolute path"),
        ("pos", "listen = \"unix:/x?mode=999\"", "octal"),
        ("pos", "listen = \"unix:/x?owner=pos\"", "mode=… or group=… instead of \"owner=pos\""),
        ("pos", "token_file = \"/x\"", "only for a loopback port"),
        ("pos", "silence_seconds = -1", "silence_seconds: got -1, expected a time from 0s to 168h"),
        ("poll", "fast = \"500ms\"", "fast: got \"500ms\", expected a time from 1s"),
        ("max_age", "weight = \"soon\"", "weight: got \"soon\", expected a time"),
        ("max_age", "weight = 2026-11-24", "weight: got 2026-11-24, expected a time"),
        ("thresholds", "ofd_queue = 0", "expected \"off\", or a number from 1"),
        (
            "log",
            "level = \"all\"",
            "expected \"error\", \"warn\", \"info\", \"debug\" or \"trace\"",
        ),
        ("till", "name = { a = 1 }", "name: got a section, expected a text in quotes"),
    ] {
        check(&format!("[{section}]\n{line}\n"), &[(2, wanted)]);
    }
}

const KKT: &str = "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\n";

#[test]
fn a_kkt_is_never_opened_by_chance() {
    check(
        &format!("{KKT}address = \"tcp:kkt:5555\"\nhold = \"always\"\n"),
        &[(5, "needs owns_device = true: a KKT serves one program")],
    );
    check(
        &format!("{KKT}address = \"tcp:kkt:5555\"\nhold = \"sometimes\"\n"),
        &[(5, "hold: got \"sometimes\", expected \"never\", \"always\" or \"per-poll\"")],
    );
    check(
        "[kkt]\ndriver = \"atol\"\naddress = \"tcp:kkt:5555\"\n",
        &[(1, "[kkt] link is missing")],
    );
    check(
        "[kkt]\ndriver = \"atol\"\nlink = \"v1\"\naddress = \"tcp:kkt:5555\"\n",
        &[(3, "link: got \"v1\", expected \"v2\" or \"v3\"")],
    );
    check(
        "[kkt]\ndriver = \"atol\"\nlink = \"v2\"\naddress = \"tcp:kkt:5555\"\n",
        &[(
            3,
            "[kkt] link: got \"v2\" with a TCP address, expected \"v3\": over TCP a KKT speaks the",
        )],
    );
    for link in ["v2", "v3"] {
        let text =
            format!("[kkt]\ndriver = \"atol\"\nlink = \"{link}\"\naddress = \"/dev/ttyS0\"\n");
        let kkt = Config::parse(&text).unwrap().kkt.unwrap();
        assert_eq!(kkt.link.to_string(), link);
        let Address::Serial(serial) = kkt.address else { panic!("{:?}", kkt.address) };
        assert_eq!(serial.settings, LineSettings::default(), "115200 8N1");
    }
    check(
        "[kkt]\ndriver = \"shtrih\"\nlink = \"v2\"\naddress = \"kkt\"\n",
        &[
            (2, "driver: got \"shtrih\", expected \"atol\", \"sp80x\" or \"pirit\""),
            (4, "address: got \"kkt\", expected an address such as"),
        ],
    );
    for address in ["serial:usb:2912:0005", "/dev/ttyACM0", "serial:/dev/ttyACM1?baud=115200"] {
        let text = format!("{KKT}address = \"{address}\"\n");
        check(&text, &[(4, "the one that carries documents to the OFD must never be opened")]);
    }
    for address in
        ["serial:usb:2912:0005?interface=0", "/dev/serial/by-id/usb-ATOL-if00", "/dev/ttyS0"]
    {
        assert_eq!(
            parse(&format!("{KKT}address = \"{address}\"\n")).kkt.unwrap().hold,
            Hold::Never
        );
    }
    check(
        &format!("{KKT}address = \"tcp:kkt:5555\"\naccess_password = 0\n"),
        &[(5, "four digits")],
    );
    check(
        &format!("{KKT}address = \"tcp:kkt:5555\"\ndevice_zone = \"Moscow\"\n"),
        &[(5, "device_zone: got \"Moscow\", expected \"till\", an offset such as")],
    );
    check(
        &format!("{KKT}address = \"tcp:kkt:5555\"\n[kkt.operators]\nx = \"1\"\n"),
        &[(6, "[kkt.operators]: got x = \"1\", expected an operator number from 1 to 99")],
    );
}

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
fn nothing_of_a_scale_is_sent_to_a_kkt() {
    let scale = "[scale]\nprotocol = \"massa-k-100\"\n";
    check(
        &format!("{scale}address = \"serial:usb:2912:0005?interface=1\"\n"),
        &[(3, "2912:0005 is a KKT")],
    );
    for (kkt, address) in [
        ("tcp:kkt:5555", "tcp:KKT:5555"),
        ("/dev/ttyS0", "serial:/dev/ttyS0?baud=4800"),
        ("/dev/null", "/dev/../dev/null"),
        ("tcp:[::1]:5555", "tcp:[0:0::1]:5555"),
        ("serial:usb:0403:6001?interface=0", "serial:usb:0403:6001?baud=4800"),
        ("serial:usb:0403:6001?interface=0&serial=A", "serial:usb:0403:6001?interface=0"),
    ] {
        let text = format!("{KKT}address = \"{kkt}\"\n{scale}address = \"{address}\"\n");
        check(&text, &[(7, "this is the address of [kkt]")]);
    }
    for (kkt, address) in [
        ("tcp:kkt:5555", "tcp:kkt:5001"),
        ("serial:usb:0403:6001?interface=0&serial=A", "serial:usb:0403:6001?serial=B"),
        ("serial:usb:0403:6011?interface=0", "serial:usb:0403:6011?interface=1"),
    ] {
        let text = format!("{KKT}address = \"{kkt}\"\n{scale}address = \"{address}\"\n");
        assert!(parse(&text).scale.is_some(), "{text}");
    }
}

#[test]
fn a_scale_has_the_line_and_the_options_of_its_protocol() {
    let scale = |protocol: &str, rest: &str| {
        format!("[scale]\nprotocol = \"{protocol}\"\naddress = \"/dev/ttyS1\"\n{rest}")
    };
    for (protocol, line) in [
        ("massa-k-100", "?baud=57600"),
        ("massa-k-2", "?baud=4800&parity=even"),
        ("pos2", "?baud=9600"),
        ("cas-ecr", "?baud=9600"),
        ("cas-22", "?baud=9600"),
        ("toledo-8217", "?baud=9600&parity=even&bits=7"),
        ("sasi", "?baud=9600&parity=even&bits=7"),
        ("mt-sics", "?baud=9600"),
        ("toledo-continuous", "?baud=9600"),
    ] {
        let address = format!("/dev/ttyS1{line}").parse().unwrap();
        let found = parse(&scale(protocol, "")).scale.unwrap();
        assert_eq!(found, Scale::new(protocol, address), "{protocol}");
    }
    let text = scale("pos2", "decimals = 4\npassword = \"1234\"\nvariant = \"mertech\"\n");
    let options = parse(&text).scale.unwrap().options;
    let wanted = Options {
        decimals: Some(4),
        password: *b"1234",
        variant: Variant::Mertech,
        ..Options::default()
    };
    assert_eq!(options, wanted);
    let options = parse(&scale("sasi", "unit = \"lb\"\n")).scale.unwrap().options;
    assert_eq!(options.unit, Unit::Pound);
    check(
        &scale("cas-ecr", "unit = \"lb\"\ndecimals = 7\n"),
        &[(4, "unit: it is for toledo-8217 and sasi, not for cas-ecr"), (5, "\"ask\", or 0 to 6")],
    );
    check(&scale("pos2", "password = \"12\"\n"), &[(4, "four digits")]);
    check(&scale("w", ""), &[(2, "massa-k-2")]);
}

#[test]
fn vision_is_checked() {
    check("[vision]\ntarget = \"vision\"\n", &[(2, "expected \"tcp://host:port\"")]);
    check("[vision]\nevery = 5\n", &[(1, "target is missing: what shows whether the link is up?")]);
    check("[vision]\ntarget = []\n", &[(2, "got [], expected one to 8 of \"tcp://host:port\"")]);
    check("[vision]\ntarget = [\"process:/bin/x\"]\n", &[(2, "the name of a program without")]);
    check(
        "[vision]\ntarget = [\"tcp://a:1\", \"tcp://a:1\"]\n",
        &[(2, "tcp://a:1 stands there twice")],
    );
    check(
        "[vision]\ntarget = \"tcp://a:1\"\nneed = \"any\"\n",
        &[(3, "need is for several targets")],
    );
    check(
        "[vision]\ntarget = [\"tcp://a:1\", \"unit:b\"]\nneed = 1\n",
        &[(3, "expected \"all\" or \"any\"")],
    );
    check(
        "[vision]\ntarget = \"unit:b\"\nexpect_text = \"ok\"\n",
        &[(3, "need a target of http://")],
    );
    check(
        "[vision]\ntarget = \"tcp://vision:80\"\nexpect_status = 200\n",
        &[(3, "need a target of http://")],
    );
    check(
        "[vision]\ntarget = \"tcp://vision:80\"\nfailures = 4\n",
        &[(3, "failures: got 4, expected at most the window of 3")],
    );
}

#[test]
fn no_text_makes_it_panic() {
    check("[api\n", &[(1, "this is not TOML")]);
    check("[api]\nrate = \n", &[(2, "this is not TOML")]);
    check("api = 1\n", &[(1, "api: got 1, expected a section [api]")]);
    check("[[api]]\n", &[(1, "expected a section [api]")]);
    let deep = format!("[api]\nallow = {}{}\n", "[".repeat(1000), "]".repeat(1000));
    assert!(Config::parse(&deep).is_err());
    // Each byte of the sample, changed to each of some others: an error with a line, or a config.
    // A pattern that is compiled fast: it is compiled each time.
    let pattern = r"^(?<time>\S+) receipt \d+ opened";
    assert!(everything().contains(pattern));
    let text = everything().replace(pattern, "opened");
    for (at, _) in text.char_indices().step_by(29) {
        for byte in ["\"", "[", "=", "0", "\n", "\u{fffd}"] {
            let changed = format!("{}{byte}{}", &text[..at], text.get(at + 1..).unwrap_or(""));
            if let Err(error) = Config::parse(&changed) {
                assert!(error.faults().iter().all(|fault| fault.line >= 1), "{error}");
            }
        }
    }
}

#[test]
fn a_file_is_named_in_its_faults() {
    let error = Config::load(Path::new("/nonexistent/till.toml")).unwrap_err();
    assert!(error.to_string().starts_with("/nonexistent/till.toml: "), "{error}");
    let path = std::env::temp_dir().join(format!("till-status-{}.toml", std::process::id()));
    std::fs::write(&path, "[api]\nrate = 0\n\n[log]\nlevel = 1\n").unwrap();
    let error = Config::load(&path).unwrap_err().to_string();
    std::fs::remove_file(&path).unwrap();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with(&format!("{}:2: [api] rate", path.display())), "{error}");
    assert!(lines[1].starts_with(&format!("{}:5: [log] level", path.display())), "{error}");
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
