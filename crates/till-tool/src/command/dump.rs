//! `till-tool dump`: the field kit. Every safe query once, decoded and raw, or as a tape; or twice, and
//! what changed in between.

mod atol;
mod compare;
mod found;
mod gate;
mod print;
mod session;
mod sp80x;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use kkt_sp80x::profile::Change;
use till_port::{Address, OpenOptions, Port};
use till_status::config::Kkt;
use till_status::gate::{Leashed, Pass};

use compare::Comparison;
use found::Found;
use print::Provenance;

/// Asks a fiscal printer every safe query once and shows the answers, decoded and raw.
///
/// Everything sent only reads, and is on the list of safe commands of its driver and dialect. The KKT is taken from a configuration of till-status, whose hold
/// policy and pause file hold here, too; or it is named with --address, if no other program uses it. Stop the
/// service and the till program first: a KKT serves one connection, and its port is opened
/// exclusively.
///
/// What tells whose till it is (serial and fiscal storage numbers, taxpayer numbers, names,
/// passwords) is replaced before anything is printed. A tape is what the project needs: see
/// docs/field-kit.md.
///
/// With --twice or --compare it shows only what changed between two dumps: take the paper out in
/// between, and you see where a KKT tells it. What changes by itself, such as the clock, is marked. For a
/// Service Plus KKT --change gives entries of a profile, ready to be used.
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
    /// Ask, wait for a person to change one thing and press Enter, ask again, show what changed.
    #[arg(long, conflicts_with = "compare")]
    twice: bool,
    /// Show what changed since this earlier dump, made with --format json.
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// What is changed in between at a Service Plus KKT or a Pirit.
    #[arg(long, value_name = "WHAT")]
    change: Option<Changed>,
}

/// What a person changes between two dumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Changed {
    /// The paper is taken out.
    PaperOut,
    /// A roll that is near its end is put in.
    PaperNearEnd,
    /// The cover is opened.
    CoverOpened,
    /// The drawer is opened.
    DrawerOpened,
    /// A receipt is opened.
    ReceiptOpened,
    /// The shift is opened.
    ShiftOpened,
    /// A document waits for the OFD, and none did before.
    DocumentWaits,
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
  till-tool dump --config /etc/till-status/till-status.toml
  till-tool dump --config /etc/till-status/till-status.toml --format tape --out kkt.tape --source 'Ivanov, shop'
  till-tool dump --driver atol --link v3 --address tcp:192.168.0.5:5555 --owns-device --format json
  till-tool dump --driver atol --link v2 --owns-device \\
      --address 'serial:usb:2912:0005?interface=0' --format tape --out kkt.tape
  till-tool dump --driver sp80x --dialect arm --address tcp:192.168.250.2:6667 --owns-device
  till-tool dump --driver pirit --address 'serial:/dev/ttyUSB0' --owns-device --twice
  till-tool dump --config /etc/till-status/till-status.toml --twice --change paper-out
  till-tool dump --config /etc/till-status/till-status.toml --format json --out before.json
  till-tool dump --config /etc/till-status/till-status.toml --compare before.json --change paper-out";

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
        let earlier = self.earlier(kkt.sp80x.is_some())?;
        let opened = Opened::new(&asked)?;
        let mut out = self.out.as_ref().map(|path| super::create(path)).transpose()?;
        let visit = opened.visit();
        let mut found = visit.found(!self.no_scrub);
        let mut complete = tell(&found, self.no_scrub);
        let compares = self.twice || earlier.is_some();
        if compares && !found.queries.iter().any(found::Query::is_answered) {
            eprintln!("the KKT answered nothing, so there is nothing to compare");
            return Ok(ExitCode::FAILURE);
        }
        let text = if compares {
            let change = self.change.map(Change::from);
            let (old, new) = match earlier {
                Some(old) if old.is_anonymous() => (old, self.dump(&visit).into_shown()),
                Some(old) => (old, self.dump(&visit)),
                None => {
                    let old = self.dump(&visit);
                    wait(change)?;
                    let visit = Opened::new(&asked)?.visit();
                    found = visit.found(!self.no_scrub);
                    complete &= tell(&found, self.no_scrub);
                    (old, self.dump(&visit))
                }
            };
            let comparison = Comparison::new(&old, &new, change)?;
            match self.format {
                Format::Json => serde_json::to_string_pretty(&comparison.json())? + "\n",
                _ => comparison.text(),
            }
        } else {
            let line = kkt.address.line();
            let source = self.source.clone();
            let provenance = Provenance { line, simulator: self.simulator, source };
            match self.format {
                Format::Text => print::text(&found),
                Format::Json => serde_json::to_string_pretty(&print::json(&found))? + "\n",
                Format::Tape => print::tape(&found, &provenance),
            }
        };
        match (&mut out, &self.out) {
            (Some(file), Some(path)) => {
                file.write_all(text.as_bytes()).with_context(|| path.display().to_string())?;
            }
            // Whoever closes the pipe early has read enough.
            _ => drop(std::io::stdout().write_all(text.as_bytes())),
        }
        Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// The dump to compare with, if there is one; every word about comparing is sound then.
    fn earlier(&self, profiles: bool) -> anyhow::Result<Option<compare::Dump>> {
        let compares = self.twice || self.compare.is_some();
        ensure!(
            !(compares && self.format == Format::Tape),
            "--format tape: what changed is no tape; expected text or json with --twice and --compare"
        );
        ensure!(
            compares || self.change.is_none(),
            "--change: got it alone, expected it with --twice or with --compare"
        );
        ensure!(
            profiles || self.change.is_none(),
            "--change: an ATOL KKT needs no profile; without it you see what changed"
        );
        ensure!(!self.twice || std::io::stdin().is_terminal(), "{NO_TERMINAL}");
        let Some(path) = &self.compare else { return Ok(None) };
        let text = std::fs::read_to_string(path);
        let text = text.with_context(|| format!("--compare {}", path.display()))?;
        let earlier = compare::Dump::read(&text);
        earlier.with_context(|| format!("--compare {}", path.display())).map(Some)
    }

    fn dump(&self, visit: &Visit) -> compare::Dump {
        let raw = print::json(&visit.found(false));
        let shown = if self.no_scrub { raw.clone() } else { print::json(&visit.found(true)) };
        compare::Dump::new(raw, shown)
    }
}

