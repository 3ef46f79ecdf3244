//! The user's own profile: where the values of one's KKT stand, found out by comparing its answers.

use std::path::Path;

use kkt_sp80x::profile::Entry;
use kkt_sp80x::{DialectName, Profile};
use serde::Deserialize;
use toml::Spanned;

use crate::config::read_config;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    value: Vec<Spanned<toml::Value>>,
}

/// What is built in for a dialect, and before it the entries of a file; and the text of that file.
///
/// # Errors
/// Every fault of the file with its line and which entry it is.
pub(super) fn load(path: &Path, dialect: DialectName) -> Result<(Profile, String), Vec<String>> {
    let name = path.display();
    let text = read_config(path).map_err(|error| vec![format!("{name}: {error}")])?;
    let profile = read(&text, dialect).map_err(|faults| {
        faults.iter().map(|fault| format!("{name}:{fault}")).collect::<Vec<_>>()
    })?;
    Ok((profile, text))
}

fn read(text: &str, dialect: DialectName) -> Result<Profile, Vec<String>> {
    let line = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(1, |span| line(span.start));
        let message = error.message().replace('\n', ", ");
        vec![format!("{at}: {message}; a profile is a list of [[value]]")]
    })?;
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    for (number, written) in (1..).zip(file.value) {
        let at = line(written.span().start);
        let mut fault = |why: String| {
            let why = why.trim_end().replace('\n', ", ");
            faults.push(format!("{at}: entry {number}: {why}"));
        };
        match Entry::deserialize(written.into_inner()) {
            // Each by itself, so that a fault has its line.
            Ok(entry) => match Profile::default().with_user(vec![entry.clone()], dialect) {
                Ok(_) => entries.push(entry),
                Err(error) => fault(error.to_string()),
            },
            Err(error) => fault(error.message().to_owned()),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Profile::builtin(dialect).with_user(entries, dialect).map_err(|error| vec![error.to_string()])
}

#[cfg(test)]
mod tests {
    use kkt_sp80x::profile::{Evidence, Value};

    use super::*;

    const PAPER: &str = "[[value]]\nname = \"paper_present\"\ndialect = \"arm\"\ncommand = \"44\"\n\
        path = [\"200000\", \"Paper\"]\nread = { either = { yes = \"1\", no = \"0\" } }\n\
        evidence = \"device\"\n";

    #[track_caller]
    fn check(text: &str, dialect: DialectName, faults: &[&str]) {
        let read = read(text, dialect).err().unwrap_or_default();
        assert_eq!(read.len(), faults.len(), "{read:#?}");
        for (fault, wanted) in read.iter().zip(faults) {
            assert!(fault.contains(wanted), "{fault}\nhas not: {wanted}");
        }
    }

    #[test]
    fn an_entry_goes_before_what_is_built_in() {
        let profile = read(PAPER, DialectName::Arm).unwrap();
        let entry = profile.entries(Value::PaperPresent).next().unwrap();
        assert_eq!((entry.evidence, entry.query.to_string().as_str()), (Evidence::Device, "44"));
        assert!(profile.entries(Value::ShiftOpen).next().is_some(), "the others are still there");
        assert_eq!(read("", DialectName::Arm).unwrap(), Profile::builtin(DialectName::Arm));
    }

    #[test]
    fn every_fault_has_its_line_and_its_entry() {
        let arm = DialectName::Arm;
        // A command beside a safe one: 46 prints, 4 opens the shift, A2 writes a setting.
        let unsafe_one = PAPER.replace("\"44\"", "\"46\"");
        check(&format!("{PAPER}{unsafe_one}"), arm, &["8: entry 2: the request 46 is refused"]);
        check(&PAPER.replace("\"44\"", "4"), arm, &["1: entry 1: the request 4 is refused"]);
        let pone = PAPER.replace("\"arm\"", "\"pone\"").replace("\"44\"", "\"A2\"");
        check(&pone, DialectName::Pone, &["the request A2 is refused"]);
        let pirit = PAPER.replace("\"arm\"", "\"pone\"").replace("\"44\"", "\"61\"");
        check(&pirit, DialectName::Pone, &["the request 61 is refused"]);
        check(PAPER, DialectName::Pone, &["got an entry of the dialect arm, expected pone"]);
        check(&PAPER.replace("paper_present", "paper"), arm, &["unknown variant `paper`"]);
        check(&PAPER.replace("evidence", "proof"), arm, &["unknown field `proof`"]);
        check("[value]\n", arm, &["1: "]);
        check("x = 1\n", arm, &["1: unknown field `x`"]);
        check("=", arm, &["1: "]);
    }

    #[test]
    fn nothing_waits_is_said_only_by_a_device() {
        for (evidence, faults) in [
            ("device", &[][..]),
            ("documented", &["expected device"]),
            ("implementation", &["expected device"]),
            (
                "assumed",
                &["1: entry 1: unsent_documents: got the evidence assumed, expected device"],
            ),
        ] {
            let text = format!(
                "[[value]]\nname = \"unsent_documents\"\ndialect = \"arm\"\ncommand = \"44\"\n\
                 path = [\"*\", \"Unsent\"]\nread = \"integer\"\nevidence = \"{evidence}\"\n"
            );
            check(&text, DialectName::Arm, faults);
        }
    }
}
