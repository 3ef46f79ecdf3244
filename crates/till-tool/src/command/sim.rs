//! `till-tool sim`: one simulated device alone.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use clap::{Args, ValueEnum};
use kkt_atol::Link;
use till_port::{Device, Fake, Line, Second};

use super::demo::{place, print_line};
use crate::control::PatchError;
use crate::control::kkt::KktPatch;
use crate::control::scale::ScalePatch;
use crate::control::sp80x::{ArmPatch, PiritPatch, PonePatch};
use crate::scale::{ScaleProtocol, words};
use crate::script::Script;
use crate::served::{ServedArm, ServedKkt, ServedPirit, ServedPone, ServedScale};

/// Serves one simulated device until it is ended.
///
/// Prints one line when it can be reached: "ready tcp:127.0.0.1:40001" or "ready serial:/dev/pts/7".
/// It serves one connection at a time; a new connection finds the state as it is.
///
/// A script tells its life, a line a change: a time and any of the keys of the demo's PATCH bodies.
/// Times (ms, s, m, h) count from the line above; # begins a comment; "repeat" on the last line
/// begins again. A script is checked whole before the device starts, and each change is told on
/// standard error when it is made. A pty that was unplugged comes back under another name, which is
/// printed as another line "ready".
///
/// Exit code 2 when the words, the state or the script are off, or it cannot listen.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("place").required(true).args(["listen", "pty"]))]
pub(crate) struct Sim {
    /// The device.
    #[arg(value_parser = words(Simulated::Scale, Simulated::Kkt))]
    kind: Simulated,
    /// Serve on this TCP address; port 0 lets the system choose.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Serve on a pseudo-terminal, as a serial port.
    #[arg(long)]
    pty: bool,
    /// The state to begin with: any of the keys of the demo's PATCH bodies (those of the sp80x are
    /// listed below), or @FILE to read them from a file.
    #[arg(long, value_name = "JSON|@FILE", default_value = "{}")]
    state: String,
    /// What changes when; see below.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// What happens to a second TCP connection while the first is served.
    #[arg(long, value_name = "WHAT", default_value = "waits", conflicts_with = "pty")]
    second: SecondConnection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SecondConnection {
    /// It waits, connected and unanswered, until the first one ends.
    Waits,
    /// It is closed at once.
    TurnedAway,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Simulated {
    Kkt(Kind),
    Scale(ScaleProtocol),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// ATOL KKT, link v2.
    #[value(name = "atol-v2")]
    AtolV2,
    /// ATOL KKT, link v3.
    #[value(name = "atol-v3", alias = "atol")]
    AtolV3,
    /// Service Plus KKT (SP101 to SP801) that speaks pone.
    #[value(name = "sp80x-pone")]
    Sp80xPone,
    /// Service Plus KKT that speaks arm, as those of UKM tills.
    #[value(name = "sp80x-arm")]
    Sp80xArm,
    /// Pirit and Viki Print, the sister dialect; no SP model speaks it.
    #[value(name = "sp80x-pirit", alias = "pirit")]
    Sp80xPirit,
}

const EXAMPLES: &str = "Examples:
  till-tool sim atol-v3 --listen 127.0.0.1:5555
  till-tool sim atol-v2 --pty
  till-tool sim atol-v3 --listen 127.0.0.1:0 --state '{\"paper\":\"out\",\"unsent_documents\":3}'
  till-tool sim sp80x-pone --pty --state '{\"receipt\":\"open\"}'
  till-tool sim sp80x-arm --listen 127.0.0.1:6667 --state @fields.json
  till-tool sim sp80x-pirit --listen 127.0.0.1:50003 --state '{\"paper\":\"out\"}'
  till-tool sim massa-k-100 --pty --state '{\"weight_grams\":1234}'
  till-tool sim mt-sics --pty --state '{\"weight_grams\":1234,\"motion\":\"settling\"}'
  till-tool sim atol-v3 --listen 127.0.0.1:0 --second turned-away --script life.txt

Keys of the Service Plus KKT, all optional:
  sp80x-pone   receipt, shift, shift_number, model, factory_number, initialised, error, link
  sp80x-arm    shift, shift_number, last_document, fn_number, factory_number, fields, error, nul, link
  sp80x-pirit  paper, cover, drawer, receipt, receipt_sum, shift, shift_number, unsent_documents,
               error, link
  \"fields\" adds to arm what nobody has published, to try a profile:
  {\"fields\":[{\"command\":44,\"path\":[\"200000\",\"1097\"],\"type\":4,\"text\":\"3\"}]}

A script, life.txt:
  # A receipt, then the paper runs out.
  +5s    {\"receipt\":\"open\",\"receipt_sum\":12300}
  +20s   {\"receipt\":\"closed\",\"unsent_documents\":1}
  +500ms {\"paper\":\"out\"}
  +1m    {\"paper\":\"present\",\"link\":\"silent\"}   # and it does not answer
  +10s   {\"link\":\"ok\"}
  +1s    repeat";

impl Sim {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.kind {
            Simulated::Kkt(kind) => self.kkt(kind),
            Simulated::Scale(protocol) => {
                self.live(ServedScale::of(protocol), ScalePatch::parse, ScalePatch::apply)
            }
        }
    }

    fn kkt(&self, kind: Kind) -> anyhow::Result<ExitCode> {
        let atol = |link| self.live(ServedKkt::new(link), KktPatch::parse, KktPatch::apply);
        match kind {
            Kind::AtolV2 => atol(Link::V2),
            Kind::AtolV3 => atol(Link::V3),
            Kind::Sp80xPone => self.live(ServedPone::new(), PonePatch::parse, PonePatch::apply),
            Kind::Sp80xArm => self.live(ServedArm::new(), ArmPatch::parse, ArmPatch::apply),
            Kind::Sp80xPirit => self.live(ServedPirit::new(), PiritPatch::parse, PiritPatch::apply),
        }
    }

    /// Serves a device for ever, with what a person or a script changes in it.
    fn live<D: Device + 'static, P>(
        &self,
        device: D,
        parse: fn(&[u8]) -> Result<P, PatchError>,
        apply: fn(&P, &Mutex<D>, &Fake),
    ) -> anyhow::Result<ExitCode> {
        let state = parse(&self.state()?).context("--state")?;
        let script = self.script.as_ref().map(|path| Script::load(path, parse)).transpose()?;
        let device = Arc::new(Mutex::new(device));
        let fake = self.serve(Arc::clone(&device))?;
        fake.set_second(match self.second {
            SecondConnection::Waits => Second::Waits,
            SecondConnection::TurnedAway => Second::TurnedAway,
        });
        apply(&state, &device, &fake);
        let mut ready = Ready(String::new());
        ready.tell(&fake)?;
        if let Some(script) = script {
            script.live(|patch| {
                apply(patch, &device, &fake);
                ready.tell(&fake)
            })?;
        }
        loop {
            std::thread::park();
        }
    }

    /// The state as JSON.
    fn state(&self) -> anyhow::Result<Vec<u8>> {
        match self.state.strip_prefix('@') {
            Some(file) => std::fs::read(file).with_context(|| format!("--state {file}")),
            None => Ok(self.state.clone().into_bytes()),
        }
    }

    fn serve(&self, device: Arc<Mutex<impl Device + 'static>>) -> anyhow::Result<Fake> {
        match self.listen {
            Some(address) => {
                Fake::tcp(address, device).with_context(|| format!("listen on {address}"))
            }
            None => Fake::pty(None, device).context("open a pseudo-terminal"),
        }
    }
}

/// Where the device was last.
struct Ready(String);

impl Ready {
    /// Says where it is, if that is new.
    fn tell(&mut self, fake: &Fake) -> anyhow::Result<()> {
        let place = place(fake);
        if self.0 != place && fake.line() != Line::Unplugged {
            print_line(&format!("ready {place}"))?;
            self.0 = place;
        }
        Ok(())
    }
}
