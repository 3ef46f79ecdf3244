//! `till-monitor check`: a plugin for Nagios and Icinga.

use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use status_core::Endpoint;

use crate::answer::{Observation, Reply, combined, seven};
use crate::config::{Address, Language};
use crate::judge::Failure;
use crate::plugin::{Limits, Range, Report, Verdict, report};
use crate::poll::{Client, LEAST, Names};
use crate::serve::block_on;

/// Prints one line with performance data, and exits with 0 (OK), 1 (WARNING), 2 (CRITICAL) or 3 (UNKNOWN).
///
/// A till that has the combined document is asked once. Of a till that has only the seven endpoints
/// one is asked for each second, so name those that matter: --only paper,ofd.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The till: a name or an address, port 8480 unless it is named
    #[arg(short = 'H', long, value_name = "ADDR", alias = "hostname")]
    till: Address,
    /// Only these of the seven values, separated by commas; the till's own problems do not count then
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = endpoint)]
    only: Vec<Endpoint>,
    /// A warning range of a value: ofd=10, downtime=3600. Times are ages in seconds, weights kilograms
    #[arg(short, long, value_name = "VALUE=RANGE", value_parser = limit)]
    warning: Vec<(Endpoint, Range)>,
    /// A critical range of a value: ofd=100
    #[arg(short, long, value_name = "VALUE=RANGE", value_parser = limit)]
    critical: Vec<(Endpoint, Range)>,
    /// Seconds until it gives up
    #[arg(short, long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
    /// What a till is that does not answer: critical or unknown
    #[arg(long, value_name = "STATE", default_value = "critical", value_parser = ["critical", "unknown"])]
    no_answer: String,
    /// The seven endpoints, even if there is a combined document
    #[arg(long)]
    seven: bool,
    /// The language of the till's own sentences: ru or en
    #[arg(long, default_value = "en", value_parser = ["ru", "en"])]
    lang: String,
    /// Say what was asked, on further lines
    #[arg(short, long)]
    verbose: bool,
    /// Print help
    #[arg(short, long, action = clap::ArgAction::HelpLong)]
    help: Option<bool>,
}

const EXAMPLES: &str = "Examples:
  till-monitor check -H 10.0.12.3
  till-monitor check -H 10.0.12.3 --only paper,ofd -w ofd=10 -c ofd=100
  till-monitor check -H kassa-3:8480 --only downtime -w downtime=7200 --no-answer unknown";

pub(super) fn run(arguments: Arguments) -> ExitCode {
    let limit = Duration::from_secs(arguments.timeout);
    let asked = block_on(async {
        Ok(match tokio::time::timeout(limit, ask(&arguments)).await {
            Ok(asked) => asked,
            Err(_) => Err(format!("no whole answer within {} s", arguments.timeout)),
        })
    });
    let report = match asked {
        Ok(Ok(seen)) => {
            let limits = Limits {
                warning: arguments.warning.iter().cloned().collect(),
                critical: arguments.critical.iter().cloned().collect(),
            };
            report(&seen, &arguments.only, &limits, Timestamp::now())
        }
        Ok(Err(error)) => {
            let critical = arguments.no_answer == "critical";
            let verdict = if critical { Verdict::Critical } else { Verdict::Unknown };
            let error = error.replace('|', "/").replace(['\r', '\n'], " ");
            Report { verdict, line: format!("TILL {verdict}: the till does not answer: {error}") }
        }
        Err(error) => {
            let verdict = Verdict::Unknown;
            Report { verdict, line: format!("TILL {verdict}: {error}") }
        }
    };
    println!("{}", report.line);
    if arguments.verbose {
        println!("asked {} as till-monitor {}", arguments.till, env!("CARGO_PKG_VERSION"));
    }
    ExitCode::from(report.verdict.code())
}

async fn ask(arguments: &Arguments) -> Result<Observation, String> {
    let language = if arguments.lang == "ru" { Language::Ru } else { Language::En };
    let mut client = Client::new(arguments.till.clone(), language, Names::default());
    if !arguments.seven {
        let answer = client.get("/till/v1/status").await.map_err(said)?;
        match answer.status {
            200 => return combined(&answer.body),
            404 | 405 | 501 => {}
            other => return Err(format!("HTTP {other}")),
        }
        tokio::time::sleep(LEAST).await;
    }
    let wanted: &[Endpoint] =
        if arguments.only.is_empty() { &Endpoint::ALL } else { &arguments.only };
    let mut seen = Observation::default();
    for (at, endpoint) in wanted.iter().enumerate() {
        // Never more than one request a second.
        if at > 0 {
            tokio::time::sleep(LEAST).await;
        }
        let path = format!("/api/v1/status/{}", endpoint.name());
        let answer = client.get(&path).await.map_err(said)?;
        let reply =
            Reply { status: answer.status, content_type: &answer.content_type, body: &answer.body };
        seen.tell(*endpoint, seven(*endpoint, reply, &TimeZone::system()));
    }
    Ok(seen)
}

fn said(failure: Option<Failure>) -> String {
    failure.map_or_else(|| "the connection was closed".to_owned(), |failure| failure.detail)
}

fn endpoint(text: &str) -> Result<Endpoint, String> {
    Endpoint::from_name(text.trim())
        .ok_or_else(|| format!("expected some of {}", Endpoint::ALL.map(Endpoint::name).join(", ")))
}

fn limit(text: &str) -> Result<(Endpoint, Range), String> {
    let (name, range) =
        text.split_once('=').ok_or("expected a value and its range, such as ofd=10")?;
    Ok((endpoint(name)?, range.parse()?))
}
