//! `till-monitor problems`: polls for a moment and lists what is wrong.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;

use crate::board::Board;
use crate::config::{Config, Language};
use crate::files;
use crate::http::{self, Form};
use crate::poll::{Names, Poller};
use crate::serve::{Clock, block_on, watch};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0 when every till is well, 1 with a problem or when a till has not told how it is, 2 when the
configuration cannot be used.

Examples:
  till-monitor problems --config till-monitor.toml
  till-monitor problems --format csv --lang en --seconds 30")]
pub(super) struct Arguments {
    /// The configuration: tills, types and stores
    #[arg(long, value_name = "FILE", default_value = "/etc/till-monitor/till-monitor.toml")]
    config: PathBuf,
    /// How the list is written
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    /// The language of the sentences: ru or en
    #[arg(long, default_value = "ru", value_parser = ["ru", "en"])]
    lang: String,
    /// For how many seconds the tills are polled: the seven of a till take seven
    #[arg(long, value_name = "SECONDS", default_value_t = 12, value_parser = clap::value_parser!(u64).range(3..=3600))]
    seconds: u64,
}

/// Exit code 0 without a problem, 1 with one or when it is not known of every till.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let language = if arguments.lang == "en" { Language::En } else { Language::Ru };
    let mut config = Config::load(&arguments.config)?;
    config.monitor.language = language;
    let (board, clock) = look(config, arguments.seconds)?;
    let now = clock.now();
    print!("{}", http::problems(&board, arguments.format, language, now));
    let counts = board.counts(now);
    if counts.unknown > 0 {
        eprintln!(
            "{} of {} tills have not told how they are: give them longer with --seconds, and see which by `till-monitor tills`",
            counts.unknown, counts.tills
        );
    }
    let well = board.problems(now).is_empty() && counts.unknown == 0;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Polls for a moment. There is no time to wait for silence: it counts as long as it was looked.
pub(super) fn look(mut config: Config, seconds: u64) -> anyhow::Result<(Board, Clock)> {
    for (line, fault) in &config.bad_lines {
        eprintln!("line {line} of the list was left out: {fault}");
    }
    ensure!(
        !config.tills.is_empty(),
        "there is no till in the configuration: add [[till]] sections, or a list by [monitor] tills"
    );
    for till in &config.tills {
        config.kinds.entry(till.kind.clone()).or_default();
    }
    let short = Duration::from_secs(seconds / 2);
    for kind in config.kinds.values_mut() {
        kind.no_answer.0 = kind.no_answer.0.min(short);
        kind.cannot_tell.0 = kind.cannot_tell.0.min(short);
    }
    files::enough_for(config.tills.len())?;
    let clock = Clock::default();
    let config = Arc::new(config);
    let board = Board::new(Arc::clone(&config), clock.now());
    let watched = board.clone();
    block_on(async move {
        let mut poller = Poller::new(watched.clone(), clock, Names::default());
        poller.follow(&config);
        let limit = Duration::from_secs(seconds);
        let _ = tokio::time::timeout(limit, watch(watched, clock)).await;
        Ok(())
    })?;
    Ok((board, clock))
}
