//! `[kkt]` of a Service Plus KKT and of its relatives: dialect, model and profile.

mod profile;

use std::path::PathBuf;

use kkt_sp80x::{DialectName, Profile};
use status_core::KktReceipt;
use till_port::{Address, LineSettings};
use toml::de::DeValue;

use super::device::Kkt;
use super::reader::{Read, Reader, Section};
use super::value::{absolute_path, one_of};

/// What a Service Plus KKT or a Pirit needs besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sp80x {
    /// The dialect, which is never found out by sending.
    pub dialect: DialectName,
    /// The model; `None` with `driver = "pirit"`.
    pub model: Option<&'static str>,
    /// Where each value stands: what is built in, and before it the user's own entries.
    pub profile: Profile,
    /// The file of the user's own entries. Default none.
    pub profile_file: Option<PathBuf>,
    /// The text of that file, which counts in the hash of the configuration.
    pub(super) profile_text: String,
}

/// The driver that `driver` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Driver {
    #[default]
    Atol,
    Sp80x,
    #[cfg(feature = "pirit")]
    Pirit,
}

/// Every driver by its name.
pub(super) const DRIVERS: &[(&str, Driver)] = &[
    ("atol", Driver::Atol),
    ("sp80x", Driver::Sp80x),
    #[cfg(feature = "pirit")]
    ("pirit", Driver::Pirit),
];

/// The models that are told apart in a configuration. Which dialect an SP802 speaks, no source says.
const MODELS: &[(&str, &str)] = &[
    ("SP101", "SP101"),
    ("SP402", "SP402"),
    ("SP412", "SP412"),
    ("SP601", "SP601"),
    ("SP614", "SP614"),
    ("SP801", "SP801"),
    ("SP802", "SP802"),
];

const OF_ATOL: [&str; 3] = ["link", "access_password", "disputed_numbers"];
const OF_SP80X: [&str; 3] = ["dialect", "model", "profile"];

impl Sp80x {
    /// A KKT of which only the dialect is known, with what is built in for it.
    #[must_use]
    pub fn new(dialect: DialectName) -> Self {
        let profile = Profile::builtin(dialect);
        Self { dialect, model: None, profile, profile_file: None, profile_text: String::new() }
    }

    /// The name of the driver.
    #[must_use]
    pub fn driver(&self) -> &'static str {
        if is_pirit(self.dialect) { "pirit" } else { "sp80x" }
    }

    /// The address that a text is. The line has the usual settings of the dialect where the text says
    /// none; in `pone` there are no usual ones.
    ///
    /// # Errors
    /// What was expected, and why the text is none.
    pub fn address(dialect: DialectName, text: &str) -> Result<Address, String> {
        let (baud, expected) = match dialect {
            // The default of the vendor's document.
            _ if is_pirit(dialect) => (57_600, "an address such as \"tcp:127.0.0.1:50003\""),
            DialectName::Arm => (115_200, "an address such as \"tcp:192.168.250.2:6667\""),
            _ => (0, "an address such as \"serial:/dev/ttyS0?baud=19200\""),
        };
        let serial = !text.starts_with("tcp:") && !text.starts_with("tape:");
        if baud == 0 && serial && !text.contains("baud=") {
            return Err(format!(
                "{expected}: which speed such a KKT has by default is not known, so look into its \
                 settings and say it"
            ));
        }
        let line = LineSettings { baud, ..LineSettings::default() };
        let line = if baud == 0 { LineSettings::default() } else { line };
        Address::parse_with(text, line).map_err(|error| format!("{expected} ({error})"))
    }
}

