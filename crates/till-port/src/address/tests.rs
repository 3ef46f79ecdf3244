use super::*;

/// The text is read, and printing it and reading that again gives the same address.
#[track_caller]
fn check(text: &str, printed: &str) {
    let address: Address = text.parse().unwrap();
    assert_eq!(address.to_string(), printed);
    assert_eq!(printed.parse::<Address>().unwrap(), address);
}

#[track_caller]
fn refused(text: &str, message: &str) {
    assert_eq!(text.parse::<Address>().unwrap_err().to_string(), message);
}

#[test]
fn serial_path_with_every_setting() {
    let text = "serial:/dev/ttyACM0?baud=9600&parity=even&bits=7&stop=2&dtr=on";
    check(text, text);
    let Address::Serial(serial) = text.parse().unwrap() else { panic!("not serial") };
    assert_eq!(serial.settings.parity, Parity::Even);
    assert_eq!(serial.settings.data_bits, DataBits::Seven);
    assert_eq!(serial.settings.stop_bits, StopBits::Two);
    assert!(serial.settings.dtr);
}

#[test]
fn serial_path_with_the_defaults() {
    check("serial:/dev/ttyACM0", "serial:/dev/ttyACM0?baud=115200");
    check(
        "serial:/dev/ttyACM0?baud=115200&parity=none&bits=8&stop=1&dtr=off",
        "serial:/dev/ttyACM0?baud=115200",
    );
}

#[test]
fn bare_path_below_dev() {
    check("/dev/serial/by-id/usb-A-if00", "serial:/dev/serial/by-id/usb-A-if00?baud=115200");
    check("/dev/ttyS0?baud=57600", "serial:/dev/ttyS0?baud=57600");
}

#[test]
fn windows_port() {
    check("serial:COM3", "serial:COM3?baud=115200");
}

#[test]
fn usb_device() {
    check("serial:usb:2912:0005", "serial:usb:2912:0005?baud=115200");
    check("serial:usb:2912:0005?interface=2", "serial:usb:2912:0005?interface=2&baud=115200");
    check("serial:usb:0ABC:00ff?serial=7", "serial:usb:0abc:00ff?serial=7&baud=115200");
    check(
        "serial:usb:2912:0005?dtr=on&serial=7&interface=0",
        "serial:usb:2912:0005?interface=0&serial=7&baud=115200&dtr=on",
    );
}

#[test]
fn tcp_hosts() {
    check("tcp:192.168.0.5:5555", "tcp:192.168.0.5:5555");
    check("tcp:kkt.shop:1", "tcp:kkt.shop:1");
    check("tcp:[fe80::1]:5555", "tcp:[fe80::1]:5555");
}

#[test]
fn tape_path() {
    check("tape:fixtures/a b.tape", "tape:fixtures/a b.tape");
}

#[test]
fn a_protocol_may_have_another_default_line() {
    let defaults = LineSettings { baud: 4800, parity: Parity::Even, ..LineSettings::default() };
    let address = Address::parse_with("/dev/ttyS0?baud=9600", defaults).unwrap();
    assert_eq!(address.to_string(), "serial:/dev/ttyS0?baud=9600&parity=even");
}

#[test]
fn errors_name_the_part_and_what_is_possible() {
    refused(
        "udp:1.2.3.4:5",
        "kind of the address: got \"udp:1.2.3.4:5\", expected serial:…, tcp:host:port, tape:path \
         or /dev/…",
    );
    refused(
        "serial:",
        "port of the address: got \"\", expected a device such as /dev/ttyACM0, or usb:VID:PID",
    );
    refused("/dev/ttyS0?baud=fast", "baud of the address: got \"fast\", expected 50 to 4000000");
    refused("/dev/ttyS0?baud=0", "baud of the address: got \"0\", expected 50 to 4000000");
    refused(
        "/dev/ttyS0?parity=mark",
        "parity of the address: got \"mark\", expected none, even or odd",
    );
    refused("/dev/ttyS0?bits=9", "bits of the address: got \"9\", expected 7 or 8");
    refused("/dev/ttyS0?stop=3", "stop of the address: got \"3\", expected 1 or 2");
    refused("/dev/ttyS0?dtr", "dtr of the address: got \"\", expected on or off");
    refused(
        "/dev/ttyS0?speed=9600",
        "parameter of the address: got \"speed\", expected baud, parity, bits, stop or dtr",
    );
    refused(
        "/dev/ttyS0?interface=0",
        "parameter of the address: got \"interface\", expected it only with usb:VID:PID, not with \
         a path",
    );
    refused(
        "serial:usb:10514:5",
        "usb of the address: got \"10514:5\", expected VID:PID, four hexadecimal digits each, such \
         as usb:2912:0005",
    );
    refused(
        "serial:usb:2912:0005?interface=256",
        "interface of the address: got \"256\", expected 0 to 255",
    );
    refused(
        "serial:usb:2912:0005?serial=",
        "serial of the address: got \"\", expected the serial number of the USB device",
    );
    refused(
        "tcp:host",
        "port of the address: got \"host\", expected host:port, such as 192.168.0.5:5555",
    );
    refused("tcp:host:0", "port of the address: got \"0\", expected 1 to 65535");
    refused("tcp::5", "host of the address: got \"\", expected a name or an IP address");
    refused(
        "tcp:::1:5",
        "host of the address: got \"::1\", expected an IPv6 address in brackets, such as [::1]:5555",
    );
    refused(
        "tcp:[::1",
        "host of the address: got \"[::1\", expected an IPv6 address in brackets, then :port",
    );
    refused("tape:", "path of the address: got \"\", expected a tape file");
}

#[test]
fn the_line_as_a_tape_names_it() {
    for (address, line) in [
        ("tcp:192.168.0.5:5555", "tcp"),
        ("/dev/ttyS0", "serial 115200 8N1"),
        ("/dev/ttyS0?baud=57600&parity=even&bits=7&stop=2", "serial 57600 7E2"),
    ] {
        assert_eq!(address.parse::<Address>().unwrap().line(), line);
    }
}

#[test]
fn a_port_by_chance_is_not_an_interface() {
    for (address, sure) in [
        ("serial:usb:2912:0005", false),
        ("serial:usb:2912:0005?interface=0", true),
        ("/dev/ttyACM0", false),
        ("/dev/serial/by-id/usb-ATOL-if00", true),
        ("/dev/ttyS0", true),
        ("tcp:192.168.0.5:5555", true),
    ] {
        let named = address.parse::<Address>().unwrap().names_an_interface();
        assert_eq!(named.is_ok(), sure, "{address}");
        if let Err(error) = named {
            assert!(error.to_string().contains("interface number"), "{error}");
        }
    }
}
