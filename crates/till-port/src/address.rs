//! Where a device is: a serial port, a host on the network, or a tape.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::{DataBits, LineSettings, Parity, StopBits};

/// The address of a device.
///
/// ```text
/// serial:/dev/ttyACM0?baud=115200&parity=even&bits=7&stop=1&dtr=on
/// serial:/dev/serial/by-id/usb-ATOL_KKT-if00     or without serial: in front
/// serial:usb:2912:0005?interface=0&serial=00106543
/// tcp:192.168.0.5:5555                           IPv6 in brackets: tcp:[fe80::1]:5555
/// tape:fixtures/kkt-atol/atol-v3/status--open-sale.tape
/// ```
///
/// | parameter | values | default |
/// |---|---|---|
/// | `baud` | 50 to 4000000 | 115200 |
/// | `parity` | `none`, `even`, `odd` | `none` |
/// | `bits` | `7`, `8` | `8` |
/// | `stop` | `1`, `2` | `1` |
/// | `dtr` | `on`, `off` | `off` |
/// | `interface` (usb) | 0 to 255, as in `bInterfaceNumber` | the only port of the device |
/// | `serial` (usb) | the device's serial number | any |
///
/// The defaults of a protocol's own line can be given with [`parse_with`](Self::parse_with).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A serial port.
    Serial(SerialAddress),
    /// A TCP port of a host.
    Tcp {
        /// A name or an IP address, without brackets.
        host: String,
        /// The TCP port, 1 to 65535.
        port: u16,
    },
    /// A tape that plays the device in real time.
    Tape(PathBuf),
}

/// A serial port and how its line is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialAddress {
    /// Which port.
    pub place: SerialPlace,
    /// How the line is set.
    pub settings: LineSettings,
}

/// How a serial port is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SerialPlace {
    /// By the path of its device node, best a link below `/dev/serial/by-id` or `by-path`.
    Path(PathBuf),
    /// By its USB device; looked up again at every open.
    Usb {
        /// USB vendor id.
        vendor: u16,
        /// USB product id.
        product: u16,
        /// USB interface number. Without it the device must have only one port.
        interface: Option<u8>,
        /// USB serial number. Without it only one such device may be connected.
        serial: Option<String>,
    },
}

/// An address that cannot be read: names the part, and says what is possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part} of the address: got \"{got}\", expected {expected}")]
pub struct AddressError {
    /// Which part: `kind`, `port`, `baud`, …
    pub part: String,
    /// What stands there.
    pub got: String,
    /// What may stand there.
    pub expected: String,
}

impl Address {
    /// What carries the bytes, as the header of a tape says it: `tcp`, `serial 57600 8E1`.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Serial(serial) => format!("serial {}", serial.settings),
            Self::Tcp { .. } => "tcp".to_owned(),
            Self::Tape(_) => "none".to_owned(),
        }
    }

    /// Refuses a serial port of which it is up to chance which port of a USB device it is.
    ///
    /// A KKT has several: the one that carries documents to the OFD must never be opened, and which
    /// of them is `/dev/ttyACM0` changes. An address is sure by an interface number: in `usb:`, or
    /// in a path such as those below `/dev/serial/by-id`.
    ///
    /// # Errors
    /// [`AddressError`] says how the port can be named.
    pub fn names_an_interface(&self) -> Result<(), AddressError> {
        let Self::Serial(serial) = self else { return Ok(()) };
        let chance = match &serial.place {
            SerialPlace::Usb { interface, .. } => interface.is_none(),
            SerialPlace::Path(path) => {
                let acm = |path: &Path| path.to_string_lossy().starts_with("/dev/ttyACM");
                let text = path.to_string_lossy();
                let named = text.contains("-if") || text.contains(":1.");
                let real = path.canonicalize().unwrap_or_else(|_| path.clone());
                acm(path) || (acm(&real) && !named)
            }
        };
        if chance {
            let expected = "the USB interface number, such as serial:usb:2912:0005?interface=0 or \
                            /dev/serial/by-id/…-if00: a KKT has several USB ports, and the one \
                            that carries documents to the OFD must never be opened";
            return Err(wrong("port", &serial.place.to_string(), expected));
        }
        Ok(())
    }

    /// Reads an address; a serial line has `defaults` where the address does not say otherwise.
    ///
    /// # Errors
    /// [`AddressError`] names the part that is wrong.
    pub fn parse_with(text: &str, defaults: LineSettings) -> Result<Self, AddressError> {
        if text.starts_with("/dev/") {
            return serial(text, defaults);
        }
        match text.split_once(':') {
            Some(("serial", rest)) => serial(rest, defaults),
            Some(("tcp", rest)) => tcp(rest),
            Some(("tape", rest)) if rest.is_empty() => Err(wrong("path", rest, "a tape file")),
            Some(("tape", rest)) => Ok(Self::Tape(rest.into())),
            _ => Err(wrong("kind", text, "serial:…, tcp:host:port, tape:path or /dev/…")),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse_with(text, LineSettings::default())
    }
}

impl Display for Address {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(serial) => write!(out, "serial:{serial}"),
            Self::Tcp { host, port } if host.contains(':') => write!(out, "tcp:[{host}]:{port}"),
            Self::Tcp { host, port } => write!(out, "tcp:{host}:{port}"),
            Self::Tape(path) => write!(out, "tape:{}", path.display()),
        }
    }
}

