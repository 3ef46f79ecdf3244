//! The scales that manuals and public programs name, and how each is spoken to.
//!
//! The names are those of the sources. How far a claim is to be trusted stands beside it.
//!
//! Source: docs/protocols/, the page of the protocol.

use std::fmt;
use std::time::Duration;

use crate::protocol::{
    cas_22, cas_ecr, massa_k_2, massa_k_100, mt_sics, pos2, toledo_8217, toledo_continuous,
};

/// One model, or a family with one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// The maker's name for it.
    pub name: &'static str,
    /// The name of its protocol.
    pub protocol: &'static str,
    /// What the claim rests on.
    pub evidence: Evidence,
}

/// What it rests on that a model speaks its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// A device of this model was recorded.
    Recorded,
    /// Its maker's document says so.
    Manual,
    /// Public programs say so.
    Programs,
}

/// A way to reach scales of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The name of the protocol.
    pub protocol: &'static str,
    /// How the line is set.
    pub settings: Settings,
    /// Where it is found.
    pub used_by: &'static str,
    /// How long to wait for an answer.
    pub answer: Duration,
}

/// How a line is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settings {
    /// A TCP port of the scale.
    Tcp(u16),
    /// A serial line, with 1 stop bit.
    Serial(Serial),
}

/// A serial line, with 1 stop bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serial {
    /// Bits a second.
    pub baud: u32,
    /// Seven data bits, else eight.
    pub seven_bits: bool,
    /// Even parity, else none.
    pub even_parity: bool,
}

impl fmt::Display for Settings {
    /// `tcp port 5001`, `serial 4800 8E1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(port) => write!(f, "tcp port {port}"),
            Self::Serial(serial) => write!(f, "serial {serial}"),
        }
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = if self.seven_bits { 7 } else { 8 };
        let parity = if self.even_parity { 'E' } else { 'N' };
        write!(f, "{} {bits}{parity}1", self.baud)
    }
}

/// How a serial line to a scale of that protocol is set, unless somebody knows better: the first
/// one in [`LINES`]. `None` for an unknown protocol.
#[must_use]
pub fn usual_serial(protocol: &str) -> Option<Serial> {
    LINES.iter().filter(|line| line.protocol == protocol).find_map(|line| match line.settings {
        Settings::Serial(serial) => Some(serial),
        Settings::Tcp(_) => None,
    })
}

/// All models.
pub const MODELS: &[Model] = &[
    programs("MK_A21(RI)", massa_k_100::NAME),
    programs("MK_A21(UI)", massa_k_100::NAME),
    programs("MK_A21(RU)-2", massa_k_100::NAME),
    programs("MK_A21(UE)", massa_k_100::NAME),
    programs("MK_A21(RUW)", massa_k_100::NAME),
    programs("MK_AB11", massa_k_100::NAME),
    programs("TB-S_A1", massa_k_100::NAME),
    programs("TB-S_A2", massa_k_100::NAME),
    programs("TB-S_A(RUEW)1, TB-S_A(RUEW)2", massa_k_100::NAME),
    programs("MK_TB21(RU)", massa_k_100::NAME),
    programs("MK_TH21(RU)", massa_k_100::NAME),
    programs("TB-5040N_AB(RUEW)1, TB-5040N_AB(RUEW)3n", massa_k_100::NAME),
    programs("TB-S_AB(RUEW)1, TB-S_AB(RUEW)2", massa_k_100::NAME),
    recorded("TV-M-300.2-A(RUEW)3", massa_k_100::NAME),
    programs("MASSA-K MK and TB, older ones", massa_k_2::NAME),
    programs("Shtrih-M Slim", pos2::NAME),
    recorded("Shtrih-M M5", pos2::NAME),
    programs("Shtrih-M WM-100", pos2::NAME),
    manual("MERTECH M-ER 221, 222, 224, 326, 328, 333, 828 (POS2-M)", pos2::NAME),
    manual("MERTECH M-ER 328 (CAS-M)", cas_ecr::NAME),
    manual("CAS AP-1, SW-II", cas_ecr::NAME),
    programs("CAS AD, ER, PD-II", cas_ecr::NAME),
    manual("Pinnacle OS2, ACLAS OS2", cas_ecr::NAME),
    manual("Elicom S200", cas_ecr::NAME),
    manual("CAS CI-600D, CI-150A, CI-400, PDI, NT-200, Caston-III", cas_22::NAME),
    manual("Magellan 8500 with DIVA", toledo_8217::NAME),
    manual("Rice Lake BenchPro", toledo_8217::NAME),
    manual("Ohaus Courier 7000", toledo_8217::NAME),
    manual("Datalogic scanner-scales with two cables", toledo_8217::SASI_NAME),
    manual("Mettler-Toledo AL, AT", mt_sics::NAME),
    manual("Elicom S200 (MT-SICS)", mt_sics::NAME),
    manual("Mettler-Toledo Wildcat, ICS425, IND445", toledo_continuous::NAME),
    manual("KERN FTC", toledo_continuous::NAME),
    manual("Cardinal 225, Fairbanks FB3000", toledo_continuous::NAME),
];

