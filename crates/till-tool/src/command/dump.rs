//! `till-tool dump`: the field kit. Every safe query once, decoded and raw, or as a tape.

mod found;
mod gate;
mod print;
mod session;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use till_port::{Address, OpenOptions, Port};

use found::Found;
use print::Provenance;
use till_status::gate::Leashed;

/// Asks a fiscal printer every safe query once and shows the answers, decoded and raw.
///
/// Everything sent only reads. The KKT is taken from a configuration of till-status, whose hold
/// policy and pause file hold here, too; or it is named with --address, if no other program uses it. Stop the
/// service and the till program first: a KKT serves one connection, and its port is opened
/// exclusively.
///
/// What tells whose till it is (serial and fiscal storage numbers, taxpayer numbers, names,
/// passwords) is replaced before anything is printed. A tape is what the project needs: see
/// docs/field-kit.md.
///
/// Exit code 0 when every query was answered (a refusal of the KKT is an answer), 1 when one was
/// not, 2 when nothing was sent: the words are off, the policy forbids it, the port does not open.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Dump {
    #[command(flatten)]
    kkt: gate::Which,
    /// How to show it.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
    /// Write to this file, which must not exist yet, instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Show everything as it is, for your own eyes; a tape is always scrubbed.
    #[arg(long)]
    no_scrub: bool,
    /// What answers is a simulator: the tape's origin is then synthetic.
    #[arg(long)]
    simulator: bool,
    /// Who recorded it and where, for the header of the tape.
    #[arg(long, value_name = "TEXT", default_value = "who and where is not told")]
    source: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// A tape: docs/tapes.md.
    Tape,
}

const EXAMPLES: &str = "Examples:
  till-tool dump --config /etc/till-status.toml
  till-tool dump --config /etc/till-status.toml --format tape --out kkt.tape --source 'Ivanov, shop'
  till-tool dump --driver atol --link v3 --address tcp:192.168.0.5:5555 --owns-device --format json
  till-tool dump --driver atol --link v2 --owns-device \\
      --address 'serial:usb:2912:0005?interface=0' --format tape --out kkt.tape";

impl Dump {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        ensure!(
            !(self.no_scrub && self.format == Format::Tape),
            "--no-scrub: a tape is made to be given away, so it is always scrubbed"
        );
        ensure!(
            self.source.chars().count() <= 60 && !self.source.contains(char::is_control),
            "--source: expected one line of at most 60 characters"
        );
        let asked = self.kkt.asked()?;
        let kkt = &asked.kkt;
        let place = kkt.address.to_string();
        ensure!(
            !matches!(kkt.address, Address::Tape(_)),
            "{place}: a tape is no device; till-tool decode shows what is on it"
        );
        let pass = asked.pass()?;
        let mut port = Port::new(kkt.address.clone(), OpenOptions::default());
        port.open()?;
        let out = self.out.as_ref().map(create).transpose()?;
        eprintln!("asking the KKT at {place}; this takes some seconds");
        let port = Leashed::new(port, pass.leash().clone());
        let session = session::ask(port, till_status::atol_settings(kkt));
        // The port is closed by now.
        drop(pass);
        let found = Found::new(session, !self.no_scrub);
        let provenance =
            Provenance { line: kkt.address.line(), simulator: self.simulator, source: self.source };
        let text = match self.format {
            Format::Text => print::text(&found),
            Format::Json => print::json(&found)?,
            Format::Tape => print::tape(&found, &provenance),
        };
        match (out, &self.out) {
            (Some(mut file), Some(path)) => {
                file.write_all(text.as_bytes()).with_context(|| path.display().to_string())?;
            }
            // Whoever closes the pipe early has read enough.
            _ => drop(std::io::stdout().write_all(text.as_bytes())),
        }
        if found.unsound > 0 && !self.no_scrub {
            eprintln!(
                "{} bytes belong to no sound packet: look at them before you give this away",
                found.unsound
            );
        }
        let mut complete = true;
        for query in found.queries.iter().filter(|query| !query.is_answered()) {
            eprintln!("{}: {}", query.title(), query.trouble());
            complete = false;
        }
        Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// A new file: a recording is never written over another one.
fn create(path: &PathBuf) -> anyhow::Result<std::fs::File> {
    let file = std::fs::File::options().write(true).create_new(true).open(path);
    file.with_context(|| format!("--out {}", path.display()))
}
