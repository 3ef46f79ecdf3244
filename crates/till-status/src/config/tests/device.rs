use scale_proto::protocol::pos2::Variant;
use scale_proto::{Options, Unit};
use status_core::Hold;
use till_port::{Address, LineSettings};

use super::*;

#[test]
fn a_kkt_is_never_opened_by_chance() {
    check(
        &format!("{KKT}address = \"tcp:kkt:5555\"\nhold = \"always\"\n"),
        &[(5, "needs owns_device = true: a KKT serves one program")],
    );
    check(
        &format!("{KKT}address = \"tcp:kkt:5555\"\nhold = \"sometimes\"\n"),
        &[(5, "hold: got \"sometimes\", expected \"never\", \"always\" or \"per-poll\"")],
    );
    check(
        "[kkt]\ndriver = \"atol\"\naddress = \"tcp:kkt:5555\"\n",
        &[(1, "[kkt] link is missing")],
    );
    check(
        "[kkt]\ndriver = \"atol\"\nlink = \"v1\"\naddress = \"tcp:kkt:5555\"\n",
        &[(3, "link: got \"v1\", expected \"v2\" or \"v3\"")],
    );
    check(
        "[kkt]\ndriver = \"atol\"\nlink = \"v2\"\naddress = \"tcp:kkt:5555\"\n",
        &[(
            3,
            "[kkt] link: got \"v2\" with a TCP address, expected \"v3\": over TCP a KKT speaks the",
        )],
    );
    for link in ["v2", "v3"] {
        let text =
            format!("[kkt]\ndriver = \"atol\"\nlink = \"{link}\"\naddress = \"/dev/ttyS0\"\n");
        let kkt = Config::parse(&text).unwrap().kkt.unwrap();
        assert_eq!(kkt.link.to_string(), link);
        let Address::Serial(serial) = kkt.address else { panic!("{:?}", kkt.address) };
        assert_eq!(serial.settings, LineSettings::default(), "115200 8N1");
    }
    check(
        "[kkt]\ndriver = \"shtrih\"\nlink = \"v2\"\naddress = \"kkt\"\n",
        &[
            (2, "driver: got \"shtrih\", expected \"atol\", \"sp80x\" or \"pirit\""),
            (4, "address: got \"kkt\", expected an address such as"),
        ],
    );
    for address in ["serial:usb:2912:0005", "/dev/ttyACM0", "serial:/dev/ttyACM1?baud=115200"] {
        let text = format!("{KKT}address = \"{address}\"\n");
        check(&text, &[(4, "the one that carries documents to the OFD must never be opened")]);
    }
    for address in
        ["serial:usb:2912:0005?interface=0", "/dev/serial/by-id/usb-ATOL-if00", "/dev/ttyS0"]
    {
        assert_eq!(
            parse(&format!("{KKT}address = \"{address}\"\n")).kkt.unwrap().hold,
            Hold::Never
        );
    }
    check(
        &format!("{KKT}address = \"tcp:kkt:5555\"\naccess_password = 0\n"),
        &[(5, "four digits")],
    );
    check(
        &format!("{KKT}address = \"tcp:kkt:5555\"\ndevice_zone = \"Moscow\"\n"),
        &[(5, "device_zone: got \"Moscow\", expected \"till\", an offset such as")],
    );
    check(
        &format!("{KKT}address = \"tcp:kkt:5555\"\n[kkt.operators]\nx = \"1\"\n"),
        &[(6, "[kkt.operators]: got x = \"1\", expected an operator number from 1 to 99")],
    );
}

/// A fault is told to the log and, after SIGHUP, to whoever asks for the document.
#[test]
fn a_fault_quotes_no_password() {
    for text in [
        &format!("{KKT}address = \"tcp:kkt:5555\"\naccess_password = 4711\n"),
        "[scale]\nprotocol = \"pos2\"\naddress = \"/dev/ttyS1\"\npassword = \"4711x\"\n",
    ] {
        let error = Config::parse(text).unwrap_err().to_string();
        assert!(error.contains("got what is not shown here") && !error.contains("4711"), "{error}");
    }
}

#[test]
fn nothing_of_a_scale_is_sent_to_a_kkt() {
    let scale = "[scale]\nprotocol = \"massa-k-100\"\n";
    check(
        &format!("{scale}address = \"serial:usb:2912:0005?interface=1\"\n"),
        &[(3, "2912:0005 is a KKT")],
    );
    for (kkt, address) in [
        ("tcp:kkt:5555", "tcp:KKT:5555"),
        ("/dev/ttyS0", "serial:/dev/ttyS0?baud=4800"),
        ("/dev/null", "/dev/../dev/null"),
        ("tcp:[::1]:5555", "tcp:[0:0::1]:5555"),
        ("serial:usb:0403:6001?interface=0", "serial:usb:0403:6001?baud=4800"),
        ("serial:usb:0403:6001?interface=0&serial=A", "serial:usb:0403:6001?interface=0"),
    ] {
        let text = format!("{KKT}address = \"{kkt}\"\n{scale}address = \"{address}\"\n");
        check(&text, &[(7, "this is the address of [kkt]")]);
    }
    for (kkt, address) in [
        ("tcp:kkt:5555", "tcp:kkt:5001"),
        ("serial:usb:0403:6001?interface=0&serial=A", "serial:usb:0403:6001?serial=B"),
        ("serial:usb:0403:6011?interface=0", "serial:usb:0403:6011?interface=1"),
    ] {
        let text = format!("{KKT}address = \"{kkt}\"\n{scale}address = \"{address}\"\n");
        assert!(parse(&text).scale.is_some(), "{text}");
    }
}

#[test]
fn a_scale_has_the_line_and_the_options_of_its_protocol() {
    let scale = |protocol: &str, rest: &str| {
        format!("[scale]\nprotocol = \"{protocol}\"\naddress = \"/dev/ttyS1\"\n{rest}")
    };
    for (protocol, line) in [
        ("massa-k-100", "?baud=57600"),
        ("massa-k-2", "?baud=4800&parity=even"),
        ("pos2", "?baud=9600"),
        ("cas-ecr", "?baud=9600"),
        ("cas-22", "?baud=9600"),
        ("toledo-8217", "?baud=9600&parity=even&bits=7"),
        ("sasi", "?baud=9600&parity=even&bits=7"),
        ("mt-sics", "?baud=9600"),
        ("toledo-continuous", "?baud=9600"),
    ] {
        let address = format!("/dev/ttyS1{line}").parse().unwrap();
        let found = parse(&scale(protocol, "")).scale.unwrap();
        assert_eq!(found, Scale::new(protocol, address), "{protocol}");
    }
    let text = scale("pos2", "decimals = 4\npassword = \"1234\"\nvariant = \"mertech\"\n");
    let options = parse(&text).scale.unwrap().options;
    let wanted = Options {
        decimals: Some(4),
        password: *b"1234",
        variant: Variant::Mertech,
        ..Options::default()
    };
    assert_eq!(options, wanted);
    let options = parse(&scale("sasi", "unit = \"lb\"\n")).scale.unwrap().options;
    assert_eq!(options.unit, Unit::Pound);
    check(
        &scale("cas-ecr", "unit = \"lb\"\ndecimals = 7\n"),
        &[(4, "unit: it is for toledo-8217 and sasi, not for cas-ecr"), (5, "\"ask\", or 0 to 6")],
    );
    check(&scale("pos2", "password = \"12\"\n"), &[(4, "four digits")]);
    check(&scale("w", ""), &[(2, "massa-k-2")]);
}