/// All ways to reach them; of each protocol the usual one first.
pub const LINES: &[Line] = &[
    tcp(massa_k_100::NAME, 5001, "the scale is the server"),
    serial(massa_k_100::NAME, 57_600, *b"8N", "RS-232 mode \"1C\", USB virtual COM port"),
    serial(massa_k_100::NAME, 4800, *b"8E", "scale menu \"rS-232\", 100"),
    serial(massa_k_2::NAME, 4800, *b"8E", "RS-232"),
    serial(pos2::NAME, 9600, *b"8N", "RS-232, USB virtual COM port"),
    serial(cas_ecr::NAME, 9600, *b"8N", "RS-232"),
    serial(cas_22::NAME, 9600, *b"8N", "RS-232; never 7 bits"),
    serial(toledo_8217::NAME, 9600, *b"7E", "RS-232"),
    serial(toledo_8217::SASI_NAME, 9600, *b"7E", "RS-232, the scale's own cable"),
    serial(mt_sics::NAME, 9600, *b"8N", "RS-232"),
    serial(toledo_continuous::NAME, 9600, *b"8N", "RS-232; reads a line of 7E1, too"),
];

const fn recorded(name: &'static str, protocol: &'static str) -> Model {
    Model { name, protocol, evidence: Evidence::Recorded }
}

const fn manual(name: &'static str, protocol: &'static str) -> Model {
    Model { name, protocol, evidence: Evidence::Manual }
}

const fn programs(name: &'static str, protocol: &'static str) -> Model {
    Model { name, protocol, evidence: Evidence::Programs }
}

const ANSWER: Duration = Duration::from_millis(1500);

const fn tcp(protocol: &'static str, port: u16, used_by: &'static str) -> Line {
    Line { protocol, settings: Settings::Tcp(port), used_by, answer: ANSWER }
}

const fn serial(protocol: &'static str, baud: u32, bits: [u8; 2], used_by: &'static str) -> Line {
    let [data, parity] = bits;
    let serial = Serial { baud, seven_bits: data == b'7', even_parity: parity == b'E' };
    Line { protocol, settings: Settings::Serial(serial), used_by, answer: ANSWER }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::NAMES;

    #[test]
    fn every_protocol_has_a_model_and_a_usual_serial_line() {
        for name in NAMES {
            assert!(MODELS.iter().any(|model| model.protocol == name), "{name}");
            assert!(usual_serial(name).is_some(), "{name}");
        }
        let protocols = MODELS.iter().map(|m| m.protocol).chain(LINES.iter().map(|l| l.protocol));
        for protocol in protocols {
            assert!(NAMES.contains(&protocol), "{protocol}");
        }
    }

    #[test]
    fn lines_are_written_as_in_the_manuals() {
        let line = |name| usual_serial(name).map(|line| line.to_string());
        assert_eq!(line("massa-k-100").as_deref(), Some("57600 8N1"));
        assert_eq!(line("massa-k-2").as_deref(), Some("4800 8E1"));
        assert_eq!(line("sasi").as_deref(), Some("9600 7E1"));
        assert_eq!(line("none"), None);
        assert_eq!(LINES[0].settings.to_string(), "tcp port 5001");
    }
}