/// The keys of these drivers; `None` for another driver, or when there is no dialect.
pub(super) fn sp80x<'t>(
    driver: Driver,
    section: &mut Section<'t>,
    reader: &mut Reader<'t>,
) -> Option<Sp80x> {
    match driver {
        Driver::Atol => {
            for key in OF_SP80X {
                refuse(key, "driver = \"sp80x\"", section, reader);
            }
            return None;
        }
        Driver::Sp80x => {}
        #[cfg(feature = "pirit")]
        Driver::Pirit => {}
    }
    for key in OF_ATOL {
        refuse(key, "driver = \"atol\"", section, reader);
    }
    let mut kkt = match driver {
        #[cfg(feature = "pirit")]
        Driver::Pirit => {
            let other = "driver = \"sp80x\": a Service Plus KKT never speaks pirit";
            for key in ["dialect", "model"] {
                refuse(key, other, section, reader);
            }
            Some(Sp80x::new(DialectName::Pirit))
        }
        _ => {
            let why = "such as \"SP802\", from the plate of the KKT";
            let model = section.require("model", why, reader, one_of(MODELS));
            let why = "the dialect is in the KKT's papers and settings and is never found out by \
                       sending, because a question in one dialect is an order in another: \"arm\" \
                       when it takes XML (the KKT of UKM tills, TCP port 6667), \"pone\" when it \
                       takes frames with the password PONE";
            let kkt = section.require("dialect", why, reader, dialect).map(Sp80x::new);
            kkt.map(|kkt| Sp80x { model, ..kkt })
        }
    };
    let line = section.line_of("profile");
    let file = section.take("profile", reader, absolute_path);
    if let (Some(kkt), Some(file)) = (&mut kkt, file) {
        match profile::load(&file, kkt.dialect) {
            Ok((profile, text)) => (kkt.profile, kkt.profile_text) = (profile, text),
            Err(faults) => {
                for fault in faults {
                    reader.fault(line, format!("[kkt] profile: {fault}"));
                }
            }
        }
        kkt.profile_file = Some(file);
    }
    kkt
}

/// The address of a KKT in a dialect.
pub(super) fn address(dialect: DialectName) -> impl Fn(&DeValue<'_>) -> Read<Address> {
    // What is no text is no address either.
    move |value| Sp80x::address(dialect, value.as_str().unwrap_or_default())
}

/// What a KKT of these cannot tell, whatever the settings say.
pub(super) fn check(kkt: &Kkt, lines: (usize, usize), reader: &mut Reader<'_>) {
    let Some(sp80x) = &kkt.sp80x else { return };
    let dialect = sp80x.dialect;
    if dialect == DialectName::Arm && kkt.receipt == KktReceipt::LineByLine {
        let text = "[kkt] receipt: got \"line-by-line\", expected \"at-payment\": in the dialect arm the \
                    till program sends a receipt whole, so the KKT never knows that one is open";
        reader.fault(lines.0, text.to_owned());
    }
    if !kkt.operators.is_empty() {
        let text = format!(
            "[kkt.operators]: the dialect {dialect} is not known to tell the operator, so there is \
             nothing to map; let the till program tell the user by its events"
        );
        reader.fault(lines.1, text);
    }
}

fn refuse<'t>(key: &'static str, other: &str, section: &mut Section<'t>, reader: &mut Reader<'t>) {
    let line = section.line_of(key);
    if section.take(key, reader, |_| Ok(())).is_some() {
        reader.fault(line, format!("[kkt] {key} is only for {other}"));
    }
}

fn dialect(value: &DeValue<'_>) -> Read<DialectName> {
    let expected = "\"arm\" or \"pone\"";
    let name = value.as_str().ok_or_else(|| expected.to_owned())?;
    match name.parse() {
        Ok(dialect) if !is_pirit(dialect) => Ok(dialect),
        _ if name == "pirit" => {
            Err(format!("{expected}: no SP model speaks pirit; a Pirit has driver = \"pirit\""))
        }
        _ => Err(expected.to_owned()),
    }
}

fn is_pirit(dialect: DialectName) -> bool {
    !matches!(dialect, DialectName::Pone | DialectName::Arm)
}

#[cfg(test)]
mod tests;
