//! A5h: what the device is.

use std::fmt;

use super::{Code, Command};
use crate::error::{DecodeError, fault, take};
use crate::model::Model;
use crate::text;
use crate::value::bcd_byte;

/// Asks what the device is: model, firmware, name.
///
/// ```text
/// > A5
/// < ee pv ty id mm mm vv ss ll bb bb n ..   no 55 in front
///   0  1  2  3  4     6  7  8  9     11
/// ```
/// ee error, pv protocol version, ty type, id model, mm mode and submode (coding not described),
/// vv version, ss subversion, ll language, bb build (these four BCD), n name in ATOL's cp866.
///
/// Units: none.
///
/// # Errors
/// [`DecodeError::Refused`] when the error byte is not 0.
///
/// Source: docs/protocols/atol.md section 9, "A5h"; five sources, protocol version and mode one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadDeviceType;

/// What the device is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DeviceType {
    /// 1 is "3.x", anything else 2.x. One source only: vending.
    pub protocol_version: u8,
    /// The kind of device.
    pub kind: DeviceKind,
    /// The model.
    pub model: Model,
    /// Mode and submode, as they came: their coding is not described. One source only: atol4j.
    pub mode: [u8; 2],
    /// The firmware; `None` if it is no BCD.
    pub firmware: Option<Firmware>,
    /// The device's name.
    pub name: String,
}

/// The kind of a device. Two sources: c-tool, vending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DeviceKind(pub u8);

impl DeviceKind {
    /// A fiscal printer.
    pub const KKT: Self = Self(1);
    /// Scales.
    pub const SCALES: Self = Self(2);

    /// The documented name; `None` for an unknown kind.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "undefined",
            1 => "KKT",
            2 => "scales",
            3 => "Memo Plus",
            4 => "label printer",
            5 => "data terminal",
            6 => "customer display",
            7 => "scanner, PIN pad or keyboard",
            _ => return None,
        })
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "device type {}", self.0),
        }
    }
}

/// The firmware of a device: `3.0.7534`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Firmware {
    /// Version.
    pub version: u8,
    /// Subversion.
    pub subversion: u8,
    /// Language; 0 is Russian.
    pub language: u8,
    /// Build, four digits.
    pub build: u16,
}

impl fmt::Display for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{:04}", self.version, self.subversion, self.build)
    }
}

impl Command for ReadDeviceType {
    const CODE: Code = Code::DEVICE_TYPE;
    type Answer = DeviceType;

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(Self::CODE.0);
    }

    fn decode(&self, answer: &[u8]) -> Result<DeviceType, DecodeError> {
        let mut bytes = answer;
        let [error] = take(&mut bytes, "error code")?;
        if error != 0 {
            return Err(DecodeError::Refused(refusal(error, bytes)));
        }
        let [protocol_version] = take(&mut bytes, "protocol version")?;
        let [kind] = take(&mut bytes, "device type")?;
        let [model] = take(&mut bytes, "model")?;
        let mode = take(&mut bytes, "mode")?;
        let firmware = take(&mut bytes, "firmware")?;
        Ok(DeviceType {
            protocol_version,
            kind: DeviceKind(kind),
            model: Model(model),
            mode,
            firmware: firmware_of(firmware),
            name: text::decode(bytes)
                .trim_end_matches([' ', char::REPLACEMENT_CHARACTER])
                .to_owned(),
        })
    }
}

/// An error answer may have the usual form with 55 in front: no error has the code 55.
fn refusal(first: u8, rest: &[u8]) -> crate::Fault {
    match (first, rest.split_first()) {
        (0x55, Some((&code, rest))) => fault(code, rest),
        _ => fault(first, &[]),
    }
}

fn firmware_of([version, subversion, language, high, low]: [u8; 5]) -> Option<Firmware> {
    Some(Firmware {
        version: bcd_byte(version)?,
        subversion: bcd_byte(subversion)?,
        language: bcd_byte(language)?,
        build: u16::from(bcd_byte(high)?) * 100 + u16::from(bcd_byte(low)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    /// The answer of F-v3-7.
    const ATOL_25F: [u8; 19] = [
        0x00, // no error
        0x01, 0x01, 0x39, // protocol, type, model
        0x00, 0x00, // mode
        0x03, 0x00, 0x00, 0x75, 0x34, // firmware
        0x80, 0x92, 0x8E, 0x8B, 0x20, 0x32, 0x35, 0x94, // name
    ];

    #[test]
    fn a_kkt() {
        let device = ReadDeviceType.decode(&ATOL_25F).unwrap();
        let firmware = Firmware { version: 3, subversion: 0, language: 0, build: 7534 };
        assert_eq!(
            device,
            DeviceType {
                protocol_version: 1,
                kind: DeviceKind::KKT,
                model: Model(57),
                mode: [0, 0],
                firmware: Some(firmware),
                name: "АТОЛ 25Ф".to_owned(),
            }
        );
        assert_eq!(firmware.to_string(), "3.0.7534");
    }

    #[test]
    fn a_firmware_that_is_no_bcd_is_none() {
        let mut answer = ATOL_25F;
        answer[9] = 0xAB;
        assert_eq!(ReadDeviceType.decode(&answer).unwrap().firmware, None);
    }

    #[test]
    fn a_device_without_a_name() {
        assert_eq!(ReadDeviceType.decode(&ATOL_25F[..11]).unwrap().name, "");
        assert_eq!(ReadDeviceType.decode(&ATOL_25F[..10]), Err(DecodeError::Missing("firmware")));
    }

    #[test]
    fn a_refusal_with_and_without_55() {
        let refused = Err(DecodeError::Refused(Fault::WRONG_PASSWORD));
        assert_eq!(ReadDeviceType.decode(&[0x8C]), refused);
        assert_eq!(ReadDeviceType.decode(&[0x55, 0x8C, 0x00]), refused);
    }
}
