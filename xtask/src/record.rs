//! `cargo xtask record`: a proxy between a program and a device that writes a tape. For the lab.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail, ensure};
use kkt_atol::Link;
use kkt_sp80x::DialectName;
use nix::sys::signal::{SigSet, Signal};
use till_port::{Action, Address, Fake, Header, Origin, Recording, Tape};

mod installed;
mod proxy;

use proxy::Proxy;

/// For the lab only: it stands between the two, so a fault of it is a fault of the till. It refuses
/// where a till-status service is installed. Point the program at the printed address; Ctrl-C ends
/// the recording and writes the tape, scrubbed like that of till-tool dump.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("listen-on").required(true).multiple(false))]
pub(crate) struct Arguments {
    /// Where the device is: tcp:HOST:PORT, or a serial port with its USB interface
    address: Address,
    /// The protocol that is spoken
    #[arg(long)]
    protocol: Protocol,
    /// Listen for the program on this TCP address; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", group = "listen-on")]
    tcp: Option<SocketAddr>,
    /// Let the program open a pty
    #[arg(long, group = "listen-on")]
    pty: bool,
    /// The tape, a file that does not exist yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Maker and model of the device
    #[arg(long, value_name = "TEXT")]
    device: String,
    /// The program that speaks, and its version
    #[arg(long, value_name = "TEXT")]
    host: String,
    /// Version of the device's firmware
    #[arg(long, value_name = "TEXT")]
    firmware: Option<String>,
    /// Who records, and where
    #[arg(long, value_name = "TEXT", default_value = "who and where is not told")]
    source: String,
    /// The device is a simulator: the tape is then synthetic
    #[arg(long)]
    simulator: bool,
    /// How much memory the recording may take, in bytes; what comes later passes, but is not kept
    #[arg(long, value_name = "BYTES", default_value_t = 4 << 20)]
    limit: usize,
    /// Another root of the file system, for tests
    #[arg(long, value_name = "FOLDER", default_value = "/", hide = true)]
    root: PathBuf,
}

/// The protocols that have a scrubber: nothing else may be recorded.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Protocol {
    /// ATOL KKT, link v2
    AtolV2,
    /// ATOL KKT, link v3
    AtolV3,
    /// Service Plus KKT, dialect arm
    #[value(name = "sp80x-arm")]
    Sp80xArm,
    /// Service Plus KKT, dialect pone
    #[value(name = "sp80x-pone")]
    Sp80xPone,
    /// Pirit and Viki Print
    #[value(name = "sp80x-pirit")]
    Sp80xPirit,
}

impl Protocol {
    /// Its name in the header of a tape.
    fn name(self) -> &'static str {
        match self {
            Self::AtolV2 => "atol-v2",
            Self::AtolV3 => "atol-v3",
            Self::Sp80xArm => "sp80x-arm",
            Self::Sp80xPone => "sp80x-pone",
            Self::Sp80xPirit => "sp80x-pirit",
        }
    }

    /// The messages of a recording, made anonymous by the driver's own scrubber.
    fn scrubbed(self, recording: &Recording) -> Scrubbed {
        match self {
            Self::AtolV2 => scrubbed!(kkt_atol, Link::V2, recording),
            Self::AtolV3 => scrubbed!(kkt_atol, Link::V3, recording),
            Self::Sp80xArm => scrubbed!(kkt_sp80x, DialectName::Arm, recording),
            Self::Sp80xPone => scrubbed!(kkt_sp80x, DialectName::Pone, recording),
            Self::Sp80xPirit => scrubbed!(kkt_sp80x, DialectName::Pirit, recording),
        }
    }
}

/// A recording that tells nobody's name.
struct Scrubbed {
    /// Each with the step in which it began.
    messages: Vec<(usize, Vec<u8>)>,
    replaced: String,
    unsound: usize,
}

