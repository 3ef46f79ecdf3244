//! `till-tool sim`: one simulated device alone.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use clap::{Args, ValueEnum};
use till_port::{Device, Fake};

use crate::control::kkt::KktPatch;
use crate::control::scale::ScalePatch;
use crate::control::sp80x::{ArmPatch, PiritPatch, PonePatch};
use crate::served::{ServedArm, ServedKkt, ServedPirit, ServedPone, ServedScale};

/// Serves one simulated device until it is ended.
///
/// Prints one line when it can be reached: "ready tcp:127.0.0.1:40001" or "ready serial:/dev/pts/7".
/// It serves one connection at a time; a new connection finds the state as it is.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("place").required(true).args(["listen", "pty"]))]
pub(crate) struct Sim {
    /// The device.
    kind: Kind,
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
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
    /// MASSA-K scale, Protocol 100.
    #[value(name = "massa-k-100")]
    MassaK100,
}

const EXAMPLES: &str = "Examples:
  till-tool sim atol-v3 --listen 127.0.0.1:5555
  till-tool sim atol-v3 --listen 127.0.0.1:0 --state '{\"paper\":\"out\",\"unsent_documents\":3}'
  till-tool sim sp80x-pone --pty --state '{\"receipt\":\"open\"}'
  till-tool sim sp80x-arm --listen 127.0.0.1:6667 --state @fields.json
  till-tool sim sp80x-pirit --listen 127.0.0.1:50003 --state '{\"paper\":\"out\"}'
  till-tool sim massa-k-100 --pty --state '{\"weight_grams\":1234}'

Keys of the state, all optional:
  sp80x-pone   receipt, shift, shift_number, model, factory_number, initialised, error, link
  sp80x-arm    shift, shift_number, last_document, fn_number, factory_number, fields, error, nul, link
  sp80x-pirit  paper, cover, drawer, receipt, receipt_sum, shift, shift_number, unsent_documents,
               error, link
  \"fields\" adds to arm what nobody has published, to try a profile:
  {\"fields\":[{\"command\":44,\"path\":[\"200000\",\"1097\"],\"type\":4,\"text\":\"3\"}]}";

impl Sim {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.kind {
            Kind::AtolV3 => {
                let patch = KktPatch::parse(&self.state()?).context("--state")?;
                let kkt = Arc::new(Mutex::new(ServedKkt::new()));
                let fake = self.serve(Arc::clone(&kkt))?;
                patch.apply(&kkt, &fake);
                ready(&fake)
            }
            Kind::Sp80xPone => {
                let patch = PonePatch::parse(&self.state()?).context("--state")?;
                let kkt = Arc::new(Mutex::new(ServedPone::new()));
                let fake = self.serve(Arc::clone(&kkt))?;
                patch.apply(&kkt, &fake);
                ready(&fake)
            }
            Kind::Sp80xArm => {
                let patch = ArmPatch::parse(&self.state()?).context("--state")?;
                let kkt = Arc::new(Mutex::new(ServedArm::new()));
                let fake = self.serve(Arc::clone(&kkt))?;
                patch.apply(&kkt, &fake);
                ready(&fake)
            }
            Kind::Sp80xPirit => {
                let patch = PiritPatch::parse(&self.state()?).context("--state")?;
                let kkt = Arc::new(Mutex::new(ServedPirit::new()));
                let fake = self.serve(Arc::clone(&kkt))?;
                patch.apply(&kkt, &fake);
                ready(&fake)
            }
            Kind::MassaK100 => {
                let patch = ScalePatch::parse(&self.state()?).context("--state")?;
                let scale = Arc::new(Mutex::new(ServedScale::new()));
                let fake = self.serve(Arc::clone(&scale))?;
                patch.apply(&scale, &fake);
                ready(&fake)
            }
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

/// Says where the device is, and serves for ever.
fn ready(fake: &Fake) -> anyhow::Result<ExitCode> {
    super::demo::print_line(&format!("ready {}", super::demo::place(fake)))?;
    loop {
        std::thread::park();
    }
}
