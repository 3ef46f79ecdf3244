//! The scales that public programs name, and how each is spoken to.
//!
//! The names are those of the sources. That a model speaks a protocol is known from one program,
//! unless it says "recorded".
//!
//! Source: docs/protocols/massa-k-100.md, introduction and section 1.

use std::time::Duration;

use crate::protocol::massa_k_100;

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
    /// One public program says so.
    OneProgram,
}

/// A way to reach scales of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The name of the protocol.
    pub protocol: &'static str,
    /// The line settings, or the TCP port.
    pub settings: &'static str,
    /// Where they are found.
    pub used_by: &'static str,
    /// How long to wait for an answer.
    pub answer: Duration,
}

/// All models.
pub const MODELS: [Model; 14] = [
    one_program("MK_A21(RI)"),
    one_program("MK_A21(UI)"),
    one_program("MK_A21(RU)-2"),
    one_program("MK_A21(UE)"),
    one_program("MK_A21(RUW)"),
    one_program("MK_AB11"),
    one_program("TB-S_A1"),
    one_program("TB-S_A2"),
    one_program("TB-S_A(RUEW)1, TB-S_A(RUEW)2"),
    one_program("MK_TB21(RU)"),
    one_program("MK_TH21(RU)"),
    one_program("TB-5040N_AB(RUEW)1, TB-5040N_AB(RUEW)3n"),
    one_program("TB-S_AB(RUEW)1, TB-S_AB(RUEW)2"),
    Model {
        name: "TV-M-300.2-A(RUEW)3",
        protocol: massa_k_100::NAME,
        evidence: Evidence::Recorded,
    },
];

/// All ways to reach them.
pub const LINES: [Line; 3] = [
    line("tcp port 5001", "the scale is the server"),
    line("serial 4800 8E1", "scale menu \"rS-232\", 100"),
    line("serial 57600 8N1", "RS-232 mode \"1C\", USB virtual COM port"),
];

const fn one_program(name: &'static str) -> Model {
    Model { name, protocol: massa_k_100::NAME, evidence: Evidence::OneProgram }
}

const fn line(settings: &'static str, used_by: &'static str) -> Line {
    let answer = Duration::from_millis(1500);
    Line { protocol: massa_k_100::NAME, settings, used_by, answer }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_and_line_has_a_protocol_of_ours() {
        let protocols = MODELS.iter().map(|m| m.protocol).chain(LINES.iter().map(|l| l.protocol));
        for protocol in protocols {
            assert!(crate::protocol::by_name(protocol).is_some(), "{protocol}");
        }
    }
}
