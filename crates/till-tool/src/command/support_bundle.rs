//! `till-tool support-bundle`: what somebody far away needs to know of a till, and nothing that tells whose
//! it is.

mod ask;
mod mask;

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use serde_json::Value;
use till_status::Config;

/// Gathers what the support needs to know of this till into one text, to be read before it is sent.
///
/// In it are the versions, the configuration without passwords, what the running service answers, what
/// survived the last restart, warnings of the log, the serial ports, and the last bytes of devices whose
/// trace is on (key trace of the section log). Passwords, numbers of eight digits and more (taxpayer, fiscal storage, factory
/// numbers, phones), users and roles are replaced. No device is opened and nothing is sent to one.
///
/// Exit code 0 when the text is written, also when a part of it could not be had, which it then says;
/// 2 when the text cannot be written.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SupportBundle {
    /// The configuration of till-status
    #[arg(long, value_name = "FILE", default_value = "/etc/till-status/till-status.toml")]
    config: PathBuf,
    /// Write to this file, which must not exist yet, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  till-tool support-bundle --out till.txt && less till.txt
  till-tool support-bundle --config /etc/till-status/till-status.toml | less
  touch /var/lib/till-status/kkt.tape; sleep 60; till-tool support-bundle --out till.txt";

/// The most that is taken of one file.
const LARGEST: u64 = 256 << 10;

impl SupportBundle {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let text = bundle(&self.config);
        let Some(path) = &self.out else {
            // Whoever closes the pipe early has read enough.
            let _ = std::io::stdout().write_all(text.as_bytes());
            return Ok(ExitCode::SUCCESS);
        };
        let mut file = super::create(path)?;
        file.write_all(text.as_bytes()).with_context(|| path.display().to_string())?;
        eprintln!("{}: read it before you send it", path.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// One part: its title, and what is in it or why it could not be had.
type Part = (String, Result<String, String>);

fn bundle(path: &Path) -> String {
    let config = Config::load(path);
    let mut parts: Vec<Part> = vec![
        ("versions".into(), Ok(versions())),
        (format!("configuration {}", path.display()), configuration(path)),
        ("what is wrong with it".into(), Ok(faults(&config))),
        ("service".into(), ask::service()),
    ];
    if let Ok(config) = &config {
        parts.push(("status document".into(), ask::document(config).map(|it| mask::document(&it))));
        if let Some(file) = &config.till.state_file {
            let state = read_own(file).map(|it| mask::state(&it));
            parts.push((format!("state {}", file.display()), state));
        }
        for name in ["kkt.tape", "scale.tape"] {
            let Some(file) = config.log.trace.as_ref().map(|folder| folder.join(name)) else {
                continue;
            };
            // Its bytes are scrubbed already, and its numbers are bytes.
            parts.push((format!("trace {}", file.display()), read_own(&file)));
        }
    }
    parts.push(("log".into(), ask::log().map(|text| mask::numbers(&text))));
    let ports = super::scan::table(&till_port::ports(&till_port::System::default()));
    parts.push(("serial ports".into(), Ok(mask::numbers(&ports))));
    let mut text =
        "Everything in this text is meant to be sent; look through it first.\n".to_owned();
    for (title, content) in parts {
        let _ = writeln!(text, "\n===== {title}");
        let content = content.unwrap_or_else(|why| format!("not to be had: {why}"));
        let _ = writeln!(text, "{}", content.trim_end());
    }
    text
}

fn versions() -> String {
    let line = |file: &str| read(Path::new(file)).unwrap_or_else(|why| why).trim().to_owned();
    let release = line("/etc/os-release");
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    format!(
        "till-tool {}\ntill-status {}\nsystem {}\nkernel {} {}\nnow {}\n",
        till_status::VERSION,
        ask::installed_version().unwrap_or_else(|why| format!("not to be had: {why}")),
        name.unwrap_or("unknown").trim_matches('"'),
        line("/proc/sys/kernel/osrelease"),
        std::env::consts::ARCH,
        jiff::Timestamp::now(),
    )
}

fn configuration(path: &Path) -> Result<String, String> {
    let text = read(path)?;
    mask::configuration(&text)
}

/// A fault quotes what was got, which may be a password.
fn faults(config: &Result<Config, till_status::ConfigError>) -> String {
    match config {
        Ok(config) => format!("nothing, {}", config.hash),
        Err(error) => {
            let lines = error.to_string();
            let lines = lines.lines().map(mask::fault);
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

/// A file of ours, or its beginning.
fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A file in a folder that belongs to the service's user, who could put a link there to what only the person
/// that runs this may read.
fn read_own(path: &Path) -> Result<String, String> {
    let seen = path.symlink_metadata().map_err(|error| error.to_string())?;
    if !seen.is_file() {
        return Err("is a link or no file: not followed".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    let opened = file.metadata().map_err(|error| error.to_string())?;
    if (seen.dev(), seen.ino()) != (opened.dev(), opened.ino()) {
        return Err("was changed meanwhile".to_owned());
    }
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// JSON for people.
fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
