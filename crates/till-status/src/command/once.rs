//! `till-status once`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use status_core::Language;
use till_status::{Config, Told, once};

/// Ask every source once and print what the till says.
///
/// The same rules hold as for the service: a KKT with hold = "never" is not opened, and the scale is
/// left alone while a receipt is open or nobody knows. Nobody tells events to this command, so a KKT
/// with hold = "per-poll" is not opened either, and while the pause file is there nothing is. Stop the service first: a port serves one
/// program.
/// Exit code: 0 when everything is known and there is no problem, 1 when something is unknown or
/// there is a problem, 2 when the configuration cannot be used.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  till-status once --config /etc/till-status/till-status.toml\n  \
                        till-status once --config /etc/till-status/till-status.toml --json | jq .problems"
)]
pub(crate) struct Once {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Print the status document of /till/v1/status instead of a table
    #[arg(long)]
    json: bool,
}

impl Once {
    pub(crate) fn run(self) -> ExitCode {
        let config = match Config::load(&self.config) {
            Ok(config) => config,
            Err(error) => return super::cannot(error),
        };
        let _ = super::log(till_status::config::Level::Error);
        let told = once(&config, Language::En);
        let text = if self.json {
            match serde_json::to_string_pretty(&told.document) {
                Ok(json) => json + "\n",
                Err(error) => return super::cannot(error),
            }
        } else {
            table(&told)
        };
        let _ = std::io::stdout().write_all(text.as_bytes());
        let unknown = told.answers.iter().any(|(_, told)| matches!(told, Told::Unknown { .. }));
        let trouble = unknown || !told.document.problems.is_empty();
        ExitCode::from(if trouble { super::TROUBLE } else { 0 })
    }
}

fn table(told: &till_status::Once) -> String {
    let mut text = String::new();
    for (endpoint, told) in &told.answers {
        let answer = match told {
            Told::Value(value) => format!("200  {value}"),
            Told::Empty => "204".to_owned(),
            Told::Unknown { reason, detail } => format!("-    {reason}: {detail}"),
        };
        text += &format!("{:<18}{answer}\n", endpoint.name());
    }
    for problem in &told.document.problems {
        text += &format!("problem           {}: {}\n", problem.code, problem.text);
    }
    text
}
