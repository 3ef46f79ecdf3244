//! The device tables of the README files: what the tapes of each protocol can prove.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use till_port::Origin;

use crate::fixtures::{self, Fixture};

const BEGIN: &str = "<!-- devices:begin -->\n";
const END: &str = "<!-- devices:end -->";

pub(super) fn check(root: &Path, name: &str, content: &str, add: &mut impl FnMut(usize, String)) {
    let Some(driver) = driver(name) else { return };
    // Untidy tapes are told of by themselves.
    let Ok(tapes) = fixtures::tapes(root, "") else { return };
    match replaced(content, &table(&tapes, driver)) {
        Some(wanted) if wanted != content => {
            let line = 1 + content.split(BEGIN).next().map_or(0, |before| before.lines().count());
            add(line, "the device table is out of date: cargo xtask tidy --fix".into());
        }
        Some(_) => {}
        None if content.contains(BEGIN.trim_end()) || content.contains(END) => {
            add(0, format!("expected {} and {END} on lines of their own", BEGIN.trim_end()));
        }
        None => {}
    }
}

pub(super) fn fix(root: &Path) -> anyhow::Result<()> {
    let tapes = fixtures::tapes(root, "")?;
    for path in fixtures::files(root)? {
        let Some(driver) = driver(&fixtures::name(root, &path)).map(ToOwned::to_owned) else {
            continue;
        };
        let content = fs::read_to_string(&path)?;
        if let Some(wanted) = replaced(&content, &table(&tapes, &driver))
            && wanted != content
        {
            fs::write(&path, wanted)?;
        }
    }
    Ok(())
}

/// Which driver's tapes a README tells of: its crate's, or all (an empty name).
fn driver(name: &str) -> Option<&str> {
    match name.split('/').collect::<Vec<_>>().as_slice() {
        ["README.md"] => Some(""),
        ["crates", driver, "README.md"] => Some(driver),
        _ => None,
    }
}

fn replaced(content: &str, table: &str) -> Option<String> {
    let (before, rest) = content.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

/// One row per protocol.
fn table(tapes: &[Fixture], driver: &str) -> String {
    let mut rows: BTreeMap<(&str, &str), [usize; 4]> = BTreeMap::new();
    for tape in tapes.iter().filter(|tape| driver.is_empty() || tape.driver() == driver) {
        let counts = rows.entry((tape.driver(), &tape.tape.header.protocol)).or_default();
        for (count, origin) in counts.iter_mut().zip(Origin::ALL) {
            *count += usize::from(tape.tape.header.origin == origin);
        }
    }
    let mut table = String::from(
        "| driver | protocol | tapes | recorded | documented | derived | synthetic | recorded share |\n\
         |---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for ((driver, protocol), counts @ [recorded, documented, derived, synthetic]) in rows {
        let all: usize = counts.iter().sum();
        let share = recorded * 100 / all.max(1);
        let _ = writeln!(
            table,
            "| `{driver}` | `{protocol}` | {all} | {recorded} | {documented} | {derived} | {synthetic} | {share} % |"
        );
    }
    table
}
