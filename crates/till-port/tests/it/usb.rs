//! USB devices as a made-up sysfs shows them, with ptys for their ports.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;

use till_port::{Address, OpenError, OpenOptions, Port, System};

use crate::support::{Folder, bare_pty};

struct Computer {
    folder: Folder,
    ptys: Vec<OwnedFd>,
}

impl Computer {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        for path in ["sys/class/tty", "sys/devices", "dev"] {
            fs::create_dir_all(folder.0.join(path)).unwrap();
        }
        Self { folder, ptys: Vec::new() }
    }

    /// Plugs a USB device in; its ports come with [`port`](Self::port).
    fn plug(&self, device: &str, vendor: &str, product: &str, serial: &str) {
        let folder = self.folder.0.join("sys/devices").join(device);
        fs::create_dir_all(&folder).unwrap();
        for (file, value) in [("idVendor", vendor), ("idProduct", product), ("serial", serial)] {
            fs::write(folder.join(file), format!("{value}\n")).unwrap();
        }
    }

    /// An interface of the class "communications", without its tty.
    fn interface(&self, device: &str, number: u8) -> std::path::PathBuf {
        let device = self.folder.0.join("sys/devices").join(device);
        let folder = device.join(format!("1:1.{number}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("bInterfaceNumber"), format!("{number:02x}\n")).unwrap();
        fs::write(folder.join("bInterfaceClass"), "02\n").unwrap();
        folder
    }

    fn port(&mut self, device: &str, number: u8, tty: &str) {
        let interface = self.interface(device, number);
        let class = self.folder.0.join("sys/class/tty").join(tty);
        fs::create_dir_all(&class).unwrap();
        symlink(interface, class.join("device")).unwrap();
        let (pty, path) = bare_pty();
        symlink(path, self.folder.0.join("dev").join(tty)).unwrap();
        self.ptys.push(pty);
    }

    fn unplug(&self, device: &str, ttys: &[&str]) {
        fs::remove_dir_all(self.folder.0.join("sys/devices").join(device)).unwrap();
        for tty in ttys {
            fs::remove_dir_all(self.folder.0.join("sys/class/tty").join(tty)).unwrap();
            fs::remove_file(self.folder.0.join("dev").join(tty)).unwrap();
        }
    }

    fn open(&self, address: &str) -> Result<String, String> {
        let mut port = Port::new(address.parse().unwrap(), self.options());
        port.open().map_err(|error| error.to_string())?;
        Ok(port.identity().unwrap().to_string())
    }

    fn options(&self) -> OpenOptions {
        let (sysfs, dev) = (self.folder.0.join("sys"), self.folder.0.join("dev"));
        OpenOptions { system: System { sysfs, dev, ..System::default() }, ..OpenOptions::default() }
    }
}

/// A KKT as it is: one device with two ports, of which one sends documents to the OFD.
fn kkt(name: &str) -> Computer {
    let mut computer = Computer::new(name);
    computer.plug("1-1", "2912", "0005", "00106543");
    computer.port("1-1", 0, "ttyACM0");
    computer.port("1-1", 2, "ttyACM1");
    computer
}

#[test]
fn interfaces_are_told_apart_by_number() {
    let computer = kkt("number");
    assert_eq!(
        computer.open("serial:usb:2912:0005?interface=2"),
        Ok("usb:2912:0005?interface=2&serial=00106543".into())
    );
    assert_eq!(
        computer.open("serial:usb:2912:0005?interface=0&serial=00106543"),
        Ok("usb:2912:0005?interface=0&serial=00106543".into())
    );
}

#[test]
fn two_ports_are_never_guessed_between() {
    let error = kkt("guess").open("serial:usb:2912:0005").unwrap_err();
    assert_eq!(
        error,
        "usb:2912:0005 fits several ports, choose by adding interface=: \
         usb:2912:0005?interface=0&serial=00106543 (ttyACM0), \
         usb:2912:0005?interface=2&serial=00106543 (ttyACM1)"
    );
}

#[test]
fn a_second_port_that_has_not_appeared_yet_counts() {
    let mut computer = Computer::new("appear");
    computer.plug("1-1", "2912", "0005", "1");
    computer.interface("1-1", 0);
    computer.port("1-1", 2, "ttyACM0");
    let error = computer.open("serial:usb:2912:0005").unwrap_err();
    assert!(error.contains("choose by adding interface="), "{error}");
}

#[test]
fn a_device_with_one_port_needs_no_interface() {
    let mut computer = Computer::new("one");
    computer.plug("1-1", "0abc", "0001", "7");
    computer.port("1-1", 0, "ttyUSB0");
    assert_eq!(
        computer.open("serial:usb:0abc:0001"),
        Ok("usb:0abc:0001?interface=0&serial=7".into())
    );
}

#[test]
fn two_equal_devices_are_told_apart_by_their_serial_number() {
    let mut computer = kkt("equal");
    computer.plug("1-2", "2912", "0005", "00999999");
    computer.port("1-2", 0, "ttyACM2");
    let error = computer.open("serial:usb:2912:0005?interface=0").unwrap_err();
    assert!(error.contains("choose by adding serial="), "{error}");
    assert_eq!(
        computer.open("serial:usb:2912:0005?interface=0&serial=00999999"),
        Ok("usb:2912:0005?interface=0&serial=00999999".into())
    );
    computer.plug("1-2", "2912", "0005", "00106543");
    let error = computer.open("serial:usb:2912:0005?interface=0&serial=00106543").unwrap_err();
    assert!(error.contains("/dev/serial/by-path"), "{error}");
}

#[test]
fn what_is_not_there_says_what_is() {
    let computer = kkt("other");
    let error = computer.open("serial:usb:2912:0005?interface=4").unwrap_err();
    assert!(
        error.starts_with(
            "usb:2912:0005?interface=4 is not there: connected are only usb:2912:0005?interface=0"
        ),
        "{error}"
    );
    let error = computer.open("serial:usb:1111:2222").unwrap_err();
    assert!(error.ends_with("no USB device 1111:2222 with a serial port is connected"), "{error}");
}

#[test]
fn the_same_device_comes_back_under_another_name() {
    let mut computer = kkt("back");
    let address = "serial:usb:2912:0005?interface=0".parse().unwrap();
    let mut port = Port::new(address, computer.options());
    port.open().unwrap();
    computer.unplug("1-1", &["ttyACM0", "ttyACM1"]);
    assert!(matches!(port.open().unwrap_err(), OpenError::Absent { .. }));
    computer.plug("1-1", "2912", "0005", "00106543");
    computer.port("1-1", 2, "ttyACM0");
    computer.port("1-1", 0, "ttyACM3");
    port.open().unwrap();
    assert_eq!(port.identity().unwrap().interface, 0);
}

#[test]
fn another_device_under_the_same_name_is_refused() {
    let mut computer = kkt("changed");
    let node = computer.folder.0.join("dev/ttyACM0");
    // As udev names it: a link whose target is a node of that name. Here the node is a pty, so
    // the address goes by the USB device, without a serial number.
    assert!(node.exists());
    let address = "serial:usb:2912:0005?interface=0".parse().unwrap();
    let mut port = Port::new(address, computer.options());
    port.open().unwrap();
    computer.unplug("1-1", &["ttyACM0", "ttyACM1"]);
    computer.plug("1-1", "2912", "0005", "00777777");
    computer.port("1-1", 0, "ttyACM0");
    let error = port.open().unwrap_err();
    assert!(matches!(error, OpenError::Changed { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "another device is at usb:2912:0005?interface=0: it was \
         usb:2912:0005?interface=0&serial=00106543, now it is \
         usb:2912:0005?interface=0&serial=00777777"
    );
    assert!(!port.is_open());
}

#[test]
fn a_forbidden_device_is_not_even_set_up() {
    let computer = kkt("forbidden");
    let options = OpenOptions { refuse: vec![(0x2912, 0x0005)], ..computer.options() };
    let mut port = Port::new("serial:usb:2912:0005?interface=0".parse().unwrap(), options);
    let path = computer.folder.0.join("dev/ttyACM0");
    let settings = || {
        let port = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let settings = rustix::termios::tcgetattr(&port).unwrap();
        (settings.input_modes, settings.local_modes)
    };
    let before = settings();
    let error = port.open().unwrap_err();
    assert!(matches!(error, OpenError::Forbidden { .. }), "{error}");
    assert!(error.to_string().contains("2912:0005"), "{error}");
    assert_eq!(settings(), before);
    assert!(port.identity().is_none(), "it is not taken for the device that belongs here");
}

/// A KKT behind an adapter that a scale has as well: only the port tells.
#[test]
fn the_port_of_another_device_is_refused_by_all_of_its_names() {
    let mut computer = Computer::new("names");
    computer.plug("1-1", "0abc", "0001", "7");
    computer.port("1-1", 0, "ttyUSB0");
    let dev = computer.folder.0.join("dev");
    for link in ["by-id", "by-path"] {
        symlink("ttyUSB0", dev.join(link)).unwrap();
    }
    let path = |name: &str| dev.join(name).to_str().unwrap().to_owned();
    let (by_id, by_path, node) = (path("by-id"), path("by-path"), path("ttyUSB0"));
    let real = fs::canonicalize(&node).unwrap().to_str().unwrap().to_owned();
    let usb = "usb:0abc:0001?interface=0";
    for (theirs, ours, refused) in [
        (&*by_id, &*by_path, true),
        (&by_id, &node, true),
        (&by_id, &real, true),
        (&real, &by_path, true),
        (&by_id, usb, true),
        (usb, "usb:0abc:0001", true),
        ("usb:0abc:0001", usb, true),
        ("usb:0abc:0001?interface=0&serial=7", "usb:0abc:0001", true),
        ("usb:0abc:0001?interface=0&serial=8", "usb:0abc:0001", false),
        ("usb:0abc:0001?interface=1", usb, false),
        ("usb:0abc:0002", usb, false),
        ("/dev/no-such-port", &by_id, false),
    ] {
        computer.check_refusal(theirs, ours, refused);
    }
    // The node is a pty here, which the made-up computer has to know by its own name as well.
    let class = computer.folder.0.join("sys/class/tty");
    let tty = std::path::Path::new(&real).file_name().unwrap();
    symlink(class.join("ttyUSB0"), class.join(tty)).unwrap();
    for (theirs, refused) in
        [(usb, true), ("usb:0abc:0001", true), ("usb:0abc:0001?interface=1", false)]
    {
        computer.check_refusal(theirs, &by_id, refused);
    }
}

impl Computer {
    /// Opens `ours` where `theirs` is the port of another device.
    #[track_caller]
    fn check_refusal(&self, theirs: &str, ours: &str, refused: bool) {
        let Ok(Address::Serial(other)) = format!("serial:{theirs}").parse() else { panic!() };
        let options = OpenOptions { refuse_ports: vec![other.place], ..self.options() };
        let mut port = Port::new(format!("serial:{ours}").parse().unwrap(), options);
        match port.open() {
            Err(OpenError::Forbidden { found, .. }) => assert!(refused, "{ours} is {found}"),
            Err(error) => panic!("{ours} beside {theirs}: {error}"),
            Ok(()) => assert!(!refused, "{ours} is {theirs}"),
        }
    }
}

#[test]
fn ports_are_listed_and_none_is_opened() {
    let computer = kkt("list");
    let device = computer.folder.0.join("sys/devices/1-1");
    fs::write(device.join("manufacturer"), "ATOL\n").unwrap();
    fs::write(device.join("product"), "KKT\n").unwrap();
    computer.interface("1-1", 4);
    let (sys, dev) = (computer.folder.0.join("sys"), computer.folder.0.join("dev"));
    for (name, kind) in [("ttyS0", "4"), ("ttyS1", "0"), ("ttyS10", "4")] {
        let class = sys.join("class/tty").join(name);
        fs::create_dir_all(class.join("device")).unwrap();
        fs::write(class.join("type"), format!("{kind}\n")).unwrap();
    }
    fs::create_dir_all(sys.join("class/tty/tty1")).unwrap();
    for (link, tty) in [("by-path/pci-1", "ttyACM1"), ("by-id/usb-ATOL-if02", "ttyACM1")] {
        let link = dev.join("serial").join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(dev.join(tty), link).unwrap();
    }
    // One of them is held by another program, which must not be seen to matter.
    let held = serialport::new(dev.join("ttyACM1").to_str().unwrap(), 9600).open_native().unwrap();

    let found = till_port::ports(&computer.options().system);
    let names: Vec<_> = found.iter().map(|port| port.node.file_name().unwrap()).collect();
    assert_eq!(names, ["ttyS0", "ttyS10", "ttyACM0", "ttyACM1"]);
    let [board, _, first, second] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&board.usb, &board.links), (&None, &vec![]));
    let usb = second.usb.as_ref().unwrap();
    assert_eq!(usb.identity.to_string(), "usb:2912:0005?interface=2&serial=00106543");
    assert_eq!((usb.manufacturer.as_deref(), usb.product.as_deref()), (Some("ATOL"), Some("KKT")));
    assert_eq!(usb.interfaces, [0, 2, 4], "also the one without a node");
    let links = ["by-id/usb-ATOL-if02", "by-path/pci-1"].map(|link| dev.join("serial").join(link));
    assert_eq!(second.links, links);
    assert_eq!(first.links, Vec::<std::path::PathBuf>::new());

    // Had a port been opened and closed, its other end would have been hung up.
    assert!(!hung_up(&computer.ptys[0]));
    drop(held);
    assert!(hung_up(&computer.ptys[1]), "as this one shows");
}

fn hung_up(pty: &OwnedFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut ends = [PollFd::new(pty, PollFlags::IN)];
    poll(&mut ends, Some(&Timespec::default())).unwrap();
    ends[0].revents().contains(PollFlags::HUP)
}
