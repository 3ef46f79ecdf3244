mod device;
mod hold;
mod sample;
mod text;

use scale_proto::protocol::massa_k_100::Check;
use status_core::{Hold, KktReceipt, PosSource, UserIdKind};

use super::*;

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

const KKT: &str = "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\n";

#[track_caller]
fn parse(text: &str) -> Config {
    Config::parse(text).unwrap_or_else(|error| panic!("{error}\nin {text}"))
}

#[test]
fn what_is_installed_touches_no_device_and_listens_to_this_till_alone() {
    let installed = parse(include_str!("../../dist/installed.toml"));
    assert!(installed.kkt.is_none() && installed.scale.is_none() && installed.vision.is_none());
    assert_eq!(installed.pos.source, PosSource::None);
    assert!(installed.api.listen.iter().all(|address| address.ip().is_loopback()));
    for file in [installed.till.state_file, installed.till.pause_file, installed.log.trace] {
        // What the unit gives to the service by StateDirectory=.
        assert!(file.unwrap().starts_with("/var/lib/till-status"));
    }
}

#[test]
fn only_the_port_for_commands_of_a_kkt_gets_a_name() {
    let (vendor, product) = KKT_USB;
    let port = format!(
        "ENV{{ID_VENDOR_ID}}==\"{vendor:04x}\", ENV{{ID_MODEL_ID}}==\"{product:04x}\", \
         ENV{{ID_USB_INTERFACE_NUM}}==\"00\", SYMLINK+=\"till/kkt-if00\""
    );
    let rules = include_str!("../../dist/70-till-status.rules");
    let named: Vec<_> = rules.lines().filter(|line| line.contains("SYMLINK")).collect();
    assert!(matches!(named.as_slice(), [line] if line.ends_with(&port)), "{named:?}");
    // The name is one that [kkt] address takes.
    let address: till_port::Address = "/dev/till/kkt-if00".parse().unwrap();
    address.names_an_interface().unwrap();
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
