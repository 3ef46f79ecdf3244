//! `till-tool scan` on made-up computers: what it lists, and what can be pasted.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::program;

/// A computer as `/sys` and `/dev` show it; its nodes are plain files, which nobody could talk to.
struct Computer(PathBuf);

impl Computer {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("till-scan-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        for folder in ["sys/class/tty", "sys/devices", "dev/serial/by-path"] {
            fs::create_dir_all(path.join(folder)).unwrap();
        }
        Self(path)
    }

    fn plug(self, device: &str, ids: (&str, &str), serial: &str) -> Self {
        let folder = self.0.join("sys/devices").join(device);
        fs::create_dir_all(&folder).unwrap();
        for (file, text) in [("idVendor", ids.0), ("idProduct", ids.1), ("serial", serial)] {
            fs::write(folder.join(file), format!("{text}\n")).unwrap();
        }
        fs::write(folder.join("product"), "\u{1b}[31mred\n").unwrap();
        self
    }

    /// A serial interface of a device, with a node or not yet.
    fn interface(self, device: &str, number: u8, tty: Option<&str>) -> Self {
        let folder = self.0.join("sys/devices").join(device).join(format!("{device}:1.{number}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("bInterfaceNumber"), format!("{number:02x}\n")).unwrap();
        fs::write(folder.join("bInterfaceClass"), "02\n").unwrap();
        if let Some(tty) = tty {
            self.node(tty, &folder);
            let node = self.0.join("dev").join(tty);
            symlink(node, self.0.join(format!("dev/serial/by-path/{device}:1.{number}"))).unwrap();
        }
        self
    }

    fn board(self, tty: &str) -> Self {
        let folder = self.0.join("sys/devices/serial8250");
        fs::create_dir_all(&folder).unwrap();
        self.node(tty, &folder);
        self
    }

    fn node(&self, tty: &str, device: &Path) {
        let class = self.0.join("sys/class/tty").join(tty);
        fs::create_dir_all(&class).unwrap();
        symlink(device, class.join("device")).unwrap();
        fs::write(self.0.join("dev").join(tty), "").unwrap();
    }

    fn kkt(self, device: &str, ttys: [Option<&str>; 2], serial: &str) -> Self {
        let [first, second] = ttys;
        self.plug(device, ("2912", "0005"), serial)
            .interface(device, 0, first)
            .interface(device, 2, second)
    }

    /// What is printed, with the folder of the made-up computer cut off.
    fn scan(&self, flags: &[&str]) -> String {
        let [sys, dev] = ["sys", "dev"].map(|folder| self.0.join(folder));
        let mut scan = program("till-tool");
        scan.arg("scan").arg("--sys").arg(sys).arg("--dev").arg(dev).args(flags);
        let output = scan.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().replace(self.0.to_str().unwrap(), "")
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.scan(&["--json"])).unwrap()
    }

    /// What `till-status` says of the lines.
    fn check_config(&self, config: &str) -> String {
        let file = self.0.join("till.toml");
        fs::write(&file, config).unwrap();
        let output = program("till-status").arg("check-config").arg(&file).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        String::from_utf8(said).unwrap()
    }
}

