//! `[kkt]`, `[scale]`, `[vision]`: the devices, and what must not be asked of them.

use std::collections::BTreeMap;
use std::time::Duration;

use scale_proto::protocol::NAMES;
use scale_proto::protocol::massa_k_100::Check;
use scale_proto::protocol::pos2::{PASSWORD, Variant};
use scale_proto::{Options, Unit, model};
use status_core::{Hold, KktReceipt, Unstable, WithoutReceiptState};
use till_port::{Address, DataBits, LineSettings, Parity, SerialPlace};
use toml::de::DeValue;
use vision_probe::{Kind, Target};

use super::reader::{Read, Reader, Root};
use super::value::{flag, id, integer, one_of, parsed, some_text, span};

/// The USB vendor and product id of an ATOL KKT, which no scale has.
pub(crate) const KKT_USB: (u16, u16) = (0x2912, 0x0005);

/// `[kkt]`: the fiscal printer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kkt {
    /// Where it is.
    pub address: Address,
    /// The link layer, which is never guessed. `driver = "atol"` is the only driver.
    pub link: KktLink,
    /// The access password, four digits. Default `0000`.
    pub access_password: u16,
    /// May its port be opened? Default `never`.
    pub hold: Hold,
    /// Does this service own the device? Needed for `hold = "always"`. Default no.
    pub owns_device: bool,
    /// When the till program sends a receipt to it. Default `unknown`.
    pub receipt: KktReceipt,
    /// The id that `user_role_id` gives for each operator number. Default none.
    pub operators: BTreeMap<u8, String>,
}

/// The link layer of an ATOL KKT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KktLink {
    /// Link protocol 3.
    V3,
}

/// `[scale]`: the scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Its protocol, one of [`scale_proto::protocol::NAMES`].
    pub protocol: String,
    /// Where it is.
    pub address: Address,
    /// What to do with a weight in motion. Default `serve`.
    pub unstable: Unstable,
    /// What to do while it is unknown whether a receipt is open. Default `refuse`.
    pub without_receipt_state: WithoutReceiptState,
    /// What its protocol cannot know by itself: `check` of `massa-k-100`; `unit` of `toledo-8217`
    /// and `sasi`; `decimals` (default `ask`), `password` and `variant` of `pos2`.
    pub options: Options,
}

/// `[vision]`: the link to SuperMag Vision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vision {
    /// What is tried, `tcp://host:port` or `http://host[:port]/path`, and of HTTP the status that
    /// counts as up (default 200) and a text that the body must hold (default none).
    pub target: Target,
    /// How often it is tried. Default 10 s.
    pub every: Duration,
    /// How long one try may take. Default 3 s.
    pub limit: Duration,
    /// So many failed tries of the last `window` mean down. Default 2.
    pub failures: u8,
    /// See `failures`. Default 3.
    pub window: u8,
}

impl Kkt {
    /// A KKT at `address` with the defaults: its port is never opened.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self {
            address,
            link: KktLink::V3,
            access_password: 0,
            hold: Hold::Never,
            owns_device: false,
            receipt: KktReceipt::Unknown,
            operators: BTreeMap::new(),
        }
    }

    /// The name of its driver.
    #[must_use]
    pub fn driver(&self) -> &'static str {
        "atol"
    }
}

impl Scale {
    /// A scale at `address` with the defaults.
    #[must_use]
    pub fn new(protocol: &str, address: Address) -> Self {
        Self {
            protocol: protocol.to_owned(),
            address,
            unstable: Unstable::Serve,
            without_receipt_state: WithoutReceiptState::Refuse,
            options: Options::default(),
        }
    }
}

impl Vision {
    /// A link to `target` with the defaults.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            every: Duration::from_secs(10),
            limit: Duration::from_secs(3),
            failures: 2,
            window: 3,
        }
    }
}