impl Display for SerialAddress {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let settings = &self.settings;
        write!(out, "{}", self.place)?;
        let more = matches!(
            &self.place,
            SerialPlace::Usb { interface, serial, .. } if interface.is_some() || serial.is_some()
        );
        write!(out, "{}baud={}", if more { '&' } else { '?' }, settings.baud)?;
        match settings.parity {
            Parity::None => {}
            Parity::Even => write!(out, "&parity=even")?,
            Parity::Odd => write!(out, "&parity=odd")?,
        }
        if settings.data_bits == DataBits::Seven {
            write!(out, "&bits=7")?;
        }
        if settings.stop_bits == StopBits::Two {
            write!(out, "&stop=2")?;
        }
        if settings.dtr {
            write!(out, "&dtr=on")?;
        }
        Ok(())
    }
}

/// The place alone, without the settings of the line, as error messages name it.
impl Display for SerialPlace {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(out, "{}", path.display()),
            Self::Usb { vendor, product, interface, serial } => {
                write!(out, "usb:{vendor:04x}:{product:04x}")?;
                if let Some(interface) = interface {
                    write!(out, "?interface={interface}")?;
                }
                if let Some(serial) = serial {
                    write!(out, "{}serial={serial}", if interface.is_some() { '&' } else { '?' })?;
                }
                Ok(())
            }
        }
    }
}

fn serial(text: &str, defaults: LineSettings) -> Result<Address, AddressError> {
    let (place, parameters) = text.split_once('?').unwrap_or((text, ""));
    let mut place = match place.strip_prefix("usb:") {
        Some(ids) => usb(ids)?,
        None if place.is_empty() => {
            return Err(wrong("port", place, "a device such as /dev/ttyACM0, or usb:VID:PID"));
        }
        None => SerialPlace::Path(place.into()),
    };
    let mut settings = defaults;
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        set(&mut place, &mut settings, key, value)?;
    }
    Ok(Address::Serial(SerialAddress { place, settings }))
}

fn usb(ids: &str) -> Result<SerialPlace, AddressError> {
    let pair = ids.split_once(':').and_then(|(vendor, product)| Some((id(vendor)?, id(product)?)));
    match pair {
        Some((vendor, product)) => {
            Ok(SerialPlace::Usb { vendor, product, interface: None, serial: None })
        }
        None => {
            Err(wrong("usb", ids, "VID:PID, four hexadecimal digits each, such as usb:2912:0005"))
        }
    }
}

fn id(text: &str) -> Option<u16> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u16::from_str_radix(text, 16).ok()).flatten()
}

fn set(
    place: &mut SerialPlace,
    settings: &mut LineSettings,
    key: &str,
    value: &str,
) -> Result<(), AddressError> {
    match (key, value, place) {
        ("baud", _, _) => {
            let baud = value.parse().ok().filter(|baud| (50..=4_000_000).contains(baud));
            settings.baud = baud.ok_or_else(|| wrong(key, value, "50 to 4000000"))?;
        }
        ("parity", "none", _) => settings.parity = Parity::None,
        ("parity", "even", _) => settings.parity = Parity::Even,
        ("parity", "odd", _) => settings.parity = Parity::Odd,
        ("parity", ..) => return Err(wrong(key, value, "none, even or odd")),
        ("bits", "7", _) => settings.data_bits = DataBits::Seven,
        ("bits", "8", _) => settings.data_bits = DataBits::Eight,
        ("bits", ..) => return Err(wrong(key, value, "7 or 8")),
        ("stop", "1", _) => settings.stop_bits = StopBits::One,
        ("stop", "2", _) => settings.stop_bits = StopBits::Two,
        ("stop", ..) => return Err(wrong(key, value, "1 or 2")),
        ("dtr", "on", _) => settings.dtr = true,
        ("dtr", "off", _) => settings.dtr = false,
        ("dtr", ..) => return Err(wrong(key, value, "on or off")),
        ("interface", _, SerialPlace::Usb { interface, .. }) => {
            let number = value.parse().ok();
            *interface = Some(number.ok_or_else(|| wrong(key, value, "0 to 255"))?);
        }
        ("serial", _, SerialPlace::Usb { serial, .. }) if !value.is_empty() => {
            *serial = Some(value.to_owned());
        }
        ("serial", _, SerialPlace::Usb { .. }) => {
            return Err(wrong(key, value, "the serial number of the USB device"));
        }
        ("interface" | "serial", _, SerialPlace::Path(_)) => {
            return Err(wrong("parameter", key, "it only with usb:VID:PID, not with a path"));
        }
        (_, _, SerialPlace::Path(_)) => {
            return Err(wrong("parameter", key, "baud, parity, bits, stop or dtr"));
        }
        _ => {
            let expected = "interface, serial, baud, parity, bits, stop or dtr";
            return Err(wrong("parameter", key, expected));
        }
    }
    Ok(())
}

fn tcp(text: &str) -> Result<Address, AddressError> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest
            .split_once("]:")
            .ok_or_else(|| wrong("host", text, "an IPv6 address in brackets, then :port"))?,
        None => text
            .rsplit_once(':')
            .ok_or_else(|| wrong("port", text, "host:port, such as 192.168.0.5:5555"))?,
    };
    if host.is_empty() {
        return Err(wrong("host", host, "a name or an IP address"));
    }
    if host.contains(':') && !text.starts_with('[') {
        return Err(wrong("host", host, "an IPv6 address in brackets, such as [::1]:5555"));
    }
    let port: u16 = port
        .parse()
        .ok()
        .filter(|&port| port != 0)
        .ok_or_else(|| wrong("port", port, "1 to 65535"))?;
    Ok(Address::Tcp { host: host.to_owned(), port })
}

fn wrong(part: &str, got: &str, expected: &str) -> AddressError {
    AddressError { part: part.to_owned(), got: got.to_owned(), expected: expected.to_owned() }
}

#[cfg(test)]
mod tests;
