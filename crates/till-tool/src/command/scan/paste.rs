//! Lines for the configuration, ready to paste. What is not certain is a comment.

use std::fmt::Write;

use till_port::{Identity, KnownPort, SerialPlace};

use super::likely::Likely;

/// Sections for what is likely there; a second device of a kind is a comment, because a till has one.
pub(super) fn lines(ports: &[KnownPort]) -> String {
    let mut text = String::new();
    let kkts = addresses(ports, |likely| likely == Some(Likely::AtolCommands));
    for (number, (_, address)) in kkts.iter().enumerate() {
        text += &block(number, &format!("{KKT}address = \"{address}\"\n{KKT_HOLD}"));
    }
    let scales = addresses(ports, |likely| likely == Some(Likely::Pos2Scale));
    for (number, (port, address)) in scales.iter().enumerate() {
        let _ = writeln!(text, "# {}: {}.", port.node.display(), Likely::Pos2Scale.note());
        text +=
            &block(number, &format!("[scale]\nprotocol = \"pos2\"\naddress = \"{address}\"\n\n"));
    }
    let others = addresses(ports, |likely| likely.is_none());
    if !others.is_empty() {
        text += OTHERS;
        for (port, address) in others {
            let _ = writeln!(text, "#address = \"{address}\"    # {}", port.node.display());
        }
    }
    text
}

/// How the configuration names a port: by its USB device, with the serial number where it has one;
/// where that is not certain by a link, of which by-path tells two equal devices apart. `None` for a
/// USB port that has no name but its node's, which is another one's tomorrow.
pub(super) fn address(port: &KnownPort, all: &[KnownPort]) -> Option<String> {
    let Some(Identity { vendor, product, interface, serial }) = identity(port) else {
        return Some(format!("serial:{}", port.links.first().unwrap_or(&port.node).to_str()?));
    };
    let usb = |serial: Option<String>| {
        let (vendor, product, interface) = (*vendor, *product, Some(*interface));
        Some(format!("serial:{}", SerialPlace::Usb { vendor, product, interface, serial }))
    };
    let equal: Vec<_> = all
        .iter()
        .filter_map(identity)
        .filter(|other| (other.vendor, other.product) == (*vendor, *product))
        .filter(|other| other.interface == *interface)
        .collect();
    let same_serial = equal.iter().filter(|other| other.serial == *serial).count();
    match serial.as_ref().filter(|text| is_plain(text)) {
        Some(plain) if same_serial == 1 => usb(Some(plain.clone())),
        _ if equal.len() == 1 => usb(None),
        _ => {
            let by_path = port.links.iter().find(|link| link.to_string_lossy().contains("by-path"));
            Some(format!("serial:{}", by_path.or(port.links.first())?.to_str()?))
        }
    }
}

fn identity(port: &KnownPort) -> Option<&Identity> {
    port.usb.as_ref().map(|usb| &usb.identity)
}

/// Whether a serial number stays what it is in an address and in the configuration.
fn is_plain(serial: &str) -> bool {
    serial.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

fn addresses(
    ports: &[KnownPort],
    wanted: impl Fn(Option<Likely>) -> bool,
) -> Vec<(&KnownPort, String)> {
    let wanted = ports.iter().filter(|port| wanted(Likely::of(port)));
    wanted
        .filter_map(|port| Some((port, address(port, ports)?)))
        .filter(|(_, a)| quotable(a))
        .collect()
}

/// A path may hold what ends a text in the configuration.
fn quotable(address: &str) -> bool {
    !address.contains(['"', '\\']) && !address.contains(char::is_control)
}

fn block(number: usize, lines: &str) -> String {
    if number == 0 {
        return lines.to_owned();
    }
    let comment = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("#{line}\n") };
    format!("# Or the other one:\n{}", lines.lines().map(comment).collect::<String>())
}

const KKT: &str = "\
[kkt]
driver = \"atol\"
# The link is a setting of the KKT; \"v3\" is that of the factory.
link = \"v3\"
";

const KKT_HOLD: &str = "\
# Its port stays closed, and only events of the till program tell about it. If no other program uses
# this KKT, and if this is the port that takes commands: hold = \"always\" and owns_device = true.
hold = \"never\"

";

const OTHERS: &str = "\
# These ports do not say what is behind them. For a scale put one of the addresses below [scale], with
# its protocol; the line may have other settings, such as ?baud=4800&parity=even.
#[scale]
#protocol = \"massa-k-100\"
";