/// The scrubbers of the drivers have the same names and shape.
macro_rules! scrubbed {
    ($driver:ident, $spoken:expr, $recording:expr) => {{
        use $driver::explain::Direction;
        let steps = $recording.steps.iter().map(|step| match &step.action {
            Action::Host(bytes) => (Direction::Request, bytes.as_slice()),
            Action::Device(bytes) => (Direction::Answer, bytes.as_slice()),
            Action::Close => (Direction::Answer, &[][..]),
        });
        let scrubbed = $driver::scrub::scrub($spoken, steps);
        let (replaced, unsound) = (scrubbed.to_string(), scrubbed.unsound);
        let messages = scrubbed.messages.into_iter().map(|message| (message.step, message.bytes));
        Scrubbed { messages: messages.collect(), replaced, unsound }
    }};
}
use scrubbed;

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Some(found) = installed::service(&arguments.root) {
        bail!(
            "this is a till: {found}. A recording proxy between a till program and its KKT can \
             disturb receipts; record in the lab, or use till-tool dump here"
        );
    }
    arguments.address.names_an_interface()?;
    ensure!(!matches!(arguments.address, Address::Tape(_)), "a tape is no device to record");
    arguments.texts()?;
    let out = &arguments.out;
    let file = File::options().write(true).create_new(true).open(out);
    let file = file.with_context(|| out.display().to_string())?;
    let recorded = record(&arguments).and_then(|recording| write(&arguments, file, &recording));
    if recorded.is_err() {
        let _ = std::fs::remove_file(out);
    }
    recorded
}

/// Until somebody ends it.
fn record(arguments: &Arguments) -> anyhow::Result<Recording> {
    let mut ends = SigSet::empty();
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().for_each(|end| ends.add(end));
    // Before there is another thread, so that none of them takes the signal.
    ends.thread_block()?;
    let proxy = Arc::new(Mutex::new(Proxy::new(arguments.address.clone(), arguments.limit)));
    let fake = match arguments.tcp {
        Some(address) => Fake::tcp(address, proxy.clone())?,
        None => Fake::pty(None, proxy.clone())?,
    };
    println!("ready {}", fake.address());
    std::io::stdout().flush()?;
    ends.wait()?;
    fake.stop();
    let proxy = proxy.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(proxy.recording())
}

fn write(arguments: &Arguments, mut file: File, recording: &Recording) -> anyhow::Result<()> {
    ensure!(!recording.steps.is_empty(), "nothing passed, so there is no tape");
    let Scrubbed { messages, replaced, unsound } = arguments.protocol.scrubbed(recording);
    let mut notes = Vec::new();
    if recording.cut {
        notes.push(format!("the recording ends at its limit of {} bytes", arguments.limit));
    }
    if unsound > 0 {
        notes.push(format!("{unsound} bytes belong to no sound packet: look at them"));
    }
    let header = Header {
        device: arguments.device.clone(),
        firmware: arguments.firmware.clone(),
        line: arguments.address.line(),
        protocol: arguments.protocol.name().to_owned(),
        host: Some(arguments.host.clone()),
        origin: if arguments.simulator { Origin::Synthetic } else { Origin::Recorded },
        source: format!("cargo xtask record; {}", arguments.source),
        date: jiff::tz::TimeZone::system().to_datetime(jiff::Timestamp::now()).date().to_string(),
        scrubbed: Some(replaced),
        notes,
    };
    let tape = recording.regrouped(messages).with_header(header);
    let text = tape.to_string();
    // What cannot be read again is no tape.
    text.parse::<Tape>().context("the tape that would be written")?;
    file.write_all(text.as_bytes())?;
    println!("{}: {} messages", arguments.out.display(), tape.messages());
    if unsound > 0 {
        println!("{unsound} bytes belong to no sound packet: look at them before it goes anywhere");
    }
    Ok(())
}

impl Arguments {
    /// The header of a tape has short lines.
    fn texts(&self) -> anyhow::Result<()> {
        let firmware = self.firmware.as_deref().unwrap_or("-");
        for (name, text) in [
            ("--device", self.device.as_str()),
            ("--host", self.host.as_str()),
            ("--firmware", firmware),
            ("--source", self.source.as_str()),
        ] {
            let fits = (1..=60).contains(&text.trim().chars().count());
            ensure!(
                fits && !text.contains(char::is_control),
                "{name}: got {text:?}, expected one line of at most 60 characters"
            );
        }
        Ok(())
    }
}
