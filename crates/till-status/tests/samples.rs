//! The sample configurations, as `till-status check-config` sees them.

use std::path::Path;
use std::process::Command;

/// Every sample and what the check must say of it.
const SAMPLES: [(&str, &[&str]); 10] = [
    ("till-status", &["kkt     none", "scale   none", "vision  none"]),
    (
        "staffed-till",
        &[
            ", staffed",
            "never opened: only events tell about it",
            "hours   Mon 08:00-22:00, ",
            "Sun 09:00-21:00",
            "closed on 01-01 of every year",
        ],
    ),
    (
        "self-checkout",
        &[
            ", self-checkout",
            "only while events say",
            "massa-k-100 at",
            "carries 1500 g all the time, 50 g more or less",
            "tcp://127.0.0.1:8090",
        ],
    ),
    ("kiosk", &[", kiosk", "never opened", "takes events on unix:"]),
    ("small-arm-board", &[", arm-board", "only while events say", "zone +03", "scale   none"]),
    ("installed", &["127.0.0.1:8480", "kkt     none", "scale   none", "vision  none"]),
    ("beside-a-till-program", &["never opened"]),
    ("beside-the-seven", &["asks the till program at http://127.0.0.1:8080/api/v1/status"]),
    ("following-a-log", &["follows the log /home/ukm5/mint/bin/logs/till.log by 1 rules"]),
    ("sharing-a-serial-kkt", &["only between kkt-released and kkt-taken"]),
];

#[test]
fn every_sample_passes_the_check() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    for (name, parts) in SAMPLES {
        let file = folder.join(format!("{name}.toml"));
        let mut check = Command::new(env!("CARGO_BIN_EXE_till-status"));
        let output = check.arg("check-config").arg(&file).output().unwrap();
        let summary = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{name}: {error}");
        for part in parts {
            assert!(summary.contains(part), "{name}: {part}: {summary}");
        }
    }
    let there = std::fs::read_dir(&folder).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_suffix(".toml").map(str::to_owned)
    });
    for name in there {
        assert!(SAMPLES.iter().any(|(sample, _)| *sample == name), "{name} is checked by no test");
    }
}
