//! A scripted life of a simulated device: what changes when.
//!
//! ```text
//! # An ordinary morning.
//! +5s    {"receipt":"open"}           5 s after the start
//! +500ms {"receipt_sum":12300}        half a second after the line above
//! +2m    {"paper":"out"}              # a comment may also stand here
//! +30s   repeat                       from the first line again; the state stays as it is
//! ```
//! A time counts from the line above, as in a tape, so that editing one line moves nothing else. A
//! script is read whole before anything starts, and every fault is told with its line.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::Value;

use crate::control::PatchError;

/// What changes when, for patches of one kind of device.
#[derive(Debug)]
pub(crate) struct Script<P> {
    changes: Vec<Change<P>>,
    /// When it begins again, after the last change.
    repeat: Option<Duration>,
}

#[derive(Debug)]
struct Change<P> {
    line: usize,
    after: Duration,
    patch: P,
    text: String,
}

/// Everything that is wrong with a script.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Faults(Vec<(usize, String)>);

impl<P> Script<P> {
    /// Reads a file; `parse` reads the JSON of one change.
    pub(crate) fn load(
        path: &Path,
        parse: impl Fn(&[u8]) -> Result<P, PatchError>,
    ) -> anyhow::Result<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("--script {name}"))?;
        Self::parse(&text, parse).map_err(|faults| anyhow::anyhow!("--script {name}: {faults}"))
    }

    fn parse(text: &str, parse: impl Fn(&[u8]) -> Result<P, PatchError>) -> Result<Self, Faults> {
        let mut script = Self { changes: Vec::new(), repeat: None };
        let mut faults = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if let Err(fault) = script.add(line, text, &parse) {
                faults.push((line, fault));
            }
        }
        if script.changes.is_empty() && faults.is_empty() {
            faults.push((1, "nothing changes; expected a line such as +5s {…}".to_owned()));
        }
        if faults.is_empty() { Ok(script) } else { Err(Faults(faults)) }
    }

    fn add(
        &mut self,
        line: usize,
        text: &str,
        parse: impl Fn(&[u8]) -> Result<P, PatchError>,
    ) -> Result<(), String> {
        if self.repeat.is_some() {
            return Err("nothing comes after repeat".to_owned());
        }
        let (time, what) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let after = time_of(time)?;
        let what = what.trim();
        if what.split('#').next().map(str::trim) == Some("repeat") {
            let period = self.changes.iter().map(|change| change.after).sum::<Duration>() + after;
            if self.changes.is_empty() || period < SHORTEST {
                let least = SHORTEST.as_millis();
                return Err(format!("repeat: expected changes over at least {least} ms before it"));
            }
            self.repeat = Some(after);
            return Ok(());
        }
        let json = object(what)?;
        let patch = parse(json.as_bytes()).map_err(|error| error.to_string())?;
        self.changes.push(Change { line, after, patch, text: json.to_owned() });
        Ok(())
    }

    /// Lives it: `apply` makes each change at its time. Comes back at the end, if there is one.
    pub(crate) fn live(
        &self,
        mut apply: impl FnMut(&P) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut due = Instant::now();
        loop {
            for change in &self.changes {
                due += change.after;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                apply(&change.patch)?;
                eprintln!("line {}: {}", change.line, change.text);
            }
            match self.repeat {
                Some(after) => due += after,
                None => return Ok(()),
            }
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut faults = self.0.iter();
        faults.try_for_each(|(line, fault)| write!(f, "\n  line {line}: {fault}"))
    }
}

/// `+5s`
fn time_of(text: &str) -> Result<Duration, String> {
    let wrong = || format!("got {text:?}, expected a time such as +500ms, +5s, +2m or +1h");
    let time = text.strip_prefix('+').ok_or_else(wrong)?;
    let (number, unit) = time.split_at(time.bytes().take_while(u8::is_ascii_digit).count());
    let unit = match unit {
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        "h" => Duration::from_secs(3600),
        _ => return Err(wrong()),
    };
    let time = number.parse().ok().and_then(|number: u32| unit.checked_mul(number));
    time.filter(|time| *time <= LONGEST).ok_or_else(wrong)
}

/// The JSON object with which a text begins, when only a comment follows it.
fn object(text: &str) -> Result<&str, String> {
    let expected = "expected a JSON object such as {\"paper\":\"out\"}, or repeat";
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(Value::Object(_))) => {}
        Some(Err(error)) => return Err(format!("got {text:?}, {expected} ({error})")),
        _ => return Err(format!("got {text:?}, {expected}")),
    }
    let (json, rest) = text.split_at(values.byte_offset());
    let rest = rest.trim();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(json)
    } else {
        Err(format!("got {rest:?} behind the object, expected a line of its own for it"))
    }
}

const LONGEST: Duration = Duration::from_secs(7 * 86_400);
/// A script that repeats without a pause would do nothing else.
const SHORTEST: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::kkt::KktPatch;

    fn script(text: &str) -> Result<Script<KktPatch>, Faults> {
        Script::parse(text, KktPatch::parse)
    }

    #[test]
    fn times_count_from_the_line_above() {
        let text =
            "# a life\n\n+5s {\"paper\":\"out\"} # a comment\n  +500ms {}\n+2m repeat # on\n";
        let script = script(text).unwrap();
        let changes: Vec<_> =
            script.changes.iter().map(|it| (it.line, it.after, it.text.as_str())).collect();
        let half = Duration::from_millis(500);
        assert_eq!(changes, [(3, 10 * half, r#"{"paper":"out"}"#), (4, half, "{}")]);
        assert_eq!(script.repeat, Some(Duration::from_secs(120)));
    }

    #[test]
    fn every_fault_is_told_with_its_line_and_key() {
        let text = "5s {}\n+5s {\"paper\":\"gone\"}\n+1 {}\n+1s [1]\n+1s {\"papier\":1}\n\
                    +1s {} {}\n+1s\n+1s {\"paper\":\"out\"\n+9h {}\n+0s repeat\n+1s {}\n";
        let faults = script(text).unwrap_err().to_string();
        let lines: Vec<_> = faults.trim().lines().map(str::trim).collect();
        let named = [
            "line 1: got \"5s\", expected a time such as +500ms",
            "line 2: paper: got \"gone\"",
            "line 3: got \"+1\", expected a time",
            "line 4: got \"[1]\", expected a JSON object",
            "line 5: unknown key \"papier\"; known are paper",
            "line 6: got \"{}\" behind the object",
            "line 7: got \"\", expected a JSON object",
            "line 8: got \"{\\\"paper\\\":\\\"out\\\"\", expected a JSON object",
            "line 11: nothing comes after repeat",
        ];
        assert_eq!(lines.len(), named.len(), "{faults}");
        for (line, named) in lines.iter().zip(named) {
            assert!(line.starts_with(named), "{line}, expected {named}");
        }
    }

    #[test]
    fn a_script_that_changes_nothing_is_none() {
        assert!(script("# nothing\n").is_err());
        assert!(script("+5s repeat\n").is_err());
        assert!(script("+0s {}\n+99ms repeat\n").is_err());
        assert!(script("+0s {}\n+100ms repeat\n").is_ok());
    }
}
