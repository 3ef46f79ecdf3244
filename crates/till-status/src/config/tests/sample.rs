use super::*;

const SAMPLE: &str = include_str!("../../../dist/till-status.toml");

/// The sample with its commented keys and sections switched on.
pub(super) fn everything() -> String {
    let lines = SAMPLE.lines().map(|line| match line.strip_prefix('#') {
        Some(key) if !key.starts_with(' ') && !key.is_empty() => key,
        _ => line,
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_sample_is_the_default() {
    let sample = Config { hash: Config::default().hash, ..parse(SAMPLE) };
    assert_eq!(sample, Config::default());
    assert_eq!(parse(""), Config::default());
}

#[test]
fn the_sample_names_every_key_with_its_default() {
    let text = everything();
    let token = "token_file = \"/etc/till-status/token\"\n";
    assert!(text.contains(token));
    // What belongs to a setting that is not the default is a fault beside the default.
    let per_poll = "open_every = \"30s\"\nhold_at_most = \"300ms\"\n";
    assert!(text.contains(per_poll));
    let arbiter = "arbiter = \"events\"\n";
    assert!(text.contains(arbiter));
    let name_from = "name_from = 'kassa-(\\d+)-(\\d+)'\n";
    assert!(text.contains(name_from));
    let sp80x = "dialect = \"arm\"\nmodel = \"SP802\"\n";
    let profile = "profile = \"/etc/till-status/profile.toml\"\n";
    assert!(text.contains(sp80x) && text.contains(profile));
    let log = &text[text.find("[pos.log]\n").unwrap()..text.find("[kkt]\n").unwrap()];
    let text_of_defaults = [token, name_from, per_poll, arbiter, sp80x, profile, log]
        .iter()
        .fold(text.clone(), |text, other| text.replace(other, ""));
    let with_log = text
        .replace("source = \"none\"", "source = \"log\"")
        .replace(token, "")
        .replace(name_from, "");
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
fn the_sample_and_the_guide_name_every_variable() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rollout.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    for (name, section, key, _) in VARIABLES {
        assert!(SAMPLE.contains(name), "{name}");
        let row = format!("| `{name}` | `[{section}] {key}`");
        assert!(guide.lines().any(|line| line.starts_with(&row)), "{row}");
    }
}
