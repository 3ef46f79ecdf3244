//! What lies in `engines/` names what tills and monitor really serve.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use status_core::Moment;
use till_monitor::board::{Board, Heard};
use till_monitor::config::Config;
use till_monitor::http::metrics;
use till_monitor::judge::{Failure, Trouble};

type Metrics = BTreeMap<String, BTreeSet<String>>;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The rows of a table of metrics: names with labels.
fn documented(page: &str) -> Metrics {
    let page = read(page);
    let rows = page.lines().filter(|line| line.starts_with("| `till_"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let word = |cell: &str| cell.trim_matches('`').to_owned();
        let labels = cells[2].split(", ").map(word).filter(|label| !label.is_empty());
        (word(cells[0]), labels.collect())
    })
    .collect()
}

/// The metrics of a monitor one of whose tills does not answer.
fn served() -> Metrics {
    let config = "[[till]]\nname = \"1\"\nstore = \"1\"\naddress = \"127.0.0.1\"\n";
    let begin = Moment { mono: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };
    let board = Board::new(Arc::new(Config::parse(config).unwrap()), begin);
    let mut now = begin;
    for _ in 0..600 {
        now = Moment {
            mono: now.mono + Duration::from_secs(1),
            wall: now.wall + Duration::from_secs(1),
        };
        let failure = Failure { trouble: Trouble::Connect, detail: "refused".to_owned() };
        board.hear("1", Heard::Nothing(failure), Duration::ZERO, now);
        board.judge(now);
    }
    let text = metrics(&board, now);
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
            let parts = rest.split("=\"").filter_map(|part| part.rsplit(['{', ',']).next());
            let labels =
                parts.filter(|part| part.chars().all(|letter| letter.is_ascii_lowercase()));
            (name.to_owned(), labels.map(str::to_owned).collect())
        })
        .collect()
}

/// The files of a folder of `engines` that programs read.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("engines").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_none_or(|extension| extension != "md")).collect()
}

#[test]
fn the_page_lists_the_metrics_of_the_monitor_and_nothing_else() {
    assert_eq!(documented("engines/prometheus/README.md"), served());
}

#[test]
fn every_metric_of_rules_and_dashboard_is_served() {
    let mut known = documented("../../docs/metrics.md");
    known.append(&mut documented("engines/prometheus/README.md"));
    for path in [files("prometheus"), files("grafana")].concat() {
        let text = std::fs::read_to_string(&path).unwrap();
        let words = text.split(|one: char| !(one.is_ascii_alphanumeric() || "_:".contains(one)));
        let metrics: BTreeSet<_> = words.filter(|word| word.starts_with("till_")).collect();
        for metric in metrics {
            assert!(known.contains_key(metric), "{}: {metric} is not served", path.display());
        }
    }
    let dashboard: serde_json::Value =
        serde_json::from_str(&read("engines/grafana/tills.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.iter().all(|panel| panel["targets"][0]["expr"].is_string()));
}

#[test]
fn every_path_of_the_zabbix_template_is_in_the_document() {
    let page = read("../../docs/api.md");
    let (_, rest) = page.split_once("\n## The status document\n").unwrap();
    let example = rest.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let document: serde_json::Value = serde_json::from_str(example).unwrap();
    let template = read("engines/zabbix/till-status.yaml");
    let paths = template.lines().filter_map(|line| line.trim().strip_prefix("- $."));
    let paths: BTreeSet<_> = paths.map(|path| format!("/{}", path.replace('.', "/"))).collect();
    assert!(paths.len() > 15, "{paths:?}");
    for path in paths {
        assert!(document.pointer(&path).is_some(), "{path} is not in the status document");
    }
}

#[test]
fn every_uuid_of_the_zabbix_templates_is_one_and_its_own() {
    let mut seen = BTreeSet::new();
    for file in ["till-status.yaml", "till-seven.yaml"] {
        let template = read(&format!("engines/zabbix/{file}"));
        let (_, below) = template.split_once("  templates:").unwrap();
        let uuids = below.lines().filter_map(|line| line.trim().split_once("uuid: "));
        for (_, uuid) in uuids {
            let uuid = uuid.trim_matches('\'');
            let version = (uuid.get(12..13), uuid.get(16..17));
            let digits = uuid.len() == 32 && uuid.chars().all(|one| one.is_ascii_hexdigit());
            assert!(digits && version.0 == Some("4"), "{file}: {uuid} is no UUID of version 4");
            assert!(version.1.is_some_and(|one| "89ab".contains(one)), "{file}: {uuid}");
            assert!(seen.insert(uuid.to_owned()), "{file}: {uuid} is there twice");
        }
    }
    assert!(seen.len() > 60, "{}", seen.len());
}
