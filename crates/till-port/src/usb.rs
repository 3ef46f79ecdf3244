//! Which USB device and interface a serial port belongs to, as sysfs tells it.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::{Path, PathBuf};

/// A serial port of a USB device. Interfaces are told apart by their number alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// USB vendor id.
    pub vendor: u16,
    /// USB product id.
    pub product: u16,
    /// USB interface number, `bInterfaceNumber`.
    pub interface: u8,
    /// The device's serial number, where it has one.
    pub serial: Option<String>,
}

impl Display for Identity {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { vendor, product, interface, serial } = self;
        write!(out, "usb:{vendor:04x}:{product:04x}?interface={interface}")?;
        serial.iter().try_for_each(|serial| write!(out, "&serial={serial}"))
    }
}

/// A port that is connected now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UsbPort {
    pub(crate) identity: Identity,
    /// The name of the tty, such as `ttyACM0`.
    pub(crate) name: String,
    /// The USB device's own folder: two equal devices differ in it.
    pub(crate) device: PathBuf,
    /// Whether the device has a further interface that is a serial port, with a tty or not yet.
    pub(crate) has_siblings: bool,
}

/// All ports of USB devices, by name.
pub(crate) fn ports(sysfs: &Path) -> Vec<UsbPort> {
    let Ok(entries) = fs::read_dir(sysfs.join("class/tty")) else { return Vec::new() };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut ports: Vec<_> = names.filter_map(|name| port(sysfs, &name)).collect();
    ports.sort_by(|one, other| one.name.cmp(&other.name));
    ports
}

/// What stands behind a tty; `None` when it is not a USB device's.
pub(crate) fn port(sysfs: &Path, name: &str) -> Option<UsbPort> {
    let start = fs::canonicalize(sysfs.join("class/tty").join(name).join("device")).ok()?;
    let interface = start.ancestors().find(|folder| folder.join("bInterfaceNumber").exists())?;
    let device = interface.ancestors().find(|folder| folder.join("idVendor").exists())?;
    let number = hex(&interface.join("bInterfaceNumber"))?;
    let identity = Identity {
        vendor: hex(&device.join("idVendor"))?,
        product: hex(&device.join("idProduct"))?,
        interface: u8::try_from(number).ok()?,
        serial: text(&device.join("serial")),
    };
    let name = name.to_owned();
    let has_siblings = serial_interfaces(device).iter().any(|other| *other != identity.interface);
    Some(UsbPort { identity, name, device: device.to_owned(), has_siblings })
}

/// The interfaces of a device that are serial ports, least first.
///
/// A device shows its ports one after the other when it is plugged in, so that its second one may
/// be missing now. Each serial port has an interface of the class "communications", or a tty.
pub(crate) fn serial_interfaces(device: &Path) -> Vec<u8> {
    const COMMUNICATIONS: u16 = 0x02;
    let Ok(entries) = fs::read_dir(device) else { return Vec::new() };
    let is_serial = |folder: &PathBuf| {
        hex(&folder.join("bInterfaceClass")) == Some(COMMUNICATIONS)
            || folder.join("tty").exists()
            || has_usb_serial(folder)
    };
    let folders = entries.flatten().map(|entry| entry.path()).filter(is_serial);
    let numbers = folders.filter_map(|folder| hex(&folder.join("bInterfaceNumber")));
    let mut numbers: Vec<_> = numbers.filter_map(|number| u8::try_from(number).ok()).collect();
    numbers.sort_unstable();
    numbers
}

/// `ttyUSB0` lies straight in the folder of its interface, without a folder `tty` between.
fn has_usb_serial(interface: &Path) -> bool {
    let Ok(entries) = fs::read_dir(interface) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("tty"))
}

fn hex(file: &Path) -> Option<u16> {
    u16::from_str_radix(&text(file)?, 16).ok()
}

pub(crate) fn text(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
