//! Is this a till? What till-status leaves behind where it is installed or runs.

use std::fs;
use std::path::Path;

/// Where systemd looks for units.
const UNITS: &[&str] = &[
    "etc/systemd/system",
    "run/systemd/system",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];
const CONFIGS: &[&str] = &["etc/till-status.toml", "etc/till-status/till-status.toml"];
const NAME: &str = "till-status";

/// What shows that a till-status service is installed or runs below this root, if anything does.
pub(super) fn service(root: &Path) -> Option<String> {
    unit(root).or_else(|| configuration(root)).or_else(|| process(root))
}

fn unit(root: &Path) -> Option<String> {
    UNITS.iter().find_map(|folder| {
        // A template (till-status@.service) counts, too.
        let found = entries(&root.join(folder))
            .into_iter()
            .find(|name| name.strip_suffix(".service").is_some_and(|name| name.starts_with(NAME)));
        found.map(|name| format!("systemd has the unit /{folder}/{name}"))
    })
}

fn configuration(root: &Path) -> Option<String> {
    let there = |config: &&&str| fs::symlink_metadata(root.join(config)).is_ok();
    CONFIGS.iter().find(there).map(|config| format!("there is /{config}"))
}

/// The name of a process is what its program file is called.
fn process(root: &Path) -> Option<String> {
    let folder = root.join("proc");
    entries(&folder).into_iter().find_map(|id| {
        id.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
        let name = fs::read_to_string(folder.join(&id).join("comm")).ok()?;
        (name.trim_end() == NAME).then(|| format!("the process {id} is {NAME}"))
    })
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A root with one file in it, and what is said of it.
    fn said(name: &str, file: &str, content: &str) -> Option<String> {
        let root = std::env::temp_dir().join(format!("till-root-{}-{name}", std::process::id()));
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        let said = service(&root);
        fs::remove_dir_all(&root).unwrap();
        said
    }

    #[test]
    fn a_till_is_known_by_its_unit_its_configuration_or_its_process() {
        for (name, file, content, shown) in [
            ("unit", "etc/systemd/system/till-status.service", "", "till-status.service"),
            ("template", "usr/lib/systemd/system/till-status@.service", "", "till-status@.service"),
            ("config", "etc/till-status.toml", "", "/etc/till-status.toml"),
            (
                "package",
                "etc/till-status/till-status.toml",
                "",
                "/etc/till-status/till-status.toml",
            ),
            ("process", "proc/4711/comm", "till-status\n", "process 4711"),
        ] {
            let said = said(name, file, content).unwrap_or_else(|| panic!("{file} is no sign"));
            assert!(said.contains(shown), "{said}");
        }
    }

    #[test]
    fn other_things_are_no_till() {
        for (name, file, content) in [
            ("other-unit", "etc/systemd/system/ssh.service", ""),
            ("timer", "etc/systemd/system/till-status.timer", ""),
            ("other-process", "proc/4711/comm", "till-tool\n"),
            ("no-process", "proc/self/comm", "till-status\n"),
        ] {
            assert_eq!(said(name, file, content), None, "{file}");
        }
    }
}