pub(super) fn kkt<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>) -> Option<Kkt> {
    let mut section = root.section("kkt", reader)?;
    let lines = (section.line_of("hold"), section.line_of("address"));
    section.require("driver", "\"atol\"", reader, one_of(&[("atol", ())]));
    let why = "the link layer is never found out by sending; \"v3\" is the one that is supported";
    let link = section.require("link", why, reader, one_of(&[("v3", KktLink::V3)]));
    let why = "where is the KKT? such as \"tcp:192.168.0.5:5555\"";
    let address = section.require("address", why, reader, address);
    if let Some(address) = &address {
        unmistakable(address, lines.1, reader);
    }
    let mut kkt = Kkt::new(address.clone().unwrap_or_else(nowhere));
    if let Some(password) = section.take("access_password", reader, password) {
        kkt.access_password = password;
    }
    let holds = [("never", Hold::Never), ("always", Hold::Always)];
    if let Some(hold) = section.take("hold", reader, one_of(&holds)) {
        kkt.hold = hold;
    }
    if let Some(owns) = section.take("owns_device", reader, flag) {
        kkt.owns_device = owns;
    }
    let receipts = [
        ("line-by-line", KktReceipt::LineByLine),
        ("at-payment", KktReceipt::AtPayment),
        ("unknown", KktReceipt::Unknown),
    ];
    if let Some(receipt) = section.take("receipt", reader, one_of(&receipts)) {
        kkt.receipt = receipt;
    }
    if let Some(operators) = section.table("operators", reader) {
        kkt.operators = operators.pairs(reader, operator).into_iter().collect();
    }
    section.end(reader);
    if kkt.hold == Hold::Always && !kkt.owns_device {
        reader.fault(
            lines.0,
            "[kkt] hold = \"always\" needs owns_device = true: a KKT serves one program, so while \
             this service holds its port the till program cannot print, and on a serial port both \
             steal each other's bytes. Say owns_device = true only if no other program uses this \
             KKT; otherwise leave hold = \"never\" and let the till program send events"
                .to_owned(),
        );
    }
    (address.is_some() && link.is_some()).then_some(kkt)
}

pub(super) fn scale<'t>(
    root: &mut Root<'t>,
    reader: &mut Reader<'t>,
    kkt: Option<&Kkt>,
) -> Option<Scale> {
    let mut section = root.section("scale", reader)?;
    let line = section.line_of("address");
    let option_lines = OPTIONS.map(|(key, _, _)| section.line_of(key));
    let protocols = NAMES.map(|name| (name, name));
    let why = "how does the scale speak? such as \"massa-k-100\"";
    let protocol = section.require("protocol", why, reader, one_of(&protocols));
    let why = "where is the scale? such as \"serial:/dev/serial/by-id/…\"";
    let usual = usual_line(protocol.unwrap_or_default());
    let address = section.require("address", why, reader, |value| scale_address(value, usual));
    if let Some(address) = &address {
        not_the_kkt(address, kkt, line, reader);
    }
    let mut scale =
        Scale::new(protocol.unwrap_or_default(), address.clone().unwrap_or_else(nowhere));
    let choices = [("serve", Unstable::Serve), ("refuse", Unstable::Refuse)];
    if let Some(unstable) = section.take("unstable", reader, one_of(&choices)) {
        scale.unstable = unstable;
    }
    let choices = [("refuse", WithoutReceiptState::Refuse), ("read", WithoutReceiptState::Read)];
    if let Some(without) = section.take("without_receipt_state", reader, one_of(&choices)) {
        scale.without_receipt_state = without;
    }
    let options = &mut scale.options;
    let choices = [("strict", Check::Strict), ("lenient", Check::Lenient)];
    if let Some(check) = section.take("check", reader, one_of(&choices)) {
        options.check = check;
    }
    let choices = [("kg", Unit::Kilogram), ("lb", Unit::Pound)];
    if let Some(unit) = section.take("unit", reader, one_of(&choices)) {
        options.unit = unit;
    }
    if let Some(decimals) = section.take("decimals", reader, decimals) {
        options.decimals = decimals;
    }
    if let Some(password) = section.take("password", reader, scale_password) {
        options.password = password;
    }
    let choices = [("shtrih-m", Variant::ShtrihM), ("mertech", Variant::Mertech)];
    if let Some(variant) = section.take("variant", reader, one_of(&choices)) {
        options.variant = variant;
    }
    for (line, (key, protocols, is_default)) in option_lines.into_iter().zip(OPTIONS) {
        let Some(protocol) = protocol else { continue };
        if !protocols.contains(&protocol) && !is_default(options) {
            let of = protocols.join(" and ");
            reader.fault(line, format!("[scale] {key}: it is for {of}, not for {protocol}"));
        }
    }
    section.end(reader);
    (address.is_some() && protocol.is_some()).then_some(scale)
}

