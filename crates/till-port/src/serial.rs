//! Serial ports: exclusive, never waiting for long, the settings explicit.

use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serialport::{ClearBuffer, SerialPort};

use crate::open::{OpenError, OpenOptions, System};
use crate::usb::{self, UsbPort};
use crate::{Identity, SerialAddress, SerialPlace, Transport, is_tick};

#[cfg(unix)]
type NativePort = serialport::TTYPort;
#[cfg(windows)]
type NativePort = serialport::COMPort;

/// An open serial port.
#[derive(Debug)]
pub(crate) struct Serial {
    port: NativePort,
}

/// Opens the port; the identity is that of the port that is open now.
///
/// A port that is not `known` any more is not opened, as far as that can be told before.
pub(crate) fn open(
    address: &SerialAddress,
    known: Option<&Option<Identity>>,
    options: &OpenOptions,
) -> Result<(Serial, Option<Identity>), OpenError> {
    let system = &options.system;
    let (node, tty) = find(&address.place, system)?;
    let identify = || Some(usb::port(&system.sysfs, tty.as_deref()?)?.identity);
    let before = identify();
    allowed(&address.place, &node, before.as_ref(), options)?;
    same(&address.place, known, before.as_ref())?;

    let builder = address.settings.builder(&node.to_string_lossy(), options.tick);
    let port =
        builder.open_native().map_err(|error| refusal(&address.place, &node, &error, system))?;
    let other = |cause: io::Error| OpenError::Other { port: address.place.to_string(), cause };
    #[cfg(unix)]
    nonblocking(&port).map_err(other)?;
    // What came before the line was set is not to be trusted.
    port.clear(ClearBuffer::Input).map_err(|error| other(error.into()))?;

    // Names are given anew when devices come and go; this one is held now and keeps its name.
    let after = identify();
    same(&address.place, known.or(Some(&before)), after.as_ref())?;
    Ok((Serial { port }, after))
}

/// Refuses a device before anything of it is touched.
fn allowed(
    place: &SerialPlace,
    node: &Path,
    found: Option<&Identity>,
    options: &OpenOptions,
) -> Result<(), OpenError> {
    let by_id = found.filter(|found| options.refuse.contains(&(found.vendor, found.product)));
    let by_port = || options.refuse_ports.iter().find(|other| names(other, node, found));
    match by_id.map(ToString::to_string).or_else(|| by_port().map(ToString::to_string)) {
        Some(found) => Err(OpenError::Forbidden { port: place.to_string(), found }),
        None => Ok(()),
    }
}

/// Whether a place may name this port. A USB place names every port that fits it.
fn names(place: &SerialPlace, node: &Path, found: Option<&Identity>) -> bool {
    match place {
        SerialPlace::Path(path) => {
            let real = |path: &Path| path.canonicalize().ok();
            path == node || (real(node).is_some() && real(path) == real(node))
        }
        SerialPlace::Usb { vendor, product, interface, serial } => found.is_some_and(|found| {
            (found.vendor, found.product) == (*vendor, *product)
                && interface.is_none_or(|number| number == found.interface)
                && (serial.is_none() || *serial == found.serial)
        }),
    }
}

/// The device node of the place, and the name by which the system knows it.
fn find(place: &SerialPlace, system: &System) -> Result<(PathBuf, Option<String>), OpenError> {
    let port = place.to_string();
    let (vendor, product, interface, serial) = match place {
        SerialPlace::Path(path) if cfg!(unix) && !path.exists() => {
            return Err(OpenError::Absent { port, detail: "no such device is connected".into() });
        }
        SerialPlace::Path(path) => {
            let node = std::fs::canonicalize(path).ok();
            let tty = node.and_then(|node| Some(node.file_name()?.to_str()?.to_owned()));
            return Ok((path.clone(), tty));
        }
        SerialPlace::Usb { vendor, product, interface, serial } => {
            (*vendor, *product, *interface, serial.as_deref())
        }
    };
    let mut found = usb::ports(&system.sysfs);
    found.retain(|port| (port.identity.vendor, port.identity.product) == (vendor, product));
    if found.is_empty() {
        let detail =
            format!("no USB device {vendor:04x}:{product:04x} with a serial port is connected");
        return Err(OpenError::Absent { port, detail });
    }
    let wanted = |candidate: &UsbPort| {
        interface.is_none_or(|number| candidate.identity.interface == number)
            && serial.is_none_or(|serial| candidate.identity.serial.as_deref() == Some(serial))
    };
    let matching: Vec<_> = found.iter().filter(|candidate| wanted(candidate)).collect();
    let choices = |ports: &[&UsbPort]| ports.iter().map(|port| port.to_string()).collect();
    match matching.as_slice() {
        [] => {
            let there: Vec<_> = found.iter().map(ToString::to_string).collect();
            let detail = format!("connected are only {}", there.join(", "));
            Err(OpenError::Absent { port, detail })
        }
        [only] if interface.is_some() || !only.has_siblings => {
            Ok((system.dev.join(&only.name), Some(only.name.clone())))
        }
        several => {
            let one_device =
                several.iter().all(|port| several.first().map(|p| &p.device) == Some(&port.device));
            let add = match (interface, one_device) {
                (None, true) => "interface=",
                (_, false) if serial.is_none() => "serial=",
                _ => "a path below /dev/serial/by-path in its place",
            };
            Err(OpenError::Ambiguous { port, choices: choices(several), add: add.into() })
        }
    }
}

/// How a port is named to a person who has to choose.
impl std::fmt::Display for UsbPort {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} ({})", self.identity, self.name)
    }
}

