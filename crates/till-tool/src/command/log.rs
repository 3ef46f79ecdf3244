//! `till-tool log`: which lines of a till program's log are which events.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use status_core::EventKind;
use till_status::Config;
use till_status::config::PosLog;
use till_status::feed::{Clock, Lines, What};

/// Try the rules of [pos.log].
#[derive(Debug, Args)]
pub(crate) struct Log {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Test(Test),
}

/// Show which lines of a log become which events.
///
/// The log is only read, and nothing is told to a service. Times without a date are taken to be of the
/// last day before the log was last written.
/// Exit code: 0 when some line is an event, 1 when none is, 2 when the configuration or the log cannot
/// be used.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  till-tool log test --config /etc/till-status.toml /var/log/till.log"
)]
struct Test {
    /// The configuration, whose section pos has source = "log".
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// One JSON object for each event, and one with the counts at the end.
    #[arg(long)]
    json: bool,
    /// The log, or a part of it.
    #[arg(value_name = "LOGFILE")]
    log: PathBuf,
}

/// What is printed for a line that a rule matches.
#[derive(Debug, Serialize)]
struct Matched {
    line: u64,
    rule: usize,
    event: &'static str,
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Debug, Default, Serialize)]
struct Counts {
    lines: u64,
    events: u64,
    unmatched: u64,
}

impl Log {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let Command::Test(test) = self.command;
        test.run()
    }
}

impl Test {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::load(&self.config)?;
        let Some(log) = config.pos.log else {
            bail!("{} has no section [pos.log], with the rules to try", self.config.display());
        };
        let shown = self.log.display().to_string();
        let mut file = File::open(&self.log).with_context(|| shown.clone())?;
        let modified =
            file.metadata().and_then(|meta| meta.modified()).with_context(|| shown.clone())?;
        let zone = log.zone.clone().unwrap_or_else(TimeZone::system);
        let clock = Clock { now: Timestamp::try_from(modified)?, zone: &zone };
        let mut out = std::io::stdout().lock();
        let (mut lines, mut counts, mut printed) = (Lines::default(), Counts::default(), Ok(()));
        let mut take = |line: &[u8]| {
            let matched = matched(&log, &mut counts, line, clock);
            if let (Some(matched), Ok(())) = (matched, &printed) {
                printed = self.print(&mut out, &matched);
            }
        };
        let mut buffer = [0; 64 * 1024];
        loop {
            let read = file.read(&mut buffer).with_context(|| shown.clone())?;
            if read == 0 {
                break;
            }
            lines.push(buffer.get(..read).unwrap_or_default(), &mut take);
        }
        lines.finish(&mut take);
        let summary = if self.json {
            serde_json::to_string(&counts)?
        } else {
            let Counts { lines, events, unmatched } = counts;
            format!("{events} of {lines} lines are events, {unmatched} match no rule")
        };
        match printed.and_then(|()| writeln!(out, "{summary}")) {
            // Who reads it has seen enough.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {}
        }
        Ok(if counts.events > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn print(&self, out: &mut impl Write, matched: &Matched) -> std::io::Result<()> {
        if self.json {
            return writeln!(out, "{}", serde_json::to_string(matched)?);
        }
        let Matched { line, rule, event, at, role_id, user_id, note } = matched;
        let at = at.as_deref().unwrap_or("no time");
        write!(out, "line {line}, rule {rule}: {event}, {at}")?;
        for (name, text) in [("role_id", role_id), ("user_id", user_id), ("note", note)] {
            if let Some(text) = text {
                write!(out, ", {name} {text}")?;
            }
        }
        writeln!(out)
    }
}

/// What a line is, if a rule matches it; it is counted in any case.
fn matched(log: &PosLog, counts: &mut Counts, line: &[u8], clock: Clock<'_>) -> Option<Matched> {
    counts.lines += 1;
    let Some(found) = log.rules.read(&log.encoding.text(line), clock) else {
        counts.unmatched += 1;
        return None;
    };
    let note = match &found.what {
        What::Event(_) => None,
        What::EventWithoutTime(_, text) => Some(format!("{text:?} has no form of [pos.log] time")),
        What::Nothing(why) => Some(format!("no event: {why}")),
    };
    let event = found.what.event();
    counts.events += u64::from(event.is_some());
    let at = event.as_ref().and_then(|event| event.at);
    let user = match event.map(|event| event.kind) {
        Some(EventKind::UserSignedIn(user)) => user,
        _ => status_core::User::default(),
    };
    Some(Matched {
        line: counts.lines,
        rule: found.rule + 1,
        event: log.rules.rules.get(found.rule).map_or("", |rule| rule.event().name()),
        at: at.map(|at| at.display_with_offset(clock.zone.to_offset(at)).to_string()),
        role_id: user.role_id,
        user_id: user.user_id,
        note,
    })
}
