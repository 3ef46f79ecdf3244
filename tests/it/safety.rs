//! First, do no harm: whatever reached a simulator in any run of these tests is on the safe list.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::root;

/// Checks everything that the devices of a demo saw, as `GET /demo` tells it. That the list is not
/// empty shows that it is one.
#[track_caller]
pub(crate) fn check_demo(seen: &Value) {
    let asked = seen["kkt"]["requests"].as_array().expect("requests of the KKT");
    let atol = seen["kkt"]["protocol"] == "atol";
    let sure = asked.iter().any(|request| request == "3F" || !atol);
    assert!(sure, "nothing reached the KKT: {asked:?}");
    let unsafe_ones = unsafe_requests(seen);
    assert!(unsafe_ones.is_empty(), "these requests are not on the safe lists: {unsafe_ones:?}");
}

fn unsafe_requests(seen: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let kkt = seen["kkt"]["protocol"].as_str().expect("which KKT it is");
    let scale = seen["scale"]["protocol"].as_str().expect("the protocol of the scale");
    for (device, list) in [("kkt", kkt), ("scale", scale)] {
        let safe = safe_list(list);
        let requests = seen[device]["requests"].as_array().expect("requests of every device");
        let requests = requests.iter().map(|request| request.as_str().unwrap());
        found.extend(
            requests
                .filter(|asked| !is_safe(&safe, asked))
                .map(|asked| format!("{device} {asked}")),
        );
    }
    // Of the task buffer of link v3 we add, acknowledge and ask; Abort would kill others' tasks.
    let commands = seen["kkt"]["buffer_commands"].as_array().expect("buffer commands");
    let commands = commands.iter().map(|code| code.as_str().unwrap());
    let unsafe_ones = commands.filter(|code| !["C1", "C2", "C3"].contains(code));
    found.extend(unsafe_ones.map(|code| format!("kkt buffer command {code}")));
    found
}

/// A line is a whole request; "…" stands for any further bytes, and `*` for any number.
pub(crate) fn is_safe(safe: &BTreeSet<String>, request: &str) -> bool {
    let begins = |line: &String| line.strip_suffix("…").is_some_and(|it| request.starts_with(it));
    let number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let words = |text: &str| -> Vec<_> {
        text.split(' ').map(|word| word.trim_matches(['[', ']']).to_owned()).collect()
    };
    let asked = words(request);
    let numbered = |line: &String| {
        let line = words(line);
        let fits = |(line, asked): (&String, &String)| match line.as_str() {
            "*" => number(asked),
            line => line == asked,
        };
        line.len() == asked.len() && line.iter().zip(&asked).all(fits)
    };
    safe.contains(request) || safe.iter().any(|line| begins(line) || numbered(line))
}

pub(crate) fn safe_list(name: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(format!("fixtures/safe/{name}.txt"))).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(str::to_owned).collect()
}

#[test]
fn a_changing_command_would_be_found() {
    let mut seen = serde_json::json!({
        "kkt": {
            "protocol": "atol", "requests": ["3F", "A4 20"], "buffer_commands": ["C1", "C2"],
        },
        "scale": { "protocol": "massa-k-100", "requests": ["23"] },
    });
    assert!(unsafe_requests(&seen).is_empty());
    seen["kkt"]["requests"] = serde_json::json!(["3F", "4A", "A4 02"]);
    seen["scale"]["requests"] = serde_json::json!(["72"]);
    seen["kkt"]["buffer_commands"] = serde_json::json!(["C1", "C4"]);
    let found = ["kkt 4A", "kkt A4 02", "scale 72", "kkt buffer command C4"];
    assert_eq!(unsafe_requests(&seen), found);
    // What only reads in one dialect is an order in another.
    for (protocol, asked, found) in [
        (
            "sp80x-pone",
            ["A0", "A1 [33] [0]", "00", "A2 [1] [1] [1]"],
            ["kkt 00", "kkt A2 [1] [1] [1]"],
        ),
        ("sp80x-pirit", ["00", "78 [7]", "A0", "05 [5]"], ["kkt A0", "kkt 05 [5]"]),
        ("sp80x-arm", ["2", "44", "4", "46"], ["kkt 4", "kkt 46"]),
    ] {
        seen = serde_json::json!({
            "kkt": { "protocol": protocol, "requests": asked, "buffer_commands": [] },
            "scale": { "protocol": "massa-k-100", "requests": [] },
        });
        assert_eq!(unsafe_requests(&seen), found);
    }
}

#[test]
fn the_safe_lists_are_those_of_the_drivers() {
    let hex =
        |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
    let atol: BTreeSet<_> = kkt_atol::SAFE.iter().map(|command| hex(command)).collect();
    assert_eq!(atol, safe_list("atol"));
    let owned = kkt_atol::SAFE_OWNED.iter();
    let owned: BTreeSet<_> =
        owned.map(|(fixed, free)| format!("{}{}", hex(fixed), " ??".repeat(*free))).collect();
    assert_eq!(owned, safe_list("atol-owned"));
    for name in scale_proto::protocol::NAMES {
        // What follows a beginning in the list is the password or the channel.
        let list = safe_list(name).into_iter().map(|line| line.trim_end_matches(" …").to_owned());
        let safe = scale_proto::protocol::safe(name).unwrap().iter().map(|request| hex(request));
        assert_eq!(safe.collect::<BTreeSet<_>>(), list.collect(), "{name}");
    }
    for (name, safe) in [
        ("sp80x-pone", kkt_sp80x::PONE_SAFE),
        ("sp80x-arm", kkt_sp80x::ARM_SAFE),
        ("sp80x-pirit", kkt_sp80x::PIRIT_SAFE),
    ] {
        let sent: BTreeSet<_> = safe.iter().map(ToString::to_string).collect();
        assert_eq!(sent, safe_list(name), "{name}");
    }
}
