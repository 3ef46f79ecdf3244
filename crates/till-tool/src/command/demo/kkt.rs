//! The KKT of a demo: any that there is a simulator of.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use clap::ValueEnum;
use kkt_atol::Link;
use kkt_sp80x::command::pirit::PrinterFlags;
use kkt_sp80x::sim::ShiftKind;
use serde_json::{Value, json};
use till_port::Fake;

use super::locked;
use super::routes::hex_keys;
use crate::control::kkt::{KktPatch, shown};
use crate::control::sp80x::{ArmPatch, PiritPatch, PonePatch};
use crate::served::{ServedArm, ServedKkt, ServedPirit, ServedPone};

/// Which KKT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum KktKind {
    /// ATOL KKT, link v2.
    AtolV2,
    /// ATOL KKT, link v3.
    AtolV3,
    /// Service Plus KKT (SP101 to SP801) that speaks pone.
    #[value(name = "sp80x-pone")]
    Pone,
    /// Service Plus KKT that speaks arm, as those of UKM tills.
    #[value(name = "sp80x-arm")]
    Arm,
    /// Pirit and Viki Print, the sister dialect; no SP model speaks it.
    #[value(name = "pirit", alias = "sp80x-pirit")]
    Pirit,
}

/// A simulated KKT and the line to it.
#[derive(Debug)]
pub(super) struct DemoKkt {
    device: Device,
    line: Fake,
    /// Where its port is linked to, if it is a pseudo-terminal.
    port: PathBuf,
}

#[derive(Debug)]
enum Device {
    Atol(Arc<Mutex<ServedKkt>>),
    Pone(Arc<Mutex<ServedPone>>),
    Arm(Arc<Mutex<ServedArm>>),
    Pirit(Arc<Mutex<ServedPirit>>),
}

impl DemoKkt {
    /// A KKT whose port, if it is a pseudo-terminal, is linked to from the folder.
    pub(super) fn start(kind: KktKind, folder: &Path) -> anyhow::Result<Self> {
        let tcp = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let port = folder.join("kkt");
        let (device, line) = match kind {
            KktKind::AtolV2 => {
                let kkt = Arc::new(Mutex::new(ServedKkt::new(Link::V2)));
                let line = Fake::pty(Some(port.clone()), Arc::clone(&kkt))?;
                (Device::Atol(kkt), line)
            }
            KktKind::AtolV3 => {
                let kkt = Arc::new(Mutex::new(ServedKkt::new(Link::V3)));
                let line = Fake::tcp(tcp, Arc::clone(&kkt))?;
                (Device::Atol(kkt), line)
            }
            KktKind::Pone => {
                let kkt = Arc::new(Mutex::new(ServedPone::new()));
                let line = Fake::pty(Some(port.clone()), Arc::clone(&kkt))?;
                (Device::Pone(kkt), line)
            }
            KktKind::Arm => {
                let kkt = Arc::new(Mutex::new(ServedArm::new()));
                let line = Fake::tcp(tcp, Arc::clone(&kkt))?;
                (Device::Arm(kkt), line)
            }
            KktKind::Pirit => {
                let kkt = Arc::new(Mutex::new(ServedPirit::new()));
                let line = Fake::tcp(tcp, Arc::clone(&kkt))?;
                (Device::Pirit(kkt), line)
            }
        };
        Ok(Self { device, line, port })
    }

    /// Its line.
    pub(super) fn line(&self) -> &Fake {
        &self.line
    }

    /// The keys of `[kkt]` that say which KKT it is and where.
    pub(super) fn config(&self, profile: Option<&Path>) -> String {
        let address = match &self.device {
            // A speed has to be said, and means nothing here.
            Device::Pone(_) => format!("serial:{}?baud=19200", self.port.display()),
            _ => self.line.address().to_string(),
        };
        let driver = match &self.device {
            Device::Atol(kkt) => format!("driver = \"atol\"\nlink = \"{}\"", locked(kkt).link()),
            Device::Pone(_) => SP80X.replace("MODEL", "SP801").replace("DIALECT", "pone"),
            Device::Arm(_) => SP80X.replace("MODEL", "SP802").replace("DIALECT", "arm"),
            Device::Pirit(_) => "driver = \"pirit\"".to_owned(),
        };
        let profile = profile.map(|file| format!("\nprofile = \"{}\"", file.display()));
        format!("{driver}\naddress = \"{address}\"{}", profile.unwrap_or_default())
    }