pub(super) fn vision<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>) -> Option<Vision> {
    let mut section = root.section("vision", reader)?;
    let lines = (section.line_of("expect_status"), section.line_of("failures"));
    let why = "what is tried? \"tcp://host:port\" or \"http://host:port/path\"";
    let target = section.require("target", why, reader, target);
    let status = section.take("expect_status", reader, integer(100..=599));
    let text = section.take("expect_text", reader, some_text);
    let tcp = target.as_ref().is_some_and(|target| target.kind == Kind::Tcp);
    if tcp && (status.is_some() || text.is_some()) {
        let why = "[vision] expect_status and expect_text need a target of http://…";
        reader.fault(lines.0, why.to_owned());
    }
    let found = target.is_some();
    let target = target.unwrap_or_else(|| Target { host: String::new(), port: 0, kind: Kind::Tcp });
    let mut vision = Vision::new(target.expecting(status.unwrap_or(200), text));
    let range = Duration::from_secs(1)..=Duration::from_secs(3600);
    if let Some(every) = section.take("every", reader, span(range)) {
        vision.every = every;
    }
    let range = Duration::from_millis(100)..=Duration::from_secs(30);
    if let Some(limit) = section.take("limit", reader, span(range)) {
        vision.limit = limit;
    }
    if let Some(window) = section.take("window", reader, integer(1..=32)) {
        vision.window = window;
    }
    if let Some(failures) = section.take("failures", reader, integer(1..=32)) {
        vision.failures = failures;
    }
    if vision.failures > vision.window {
        let text = format!(
            "[vision] failures: got {}, expected at most the window of {}",
            vision.failures, vision.window
        );
        reader.fault(lines.1, text);
    }
    section.end(reader);
    found.then_some(vision)
}

fn address(value: &DeValue<'_>) -> Read<Address> {
    parsed("an address such as \"tcp:192.168.0.5:5555\" or \"serial:usb:2912:0005?interface=0\"")(
        value,
    )
}

