//! Which serial ports this computer has, by what sysfs tells. None is opened.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Identity, System, usb};

/// A serial port that this computer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPort {
    /// Its device node, such as `/dev/ttyACM0`. Names are given by the order of plugging in.
    pub node: PathBuf,
    /// Links to the node that stay the same, below `/dev/serial/by-id` first, then `by-path`.
    pub links: Vec<PathBuf>,
    /// The USB device behind it; none for a port of the computer itself.
    pub usb: Option<UsbDevice>,
}

/// The USB device of a serial port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsbDevice {
    /// The device, and the interface of this port.
    pub identity: Identity,
    /// What the device says of its maker.
    pub manufacturer: Option<String>,
    /// What the device says of itself.
    pub product: Option<String>,
    /// The numbers of all its interfaces that are serial ports, also of those that have no device
    /// node now. Least first.
    pub interfaces: Vec<u8>,
}

/// All serial ports, by the names of their nodes. Nothing is opened, sent or set.
///
/// Of the ports of the computer itself those are left out behind which the kernel found no chip.
#[must_use]
pub fn ports(system: &System) -> Vec<KnownPort> {
    let class = system.sysfs.join("class/tty");
    let Ok(entries) = fs::read_dir(&class) else { return Vec::new() };
    let mut names: Vec<_> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_by_key(|name| (name.len(), name.clone()));
    names.into_iter().filter_map(|name| port(system, &class, &name)).collect()
}

fn port(system: &System, class: &Path, name: &str) -> Option<KnownPort> {
    let usb = usb::port(&system.sysfs, name).map(|port| UsbDevice {
        manufacturer: usb::text(&port.device.join("manufacturer")),
        product: usb::text(&port.device.join("product")),
        interfaces: usb::serial_interfaces(&port.device),
        identity: port.identity,
    });
    let folder = class.join(name);
    // A chip of the type 0 is unknown: a port that the kernel keeps free. Pseudo-terminals and
    // consoles have no device.
    let has_chip = || usb::text(&folder.join("type")).is_none_or(|kind| kind != "0");
    let own = name.starts_with("tty") && folder.join("device").exists() && has_chip();
    if usb.is_none() && !own {
        return None;
    }
    let node = system.dev.join(name);
    let links = links(&system.dev, &node);
    Some(KnownPort { node, links, usb })
}

fn links(dev: &Path, node: &Path) -> Vec<PathBuf> {
    let Ok(node) = node.canonicalize() else { return Vec::new() };
    let mut found = Vec::new();
    for folder in ["serial/by-id", "serial/by-path"] {
        let Ok(entries) = fs::read_dir(dev.join(folder)) else { continue };
        let mut links: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        links.retain(|link| link.canonicalize().is_ok_and(|target| target == node));
        links.sort();
        found.append(&mut links);
    }
    found
}