    /// Changes it; the error names the key, and what this KKT can show.
    pub(super) fn patch(&self, body: &[u8]) -> Result<(), String> {
        let line = &self.line;
        let done = match &self.device {
            Device::Atol(kkt) => KktPatch::parse(body).map(|patch| patch.apply(kkt, line)),
            Device::Pone(kkt) => PonePatch::parse(body).map(|patch| patch.apply(kkt, line)),
            Device::Arm(kkt) => ArmPatch::parse(body).map(|patch| patch.apply(kkt, line)),
            Device::Pirit(kkt) => PiritPatch::parse(body).map(|patch| patch.apply(kkt, line)),
        };
        done.map_err(|error| match self.list() {
            "atol" => error.to_string(),
            list => format!("{error} (of a simulated {list}, which shows no more)"),
        })
    }

    /// The list of safe requests that holds for it.
    fn list(&self) -> &'static str {
        match &self.device {
            Device::Atol(_) => "atol",
            Device::Pone(_) => "sp80x-pone",
            Device::Arm(_) => "sp80x-arm",
            Device::Pirit(_) => "sp80x-pirit",
        }
    }

    /// What it is now, and what it saw so far.
    pub(super) fn seen(&self) -> Value {
        let (state, cycles, requests, buffer) = match &self.device {
            Device::Atol(kkt) => {
                let kkt = locked(kkt);
                let codes = kkt.buffer_commands().keys().map(|code| format!("{code:02X}"));
                (shown(&kkt), kkt.cycles(), hex_keys(kkt.requests()), codes.collect())
            }
            Device::Pone(kkt) => {
                let kkt = locked(kkt);
                let state = json!({
                    "receipt": door(kkt.state().document != 0),
                    "shift": shift(kkt.state().shift),
                    "shift_number": kkt.state().shift_number,
                    "error": kkt.state().error.map(|fault| format!("{:02X}", fault.0)),
                });
                (state, most(kkt.requests()), asked(kkt.requests()), Vec::new())
            }
            Device::Arm(kkt) => {
                let kkt = locked(kkt);
                let state = json!({
                    "shift": shift(kkt.state().shift),
                    "shift_number": kkt.state().shift_number,
                    "last_document": kkt.state().last_document,
                    "error": kkt.state().error.as_ref().map(ToString::to_string),
                });
                (state, most(kkt.requests()), asked(kkt.requests()), Vec::new())
            }
            Device::Pirit(kkt) => {
                let kkt = locked(kkt);
                let printer = kkt.state().printer;
                let paper =
                    if printer.contains(PrinterFlags::NO_PAPER) { "out" } else { "present" };
                let state = json!({
                    "paper": paper,
                    "cover": door(printer.contains(PrinterFlags::COVER_OPEN)),
                    "drawer": door(kkt.state().drawer_open),
                    "receipt": door(kkt.state().document != 0),
                    "unsent_documents": kkt.state().unsent_documents,
                    "shift": shift(kkt.state().shift),
                    "shift_number": kkt.state().shift_number,
                    "error": kkt.state().error.map(|fault| format!("{:02X}", fault.0)),
                });
                (state, most(kkt.requests()), asked(kkt.requests()), Vec::<String>::new())
            }
        };
        json!({
            "protocol": self.list(),
            "state": state,
            "line": format!("{:?}", self.line.line()).to_lowercase(),
            "cycles": cycles,
            "connections": self.line.connections(),
            "requests": requests,
            "buffer_commands": buffer,
        })
    }
}

const SP80X: &str = "driver = \"sp80x\"\nmodel = \"MODEL\"\ndialect = \"DIALECT\"";

/// Every distinct request, in the notation of the lists of safe ones.
fn asked(requests: &BTreeMap<String, u64>) -> Value {
    requests.keys().cloned().collect()
}

/// How often the most frequent question was asked: once in each cycle.
fn most(requests: &BTreeMap<String, u64>) -> u64 {
    requests.values().copied().max().unwrap_or_default()
}

fn door(open: bool) -> &'static str {
    if open { "open" } else { "closed" }
}

fn shift(kind: ShiftKind) -> &'static str {
    match kind {
        ShiftKind::Closed => "closed",
        ShiftKind::Open => "open",
        ShiftKind::Expired => "expired",
    }
}