/// An option, the protocols that it is for, and whether it has its default.
type ForProtocols = (&'static str, &'static [&'static str], fn(&Options) -> bool);

const OPTIONS: [ForProtocols; 5] = [
    ("check", &["massa-k-100"], |options| options.check == Check::Strict),
    ("unit", &["toledo-8217", "sasi"], |options| options.unit == Unit::Kilogram),
    ("decimals", &["pos2"], |options| options.decimals.is_none()),
    ("password", &["pos2"], |options| options.password == PASSWORD),
    ("variant", &["pos2"], |options| options.variant == Variant::ShtrihM),
];

/// How the serial line to a scale of that protocol usually is set.
fn usual_line(protocol: &str) -> LineSettings {
    let line = LineSettings::default();
    let Some(usual) = model::usual_serial(protocol) else { return line };
    LineSettings {
        baud: usual.baud,
        data_bits: if usual.seven_bits { DataBits::Seven } else { DataBits::Eight },
        parity: if usual.even_parity { Parity::Even } else { Parity::None },
        ..line
    }
}

fn scale_address(value: &DeValue<'_>, usual: LineSettings) -> Read<Address> {
    let expected = "an address such as \"tcp:192.168.0.7:5001\" or \"/dev/ttyS1?baud=57600\"";
    let text = value.as_str().ok_or_else(|| expected.to_owned())?;
    Address::parse_with(text, usual).map_err(|error| format!("{expected} ({error})"))
}

/// The scale is asked, or so many.
fn decimals(value: &DeValue<'_>) -> Read<Option<u8>> {
    match value.as_str() {
        Some("ask") => Ok(None),
        _ => integer(0..=6)(value).map(Some).map_err(|_| "\"ask\", or 0 to 6".to_owned()),
    }
}

fn scale_password(value: &DeValue<'_>) -> Read<[u8; 4]> {
    let digits = value.as_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let digits = digits.and_then(|text| <[u8; 4]>::try_from(text.as_bytes()).ok());
    digits.ok_or_else(|| "four digits in quotes".to_owned())
}

fn target(value: &DeValue<'_>) -> Read<Target> {
    parsed("\"tcp://host:port\" or \"http://host:port/path\"")(value)
}

fn password(value: &DeValue<'_>) -> Read<u16> {
    let digits = value.as_str().filter(|text| text.len() == 4);
    let digits = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|text| text.parse().ok()).ok_or_else(|| "four digits in quotes".to_owned())
}

fn operator(key: &str, value: &DeValue<'_>) -> Read<(u8, String)> {
    let expected = || "an operator number from 1 to 99 and an id, such as 30 = \"12\"".to_owned();
    let number = key.parse().ok().filter(|number| (1..=99).contains(number));
    Ok((number.ok_or_else(expected)?, id(value).map_err(|_| expected())?))
}

/// An ATOL KKT has two USB ports. The second one carries the documents to the OFD and must never be
/// opened, and which of them is `/dev/ttyACM0` is up to chance.
fn unmistakable(address: &Address, line: usize, reader: &mut Reader<'_>) {
    let Address::Serial(serial) = address else { return };
    let mistakable = match &serial.place {
        SerialPlace::Usb { interface, .. } => interface.is_none(),
        SerialPlace::Path(path) => {
            let acm = |path: &std::path::Path| path.to_string_lossy().starts_with("/dev/ttyACM");
            let named =
                path.to_string_lossy().contains("-if") || path.to_string_lossy().contains(":1.");
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            acm(path) || (acm(&real) && !named)
        }
    };
    if mistakable {
        let text = format!(
            "[kkt] address: got {}, expected the USB interface number, such as \
             serial:usb:2912:0005?interface=0 or /dev/serial/by-id/…-if00: a KKT has several USB \
             ports, and the one that carries documents to the OFD must never be opened",
            serial.place
        );
        reader.fault(line, text);
    }
}

fn not_the_kkt(address: &Address, kkt: Option<&Kkt>, line: usize, reader: &mut Reader<'_>) {
    if let Address::Serial(serial) = address
        && let SerialPlace::Usb { vendor, product, .. } = serial.place
        && (vendor, product) == KKT_USB
    {
        let text = "[scale] address: 2912:0005 is a KKT, and nothing of a scale is ever \
                            sent to a KKT";
        reader.fault(line, text.to_owned());
    }
    if kkt.is_some_and(|kkt| same_place(&kkt.address, address)) {
        let text = "[scale] address: this is the address of [kkt], and nothing of a scale is ever \
                    sent to a KKT";
        reader.fault(line, text.to_owned());
    }
}

/// Whether two addresses name one device, however the line is set.
fn same_place(one: &Address, other: &Address) -> bool {
    match (one, other) {
        (Address::Serial(one), Address::Serial(other)) => match (&one.place, &other.place) {
            (SerialPlace::Path(one), SerialPlace::Path(other)) => {
                let real = |path: &std::path::PathBuf| path.canonicalize().ok();
                one == other || (real(one).is_some() && real(one) == real(other))
            }
            (one, other) => one == other,
        },
        (
            Address::Tcp { host: one, port: one_port },
            Address::Tcp { host: other, port: other_port },
        ) => one.eq_ignore_ascii_case(other) && one_port == other_port,
        (one, other) => one == other,
    }
}

/// Stands for an address that has a fault; a configuration with a fault is never used.
fn nowhere() -> Address {
    Address::Tape(std::path::PathBuf::new())
}
