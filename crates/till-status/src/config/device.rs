//! `[kkt]`, `[scale]`: the devices, and what must not be asked of them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
pub use kkt_atol::Link as KktLink;
use kkt_atol::Reading;
use scale_proto::protocol::NAMES;
use scale_proto::protocol::massa_k_100::Check;
use scale_proto::protocol::pos2::{PASSWORD, Variant};
use scale_proto::{Options, Unit, model};
use status_core::{Hold, KktReceipt, StandingWeight, Unstable, WithoutReceiptState};
use till_port::{Address, AddressError, DataBits, LineSettings, Parity, SerialPlace};
use toml::de::DeValue;

use super::hold::{Arbiter, HOLD_AT_MOST, OPEN_EVERY, hold};
use super::pos::Pos;
use super::reader::{Read, Reader, Root};
use super::sp80x::{self, DRIVERS, Driver, Sp80x};
use super::value::{flag, id, integer, one_of, parsed, zone};

/// The USB vendor and product id of an ATOL KKT, which no scale has. Source:
/// docs/protocols/atol.md, section 1.
pub const KKT_USB: (u16, u16) = (0x2912, 0x0005);

/// `[kkt]`: the fiscal printer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kkt {
    /// Where it is.
    pub address: Address,
    /// What a Service Plus KKT or a Pirit needs (`driver = "sp80x"` or `"pirit"`); `None` for an ATOL
    /// KKT. Then link, access password and disputed numbers mean nothing.
    pub sp80x: Option<Sp80x>,
    /// The link layer, which is never guessed.
    pub link: KktLink,
    /// The access password, four digits. Default `0000`.
    pub access_password: u16,
    /// How the numbers are read of which the sources disagree. Default `majority`.
    pub disputed_numbers: Reading,
    /// May its port be opened? Default `never`.
    pub hold: Hold,
    /// Does this service own the device? Needed for `hold = "always"`. Default no.
    pub owns_device: bool,
    /// With `hold = "per-poll"`: how often it is opened. Default every 30 s, and a file cannot say less.
    pub open_every: Duration,
    /// With `hold = "per-poll"`: how long it is open each time. Default 300 ms, and a file cannot say
    /// more.
    pub hold_at_most: Duration,
    /// With `hold = "per-poll"`: how the till program and this service agree whose turn it is. A serial
    /// port needs one. Default none.
    pub arbiter: Option<Arbiter>,
    /// When the till program sends a receipt to it. Default `unknown`.
    pub receipt: KktReceipt,
    /// The id that `user_role_id` gives for each operator number. Default none.
    pub operators: BTreeMap<u8, String>,
    /// The zone of its clock. Default: that of the till.
    pub device_zone: Option<TimeZone>,
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
    /// What it carries when nothing is weighed. Default nothing, with a tolerance of 20 g.
    pub standing: StandingWeight,
    /// What its protocol cannot know by itself: `check` of `massa-k-100`; `unit` of `toledo-8217`
    /// and `sasi`; `decimals` (default `ask`), `password` and `variant` of `pos2`.
    pub options: Options,
}

impl Kkt {
    /// A KKT at `address` with the defaults: its port is never opened.
    #[must_use]
    pub fn new(address: Address, link: KktLink) -> Self {
        Self {
            address,
            sp80x: None,
            link,
            access_password: 0,
            disputed_numbers: Reading::Majority,
            hold: Hold::Never,
            owns_device: false,
            open_every: OPEN_EVERY,
            hold_at_most: HOLD_AT_MOST,
            arbiter: None,
            receipt: KktReceipt::Unknown,
            operators: BTreeMap::new(),
            device_zone: None,
        }
    }

    /// The name of its driver.
    #[must_use]
    pub fn driver(&self) -> &'static str {
        self.sp80x.as_ref().map_or("atol", Sp80x::driver)
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
            standing: StandingWeight::default(),
            options: Options::default(),
        }
    }
}

/// The names of the links, and what to write for those of the KKT's own settings.
fn link(value: &DeValue<'_>) -> Result<KktLink, String> {
    let names = one_of(&[("v2", KktLink::V2), ("v3", KktLink::V3)]);
    names(value).map_err(|fault| {
        format!("{fault}; \"v2\" is \"ATOL 2.4\" in the KKT's own settings, \"v3\" is \"ATOL 3.0\"")
    })
}