/// Refuses another device than the one before.
fn same(
    place: &SerialPlace,
    known: Option<&Option<Identity>>,
    found: Option<&Identity>,
) -> Result<(), OpenError> {
    let show = |identity: Option<&Identity>| match identity {
        Some(identity) => identity.to_string(),
        None => "no USB device".to_owned(),
    };
    match known {
        Some(known) if known.as_ref() != found => Err(OpenError::Changed {
            port: place.to_string(),
            expected: show(known.as_ref()),
            found: show(found),
        }),
        _ => Ok(()),
    }
}

fn refusal(
    place: &SerialPlace,
    node: &Path,
    error: &serialport::Error,
    system: &System,
) -> OpenError {
    let port = place.to_string();
    let absent = |detail: &str| OpenError::Absent { port: port.clone(), detail: detail.to_owned() };
    match error.kind() {
        // The library says so of a port that is locked or held exclusively.
        serialport::ErrorKind::NoDevice if cfg!(unix) => {
            OpenError::Busy { port, detail: "another program holds it".into() }
        }
        serialport::ErrorKind::NoDevice => absent(&error.description),
        serialport::ErrorKind::Io(ErrorKind::NotFound) => absent("no such device is connected"),
        serialport::ErrorKind::Io(ErrorKind::PermissionDenied) if cfg!(windows) => {
            OpenError::Busy { port, detail: "another program holds it".into() }
        }
        serialport::ErrorKind::Io(ErrorKind::PermissionDenied) => {
            OpenError::NotPermitted { port, group: group(node, &system.groups) }
        }
        _ if is_gone(&error.description) => {
            absent("it is being unplugged, or its driver is missing")
        }
        _ => OpenError::Other {
            port,
            cause: io::Error::other(format!("{} ({:?})", error.description, error.kind())),
        },
    }
}

/// The library drops the number of these errors and keeps its text.
#[cfg(unix)]
fn is_gone(description: &str) -> bool {
    use nix::errno::Errno;
    [Errno::ENXIO, Errno::ENODEV, Errno::EIO].iter().any(|errno| errno.desc() == description)
}

#[cfg(windows)]
fn is_gone(_: &str) -> bool {
    false
}

/// The name of the group that may open the device node.
#[cfg(unix)]
pub(crate) fn group(node: &Path, groups: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let wanted = std::fs::metadata(node).ok()?.gid().to_string();
    let groups = std::fs::read_to_string(groups).ok()?;
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == wanted).then(|| name.to_owned())
    })
}

#[cfg(windows)]
pub(crate) fn group(_: &Path, _: &Path) -> Option<String> {
    None
}

/// The library leaves the descriptor blocking and ignores its time-out in `write`.
#[cfg(unix)]
fn nonblocking(port: &NativePort) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    use std::os::fd::AsRawFd;
    let descriptor = port.as_raw_fd();
    let flags = OFlag::from_bits_truncate(fcntl(descriptor, FcntlArg::F_GETFL)?);
    fcntl(descriptor, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

impl Read for Serial {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.port.read(buf).map_err(gone)
    }
}

impl Write for Serial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.port.write(bytes).map_err(gone)
    }

    /// Does nothing: waiting for the line to drain has no bound.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Serial {}

/// Bytes that nobody takes would keep the close waiting.
impl Drop for Serial {
    fn drop(&mut self) {
        if !matches!(self.port.bytes_to_write(), Ok(0)) {
            let _ = self.port.clear(ClearBuffer::All);
        }
    }
}

/// The kernel has several words for a port that was unplugged.
fn gone(error: io::Error) -> io::Error {
    if is_tick(&error) {
        return error;
    }
    io::Error::new(ErrorKind::BrokenPipe, format!("the port is gone: {error}"))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    fn refused(kind: serialport::ErrorKind, text: &str) -> OpenError {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("till-port-{}-refused-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let node = folder.join("ttyS9");
        let groups = folder.join("group");
        fs::write(&node, "").unwrap();
        let gid = fs::metadata(&node).unwrap().gid();
        fs::write(&groups, format!("root:x:99999:\ndialout:x:{gid}:till,admin\n")).unwrap();
        let system = System { groups, ..System::default() };
        let place = SerialPlace::Path("/dev/ttyS9".into());
        let error = refusal(&place, &node, &serialport::Error::new(kind, text), &system);
        fs::remove_dir_all(folder).unwrap();
        error
    }

    #[test]
    fn a_missing_right_names_the_group() {
        let error = refused(serialport::ErrorKind::Io(ErrorKind::PermissionDenied), "denied");
        assert_eq!(
            error.to_string(),
            "not permitted to open /dev/ttyS9: the user of this program is not in the group \
             dialout (usermod -aG dialout USER, then start the program anew)"
        );
    }

    #[test]
    fn words_of_the_library_become_reasons() {
        use serialport::ErrorKind::{Io, NoDevice, Unknown};
        let busy = refused(NoDevice, "Unable to acquire exclusive lock on serial port");
        assert_eq!(busy.to_string(), "/dev/ttyS9 is busy: another program holds it");
        let gone = refused(Unknown, "No such device or address");
        assert!(matches!(gone, OpenError::Absent { .. }), "{gone}");
        let gone = refused(Io(ErrorKind::NotFound), "No such file or directory");
        assert!(matches!(gone, OpenError::Absent { .. }), "{gone}");
        let other = refused(Unknown, "Not a typewriter");
        assert_eq!(other.to_string(), "cannot open /dev/ttyS9: Not a typewriter (Unknown)");
    }
}
