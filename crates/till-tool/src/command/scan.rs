//! `till-tool scan`: which serial ports there are, and what is likely behind them.

mod likely;
mod paste;

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use till_port::{KnownPort, System};

use likely::Likely;

/// Lists the serial ports of this computer, USB and others, and prints lines for the configuration.
///
/// No port is opened and nothing is sent: what is behind a port is told by its USB id alone, as far as
/// the protocol pages name one. A KKT has two USB ports; the one that carries the documents to the OFD
/// is marked "never": it must not be opened by anything but the OFD's own service.
///
/// Exit code 0, also when there is no port; 2 when the words are off.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Scan {
    /// Print one JSON object: "ports", and "config" with the lines
    #[arg(long)]
    json: bool,
    /// Where the kernel tells about its devices, such as a copy from another computer
    #[arg(long, value_name = "DIR", default_value = "/sys")]
    sys: PathBuf,
    /// Where the device nodes are
    #[arg(long, value_name = "DIR", default_value = "/dev")]
    dev: PathBuf,
}

const EXAMPLES: &str = "Examples:
  till-tool scan
  till-tool scan --json | jq -r .config > till-status.toml";

impl Scan {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let system = System { sysfs: self.sys, dev: self.dev, ..System::default() };
        let ports = till_port::ports(&system);
        let text = if self.json {
            let found: Vec<_> = ports.iter().map(|port| shown(port, &ports)).collect();
            let all = json!({ "ports": found, "config": paste::lines(&ports) });
            serde_json::to_string_pretty(&all)?
        } else {
            let config = paste::lines(&ports);
            let lines = if config.is_empty() { config } else { format!("\n{config}") };
            table(&ports) + &lines
        };
        super::demo::print_line(text.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A port for programs. What is unknown is null.
fn shown(port: &KnownPort, all: &[KnownPort]) -> Value {
    let likely = Likely::of(port);
    json!({
        "node": port.node,
        "links": port.links,
        "usb": port.usb.as_ref().map(|usb| json!({
            "vendor": format!("{:04x}", usb.identity.vendor),
            "product": format!("{:04x}", usb.identity.product),
            "interface": usb.identity.interface,
            "interfaces": usb.interfaces,
            "serial_number": usb.identity.serial,
            "manufacturer": usb.manufacturer,
            "product_name": usb.product,
        })),
        "likely": likely.map(Likely::name),
        "address": paste::address(port, all).filter(|_| !likely.is_some_and(Likely::is_never)),
        "note": likely.map(Likely::note),
    })
}

/// The ports for a person.
pub(super) fn table(ports: &[KnownPort]) -> String {
    if ports.is_empty() {
        return "no serial port is found: is the device switched on, its cable plugged in, and the \
                driver (cdc_acm, ftdi_sio, pl2303, …) loaded?\n"
            .to_owned();
    }
    let mut text = String::new();
    for port in ports {
        let place = match &port.usb {
            Some(usb) => printable(&usb.identity.to_string()),
            None => "a port of this computer".to_owned(),
        };
        let note = Likely::of(port).map_or("nothing tells what is behind it", Likely::note);
        let _ = writeln!(text, "{:<14} {place}\n    {note}", port.node.display());
        if let Some(usb) = &port.usb {
            let said = [&usb.manufacturer, &usb.product].map(Option::as_deref);
            let said: Vec<_> = said.into_iter().flatten().map(printable).collect();
            if !said.is_empty() {
                let _ = writeln!(text, "    calls itself {}", said.join(" "));
            }
        }
        for link in &port.links {
            let _ = writeln!(text, "    {}", printable(&link.to_string_lossy()));
        }
    }
    text
}

/// What a device says of itself may hold anything.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '.' } else { c }).collect()
}