pub(super) fn kkt<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>, pos: &Pos) -> Option<Kkt> {
    let mut section = root.section("kkt", reader)?;
    let lines = (section.line_of("hold"), section.line_of("address"));
    let told = (section.line_of("receipt"), section.line_of("operators"));
    let link_line = section.line_of("link");
    let names: Vec<_> = DRIVERS.iter().map(|(name, _)| format!("{name:?}")).collect();
    let driver = section.require("driver", &names.join(" or "), reader, one_of(DRIVERS));
    let driver = driver.unwrap_or_default();
    let sp80x = sp80x::sp80x(driver, &mut section, reader);
    let why = "the link layer is never found out by sending: \"v2\" when the KKT's own settings say \
               \"ATOL 2.4\", \"v3\" when they say \"ATOL 3.0\", and always \"v3\" over TCP";
    let link = match driver {
        Driver::Atol => section.require("link", why, reader, link),
        // It has none; without a dialect it is no KKT.
        _ => sp80x.as_ref().map(|_| KktLink::V3),
    };
    let why = "where is the KKT? such as \"tcp:192.168.0.5:5555\"";
    let address = match &sp80x {
        None => section.require("address", why, reader, address),
        Some(sp80x) => section.require("address", why, reader, sp80x::address(sp80x.dialect)),
    };
    if let Some(address) = &address {
        unmistakable(address, lines.1, reader);
    }
    if let (Some(Address::Tcp { .. }), Some(KktLink::V2)) = (&address, link) {
        let text = "[kkt] link: got \"v2\" with a TCP address, expected \"v3\": over TCP a KKT speaks \
                    the link v3 only; \"v2\" is for its serial and USB ports";
        reader.fault(link_line, text.to_owned());
    }
    let mut kkt = Kkt::new(address.clone().unwrap_or_else(nowhere), link.unwrap_or(KktLink::V3));
    kkt.sp80x = sp80x;
    if let Some(password) = section.take("access_password", reader, password) {
        kkt.access_password = password;
    }
    let readings = Reading::ALL.map(|reading| (reading.name(), reading));
    if let Some(reading) = section.take("disputed_numbers", reader, one_of(&readings)) {
        kkt.disputed_numbers = reading;
    }
    hold(&mut kkt, &mut section, reader, pos);
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
    if let Some(zone) = section.take("device_zone", reader, zone) {
        kkt.device_zone = zone;
    }
    if let Some(operators) = section.table("operators", reader) {
        kkt.operators = operators.pairs(reader, operator).into_iter().collect();
    }
    section.end(reader);
    sp80x::check(&kkt, told, reader);
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
    if let Some(grams) = section.take("standing_weight", reader, integer(0..=1_000_000_i64)) {
        scale.standing.milligrams = grams * 1000;
    }
    if let Some(grams) = section.take("standing_tolerance", reader, integer(1..=100_000_i64)) {
        scale.standing.tolerance_milligrams = grams * 1000;
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

/// The OFD interface of a KKT must never be opened.
fn unmistakable(address: &Address, line: usize, reader: &mut Reader<'_>) {
    if let Err(AddressError { got, expected, .. }) = address.names_an_interface() {
        reader.fault(line, format!("[kkt] address: got {got}, expected {expected}"));
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
                    sent to a KKT; two equal USB adapters are told apart by &serial=… in both";
        reader.fault(line, text.to_owned());
    }
}

/// Whether two addresses name one device, or may, however the line is set.
///
/// What only the devices themselves show, such as a link and a USB id for one port, is found out
/// again at each opening.
fn same_place(one: &Address, other: &Address) -> bool {
    match (one, other) {
        (Address::Serial(one), Address::Serial(other)) => same_port(&one.place, &other.place),
        (
            Address::Tcp { host: one, port: one_port },
            Address::Tcp { host: other, port: other_port },
        ) => one_port == other_port && same_host(one, other),
        (one, other) => one == other,
    }
}

fn same_port(one: &SerialPlace, other: &SerialPlace) -> bool {
    match (one, other) {
        (SerialPlace::Path(one), SerialPlace::Path(other)) => {
            let real = |path: &std::path::PathBuf| path.canonicalize().ok();
            one == other || (real(one).is_some() && real(one) == real(other))
        }
        // What one of them leaves open, the other may mean.
        (
            SerialPlace::Usb { vendor, product, interface, serial },
            SerialPlace::Usb {
                vendor: other_vendor,
                product: other_product,
                interface: other_interface,
                serial: other_serial,
            },
        ) => {
            (vendor, product) == (other_vendor, other_product)
                && agree(interface.as_ref(), other_interface.as_ref())
                && agree(serial.as_ref(), other_serial.as_ref())
        }
        _ => false,
    }
}

fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    one.zip(other).is_none_or(|(one, other)| one == other)
}

fn same_host(one: &str, other: &str) -> bool {
    let address = |host: &str| host.parse::<std::net::IpAddr>().ok();
    one.eq_ignore_ascii_case(other) || (address(one).is_some() && address(one) == address(other))
}

/// Stands for an address that has a fault; a configuration with a fault is never used.
fn nowhere() -> Address {
    Address::Tape(std::path::PathBuf::new())
}