/// A KKT whose port is open.
struct Opened<'a> {
    kkt: &'a Kkt,
    // Fields are dropped in this order: the port is closed before the right to it ends.
    port: Port,
    pass: Pass,
}

impl<'a> Opened<'a> {
    fn new(asked: &'a gate::Asked) -> anyhow::Result<Self> {
        let (kkt, pass) = (&asked.kkt, asked.pass()?);
        let mut port = Port::new(kkt.address.clone(), OpenOptions::default());
        port.open()?;
        Ok(Self { kkt, port, pass })
    }

    /// Asks everything, and closes the port.
    fn visit(self) -> Visit {
        let Self { kkt, port, pass } = self;
        eprintln!("asking the KKT at {}; this takes some seconds", kkt.address);
        let port = Leashed::new(port, pass.leash().clone());
        match &kkt.sp80x {
            None => Visit::Atol(atol::Visit::new(port, kkt)),
            Some(sp80x) => Visit::Sp80x(sp80x::Visit::new(port, sp80x)),
        }
    }
}

/// One visit to a KKT.
enum Visit {
    Atol(atol::Visit),
    Sp80x(sp80x::Visit),
}

impl Visit {
    /// What it says, made anonymous or not.
    fn found(&self, scrub: bool) -> Found {
        match self {
            Self::Atol(visit) => visit.found(scrub),
            Self::Sp80x(visit) => visit.found(scrub),
        }
    }
}

/// Tells a person what is not as it should be; whether every query was answered.
fn tell(found: &Found, no_scrub: bool) -> bool {
    if found.unsound > 0 && !no_scrub {
        eprintln!(
            "{} bytes belong to no sound packet: look at them before you give this away",
            found.unsound
        );
    }
    let silent = found.queries.iter().filter(|query| !query.is_answered());
    let silent =
        silent.inspect(|query| eprintln!("{}: {}", query.title(), query.trouble())).count();
    if silent > 0 && silent == found.queries.len() {
        eprintln!(
            "nothing was answered. A KKT serves one program: is the till-status service or the till program \
             still connected to it? Are the address and the link or dialect those of its settings?"
        );
    }
    silent == 0
}

/// Until a person has changed something.
fn wait(change: Option<Change>) -> anyhow::Result<()> {
    let what = change.map_or(String::new(), |change| format!(": {}", change.name()));
    eprintln!("the port is closed; change one thing now{what}. Then press Enter");
    let mut line = String::new();
    let count = std::io::stdin().read_line(&mut line).context("standard input")?;
    ensure!(count > 0, "standard input has ended, so nothing was asked a second time");
    Ok(())
}

const NO_TERMINAL: &str = "--twice: it waits for Enter, but standard input is no terminal. Make a dump \
    with --format json --out before.json, change one thing, and dump again with --compare before.json";

impl From<Changed> for Change {
    fn from(changed: Changed) -> Self {
        match changed {
            Changed::PaperOut => Self::PaperOut,
            Changed::PaperNearEnd => Self::PaperNearEnd,
            Changed::CoverOpened => Self::CoverOpened,
            Changed::DrawerOpened => Self::DrawerOpened,
            Changed::ReceiptOpened => Self::ReceiptOpened,
            Changed::ShiftOpened => Self::ShiftOpened,
            Changed::DocumentWaits => Self::DocumentWaits,
        }
    }
}
