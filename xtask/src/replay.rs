//! `cargo xtask replay`: runs the replay tests, and prints one line per tape.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;

use anyhow::{Context, bail};

use crate::run::cargo;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only tapes with this in their path
    #[arg(default_value = "")]
    filter: String,
    /// Write the .expect files anew; then read what changed
    #[arg(long)]
    bless: bool,
    /// Play the tapes over TCP and a pty, too
    #[arg(long)]
    live: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    // A filter that fits nothing, or a tape that cannot be read, is told in a line.
    xtask::fixtures::tapes(&xtask::root(), &arguments.filter)?;
    let report = std::env::temp_dir().join(format!("replay-{}.tsv", std::process::id()));
    fs::write(&report, "")?;

    let mut test = cargo();
    test.args([
        "test",
        "--quiet",
        "--package",
        "workspace-tests",
        "--test",
        "it",
        "--",
        "replay::",
    ]);
    if arguments.live {
        test.arg("live::");
    }
    if arguments.bless && arguments.filter.is_empty() {
        test.arg("hostile::");
    }
    test.env("REPLAY_FILTER", &arguments.filter).env("REPLAY_REPORT", &report);
    if arguments.bless {
        test.env("UPDATE_EXPECT", "1");
    }
    // The report says all that the tests say; what else they say matters only without one.
    let output = test.stdin(Stdio::null()).stderr(Stdio::piped()).output().context("cargo test")?;

    let lines = fs::read_to_string(&report)?;
    let _ = fs::remove_file(&report);
    let failed = print(&lines);
    if failed > 0 {
        bail!("tapes differ; if they shall: cargo xtask replay --bless");
    }
    if lines.is_empty() || !output.status.success() {
        print!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        bail!("the replay tests failed");
    }
    Ok(())
}

/// Prints a line per tape; gives the number of tapes that failed.
///
/// A line of the report is: result, tape, origin, messages, how it was played, and the trouble with
/// `\n` for a new line; between them tabs. A tape has a line for each way it was played.
fn print(report: &str) -> usize {
    let mut tapes: BTreeMap<&str, Played> = BTreeMap::new();
    for line in report.lines() {
        let mut fields = line.split('\t');
        let mut field = || fields.next().unwrap_or_default();
        let (result, tape) = (field(), tapes.entry(field()).or_default());
        (tape.origin, tape.messages) = (field(), field());
        tape.failed |= result != "ok";
        tape.how.push(field());
        tape.trouble.extend(field().split("\\n").filter(|line| !line.is_empty()));
    }
    let width = tapes.keys().map(|name| name.len()).max().unwrap_or_default();
    let mut failed = 0;
    for (name, tape) in &mut tapes {
        tape.how.sort_unstable();
        let Played { origin, messages, how, .. } = tape;
        let result = if tape.failed { "FAILED" } else { "ok" };
        let how = how.join("; ");
        println!("{result:6} {name:width$}  {origin:10} {messages:>3} messages  {how}");
        tape.trouble.iter().for_each(|line| println!("       {line}"));
        failed += usize::from(tape.failed);
    }
    println!("tapes: {}, failed: {failed}", tapes.len());
    failed
}

/// How a tape did.
#[derive(Default)]
struct Played<'a> {
    origin: &'a str,
    messages: &'a str,
    how: Vec<&'a str>,
    failed: bool,
    trouble: Vec<&'a str>,
}