impl Drop for Computer {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_kkt_is_told_by_its_id_and_its_second_port_is_never_offered() {
    // The kernel gave the names in the other order, as it may.
    let computer = Computer::new("kkt")
        .kkt("1-1", [Some("ttyACM1"), Some("ttyACM0")], "00106543")
        .board("ttyS0");
    let text = computer.scan(&[]);
    assert!(!text.contains('\u{1b}'), "what a device says of itself is no control of the terminal");
    for line in [
        "/dev/ttyACM1 usb:2912:0005?interface=0&serial=00106543\n    ATOL KKT, commands",
        "/dev/ttyACM0 usb:2912:0005?interface=2&serial=00106543\n    ATOL KKT, documents to the OFD: never open it",
        "    calls itself .[31mred\n    /dev/serial/by-path/1-1:1.0",
        "/dev/ttyS0 a port of this computer\n    nothing tells what is behind it",
        "address = \"serial:usb:2912:0005?interface=0&serial=00106543\"\n",
        "#address = \"serial:/dev/ttyS0\"",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let told = computer.json();
    let of = |node: &str| {
        let ports = told["ports"].as_array().unwrap();
        ports.iter().find(|port| port["node"] == format!("/dev/{node}")).unwrap()
    };
    assert_eq!(of("ttyACM1")["likely"], "atol-kkt");
    assert_eq!(of("ttyACM1")["usb"]["interface"], 0);
    assert_eq!(of("ttyACM0")["likely"], "atol-kkt-ofd");
    assert_eq!(of("ttyACM0")["address"], Value::Null);
    assert_eq!(of("ttyS0")["usb"], Value::Null);
    let config = told["config"].as_str().unwrap();
    assert!(!config.contains("interface=2"), "{config}");
    let said = computer.check_config(config);
    assert!(said.contains("can be used") && said.contains("never opened"), "{said}");
    assert!(said.contains(" at serial:usb:2912:0005?interface=0&serial=00106543"), "{said}");
}

#[test]
fn a_kkt_of_which_one_port_is_missing_is_not_guessed() {
    for (name, computer) in [
        (
            "alone",
            Computer::new("alone").plug("1-1", ("2912", "0005"), "1").interface(
                "1-1",
                2,
                Some("ttyACM0"),
            ),
        ),
        (
            "three",
            Computer::new("three")
                .kkt("1-1", [Some("ttyACM0"), None], "1")
                .interface("1-1", 4, None),
        ),
    ] {
        let told = computer.json();
        assert_eq!(told["ports"][0]["likely"], "atol-kkt-unclear", "{name}: {told}");
        assert_eq!(told["ports"][0]["address"], Value::Null);
        assert_eq!(told["config"], "", "{name}");
    }
    // Its first port has no node yet: the other one is not taken for it.
    let told = Computer::new("late").kkt("1-1", [None, Some("ttyACM0")], "1").json();
    assert_eq!(told["ports"][0]["likely"], "atol-kkt-ofd");
    assert_eq!(told["config"], "");
}

#[test]
fn equal_devices_are_told_apart() {
    let [a, b] = [[Some("ttyACM0"), Some("ttyACM1")], [Some("ttyACM2"), Some("ttyACM3")]];
    for (name, serials, addresses) in [
        (
            "serials",
            ["1", "2"],
            ["usb:2912:0005?interface=0&serial=1", "usb:2912:0005?interface=0&serial=2"],
        ),
        ("same", ["1", "1"], ["/dev/serial/by-path/1-1:1.0", "/dev/serial/by-path/1-2:1.0"]),
        ("odd", ["a\"b", "c d"], ["/dev/serial/by-path/1-1:1.0", "/dev/serial/by-path/1-2:1.0"]),
    ] {
        let computer = Computer::new(name).kkt("1-1", a, serials[0]).kkt("1-2", b, serials[1]);
        let told = computer.json();
        let config = told["config"].as_str().unwrap();
        for (mark, address) in ["", "#"].into_iter().zip(addresses) {
            let line = format!("\n{mark}address = \"serial:{address}\"\n");
            assert!(config.contains(&line), "{line} is not in\n{config}");
        }
        // A till has one KKT: the lines can be pasted as they are.
        let said = computer.check_config(config);
        assert!(said.contains("can be used"), "{said}");
    }
    let odd = Computer::new("single").kkt("1-1", a, "a\"b");
    let config = odd.json()["config"].as_str().unwrap().to_owned();
    assert!(config.contains("address = \"serial:usb:2912:0005?interface=0\"\n"), "{config}");
}

#[test]
fn a_scale_is_offered_by_the_vendor_of_its_chip() {
    let computer = Computer::new("scale").plug("1-3", ("1fc9", "0094"), "7").interface(
        "1-3",
        0,
        Some("ttyACM0"),
    );
    let told = computer.json();
    assert_eq!(told["ports"][0]["likely"], "pos2-scale");
    let config = told["config"].as_str().unwrap();
    assert!(config.contains(
        "[scale]\nprotocol = \"pos2\"\naddress = \"serial:usb:1fc9:0094?interface=0&serial=7\"\n"
    ));
    let said = computer.check_config(config);
    assert!(said.contains("can be used"), "{said}");
}

#[test]
fn nothing_there_says_what_to_do() {
    let computer = Computer::new("empty");
    assert!(computer.scan(&[]).starts_with("no serial port is found: is the device switched on"));
    assert_eq!(computer.json(), serde_json::json!({ "ports": [], "config": "" }));
}
