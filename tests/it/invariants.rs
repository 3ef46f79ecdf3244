//! The invariants of docs/architecture.md that the compiler does not see.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::root;

const DRIVERS: [&str; 4] = ["kkt-atol", "kkt-sp80x", "scale-proto", "vision-probe"];
const PUBLIC: [&str; 6] =
    ["kkt-atol", "kkt-sp80x", "scale-proto", "vision-probe", "status-core", "till-port"];

/// The names of all crates that a package brings with it in a normal build.
fn tree(package: &str, flags: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--offline", "-p", package, "-e", "normal", "--prefix", "none", "-f", "{p}"])
        .args(flags)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn a_driver_brings_no_runtime_and_no_other_crate_of_ours() {
    for driver in DRIVERS {
        let plain = tree(driver, &["--no-default-features"]);
        let full = tree(driver, &["--all-features"]);
        for absent in ["tokio", "warp", "hyper", "serialport", "jiff", "tracing"] {
            assert!(!full.contains(absent), "{driver} brings {absent}");
        }
        assert!(!plain.contains("serde"), "{driver} brings serde without its feature");
        let ours = ["till-port", "status-core", "till-status", "till-tool"];
        for other in DRIVERS.iter().chain(&ours).filter(|other| **other != driver) {
            assert!(!full.contains(*other), "{driver} knows {other}");
        }
    }
}

#[test]
fn the_core_knows_a_driver_only_by_its_feature_and_does_no_io() {
    let plain = tree("status-core", &["--no-default-features"]);
    for absent in DRIVERS.iter().chain(&["tokio", "warp", "hyper", "serialport", "till-port"]) {
        assert!(!plain.contains(*absent), "status-core brings {absent}");
    }
}

#[test]
fn the_monitor_knows_no_device() {
    let all = tree("till-monitor", &["--all-features"]);
    let others = ["till-port", "till-status", "till-tool", "serialport"];
    for absent in DRIVERS.iter().chain(&others) {
        assert!(!all.contains(*absent), "till-monitor brings {absent}");
    }
    assert!(all.contains("status-core"), "till and monitor share one vocabulary");
}

#[test]
fn the_service_holds_no_simulator() {
    for driver in ["kkt-atol", "kkt-sp80x", "scale-proto"] {
        let output = Command::new(env!("CARGO"))
            .current_dir(root())
            .args(["tree", "--offline", "-p", "till-status", "-e", "normal", "--prefix", "none"])
            .args(["-f", "{p} features={f}"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find(|line| line.starts_with(driver)).unwrap();
        let features = line.split("features=").nth(1).unwrap();
        assert!(!features.contains("sim"), "{line}");
    }
}

#[test]
fn every_package_takes_the_lints_and_library_crates_state_their_msrv() {
    let mut packages = 0;
    let folders =
        std::fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    for folder in folders.chain([root().join("xtask"), root().join("tests")]) {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", folder.display());
        let name = folder.file_name().unwrap().to_str().unwrap();
        if PUBLIC.contains(&name) {
            assert!(manifest.contains("rust-version = "), "{name} states no rust-version");
        }
        packages += 1;
    }
    assert!(packages >= 9, "{packages} packages found");
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\"") && workspace.contains("missing_docs"));
}

#[test]
fn a_driver_names_no_clock_but_in_its_client_and_no_port() {
    for driver in ["kkt-atol", "kkt-sp80x", "scale-proto", "status-core"] {
        for file in sources(driver) {
            let text = std::fs::read_to_string(&file).unwrap();
            let name = file.file_name().unwrap().to_str().unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            if name != "client.rs" && !file.to_str().unwrap().contains("tests") {
                for word in
                    ["Instant::now", "SystemTime::now", "Timestamp::now", "thread::", "std::net"]
                {
                    let found = code
                        .lines()
                        .find(|l| l.contains(word) && !l.trim_start().starts_with("//"));
                    assert!(found.is_none(), "{} uses {word}", file.display());
                }
            }
        }
    }
}

#[test]
fn the_contract_names_every_problem() {
    let page = std::fs::read_to_string(root().join("docs/api.md")).unwrap();
    let start = page.find("### Problems").unwrap();
    let section = &page[start..start + page[start..].find("\n## ").unwrap()];
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let codes = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
    let documented: BTreeSet<_> = codes.collect();
    assert_eq!(documented, status_core::problem_codes().collect());
}

#[test]
fn no_parser_type_in_a_public_driver_api() {
    for driver in DRIVERS {
        for file in sources(driver) {
            let text = std::fs::read_to_string(&file).unwrap();
            let found = text.lines().find(|line| {
                line.contains("pub ") && (line.contains("nom::") || line.contains("quick_xml::"))
            });
            assert!(found.is_none(), "{}: {found:?}", file.display());
        }
    }
}

fn sources(package: &str) -> Vec<std::path::PathBuf> {
    let mut folders = vec![root().join("crates").join(package).join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 2, "{package} has {} files", files.len());
    files
}
