//! 3Fh: the state of the KKT.

use std::fmt;

use bitflags::bitflags;

use super::{Code, Command, Reading};
use crate::error::{DecodeError, fault, take};
use crate::mode::Mode;
use crate::model::Model;
use crate::value::{CivilDateTime, FactoryNumber, bcd_byte};

/// Asks for the state of the KKT: operator, clock, paper, shift, receipt.
///
/// ```text
/// > 3F
/// < 44 oo tt YY MM DD hh mm ss ff nn nn nn nn id vv vv mm rr rr ss ss st xx xx xx xx xx dp pp
///   0  1  2  3        6        9  10          14 15    17 18    20    22 23             28 29
/// ```
/// oo operator, tt till number, ff flags, n factory number, id model, vv reserved, mm mode,
/// rr receipt number, ss shift number, st receipt state, xx sum of the receipt, dp decimal point,
/// pp port. All numbers but tt, ff, id, mm, st, dp, pp are BCD, most significant byte first.
///
/// Units: the sum is in minor units (kopecks); the date is the device's own civil time.
///
/// # Errors
/// [`DecodeError::Refused`] when the answer begins with 55; any other first byte than 44 is
/// [`DecodeError::Value`]. A number that is no BCD is `None` and no error.
///
/// Source: docs/protocols/atol.md section 7, "3Fh"; up to six sources. Disputed there: the byte
/// order of rr and ss (4:1), BCD or binary in n (4:1) and in xx (4:2): read as [`Reading::Majority`]
/// says; [`ReadStatusAs`] reads otherwise. BCD in the date (5:1) is taken as certain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadStatus;

/// [`ReadStatus`] with another reading of the disputed numbers; the same bytes are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadStatusAs(pub Reading);

/// The state of the KKT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Status {
    /// Who works: 1 to 28 cashiers, 29 the administrator, 30 the system administrator (often a
    /// program, not a person). What stands here in mode 0 is not known.
    pub operator: Option<u8>,
    /// The number in the hall, 1 to 255.
    pub till_number: u8,
    /// The device's clock; `None` if that is no date.
    pub date_time: Option<CivilDateTime>,
    /// Paper, drawer, shift and more.
    pub flags: StatusFlags,
    /// The factory (serial) number; `None` if it is not set. Disputed: [`Reading`].
    pub factory_number: Option<FactoryNumber>,
    /// The model.
    pub model: Model,
    /// Two ASCII digits: "30" in "3.0" devices, version digits in old ones, reserved in 3.1.
    pub reserved: [u8; 2],
    /// Mode and submode.
    pub mode: Mode,
    /// The number of the last closed receipt of the shift **plus one**. One source only: c-tool.
    /// Its byte order is disputed: [`Reading`].
    pub receipt_number: Option<u16>,
    /// The number of the last **closed** shift; an open one is that plus one. One source only:
    /// c-tool. Its byte order is disputed: [`Reading`].
    pub shift_number: Option<u16>,
    /// Whether a receipt is open, and which.
    pub receipt_state: ReceiptState,
    /// The sum of the open receipt in minor units (kopecks). Disputed: [`Reading`].
    pub receipt_sum: Option<u64>,
    /// Digits after the decimal point of sums, 0 to 3.
    pub decimal_point: u8,
    /// The port by which the device is spoken to.
    pub port: ControlPort,
}

impl Status {
    /// Whether there is receipt paper.
    #[must_use]
    pub fn paper_present(&self) -> bool {
        self.flags.contains(StatusFlags::PAPER_PRESENT)
    }

    /// Whether a document is open on the KKT.
    #[must_use]
    pub fn receipt_open(&self) -> bool {
        self.receipt_state.is_open()
    }
}

bitflags! {
    /// The flags of [`Status`]. Bit 4 is unused.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(transparent))]
    pub struct StatusFlags: u8 {
        /// The KKT is fiscalised.
        const FISCALISED = 1;
        /// A shift is open.
        const SHIFT_OPEN = 1 << 1;
        /// The cash drawer is open; in models with a presenter: paper is in the presenter.
        const DRAWER_OPEN = 1 << 2;
        /// Receipt paper is **present**. (45h tells the opposite: a set bit is "no paper".)
        const PAPER_PRESENT = 1 << 3;
        /// The cover is open.
        const COVER_OPEN = 1 << 5;
        /// The FN is activated.
        const FN_ACTIVATED = 1 << 6;
        /// The battery is absent or low.
        const BATTERY_LOW = 1 << 7;
    }
}

/// The kind of the open receipt; any value but 0 is an open receipt.
///
/// These are the values of manual 3.x. In devices of manual 2.x (one source: ecr) 1 and 2 are the
/// same, 3 and 6 annulments, 4 and 5 as here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ReceiptState(pub u8);

impl ReceiptState {
    /// No receipt is open.
    pub const NONE: Self = Self(0);
    /// A sale (приход).
    pub const SALE: Self = Self(1);
    /// A sale return (возврат прихода).
    pub const SALE_RETURN: Self = Self(2);
    /// A purchase (расход).
    pub const PURCHASE: Self = Self(4);
    /// A purchase return (возврат расхода).
    pub const PURCHASE_RETURN: Self = Self(5);
    /// A correction of a sale.
    pub const SALE_CORRECTION: Self = Self(7);
    /// A correction of a sale return.
    pub const SALE_RETURN_CORRECTION: Self = Self(8);
    /// A correction of a purchase.
    pub const PURCHASE_CORRECTION: Self = Self(9);
    /// A correction of a purchase return.
    pub const PURCHASE_RETURN_CORRECTION: Self = Self(10);

    /// Whether a receipt is open.
    #[must_use]
    pub fn is_open(self) -> bool {
        self != Self::NONE
    }

    /// The documented name; `None` for an unknown value.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NONE => "none",
            Self::SALE => "sale",
            Self::SALE_RETURN => "sale return",
            Self::PURCHASE => "purchase",
            Self::PURCHASE_RETURN => "purchase return",
            Self::SALE_CORRECTION => "correction of sale",
            Self::SALE_RETURN_CORRECTION => "correction of sale return",
            Self::PURCHASE_CORRECTION => "correction of purchase",
            Self::PURCHASE_RETURN_CORRECTION => "correction of purchase return",
            _ => return None,
        })
    }
}

impl fmt::Display for ReceiptState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "receipt state {}", self.0),
        }
    }
}

/// The port by which a device is spoken to. Two sources: c-tool, atol4j.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ControlPort(pub u8);

impl ControlPort {
    /// RS-232.
    pub const RS232: Self = Self(1);
    /// USB.
    pub const USB: Self = Self(4);
    /// Bluetooth.
    pub const BLUETOOTH: Self = Self(5);
    /// Ethernet.
    pub const ETHERNET: Self = Self(6);
    /// Wireless network.
    pub const WIFI: Self = Self(7);
}

impl fmt::Display for ControlPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::RS232 => f.write_str("RS-232"),
            Self::USB => f.write_str("USB"),
            Self::BLUETOOTH => f.write_str("Bluetooth"),
            Self::ETHERNET => f.write_str("Ethernet"),
            Self::WIFI => f.write_str("WiFi"),
            Self(number) => write!(f, "port {number}"),
        }
    }
}

impl Command for ReadStatus {
    const CODE: Code = Code::STATUS;
    type Answer = Status;

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(Self::CODE.0);
    }

    fn decode(&self, answer: &[u8]) -> Result<Status, DecodeError> {
        ReadStatusAs::default().decode(answer)
    }
}

impl Command for ReadStatusAs {
    const CODE: Code = Code::STATUS;
    type Answer = Status;

    fn encode(&self, out: &mut Vec<u8>) {
        ReadStatus.encode(out);
    }

    fn decode(&self, answer: &[u8]) -> Result<Status, DecodeError> {
        let Self(reading) = *self;
        let mut bytes = answer;
        let bytes = &mut bytes;
        match take(bytes, "start byte")? {
            [0x44] => {}
            [0x55] => {
                let [code] = take(bytes, "error code")?;
                return Err(DecodeError::Refused(fault(code, bytes)));
            }
            [got] => return Err(DecodeError::Value { field: "start byte", got, expected: "44" }),
        }
        let [operator] = take(bytes, "operator")?;
        let [till_number] = take(bytes, "till number")?;
        let date_time = take::<6>(bytes, "date and time")?;
        let [flags] = take(bytes, "flags")?;
        let factory_number = take::<4>(bytes, "factory number")?;
        let [model] = take(bytes, "model")?;
        let reserved = take(bytes, "reserved bytes")?;
        let [mode] = take(bytes, "mode")?;
        let receipt_number = take::<2>(bytes, "receipt number")?;
        let shift_number = take::<2>(bytes, "shift number")?;
        let [receipt_state] = take(bytes, "receipt state")?;
        let receipt_sum = take::<5>(bytes, "receipt sum")?;
        let [decimal_point] = take(bytes, "decimal point")?;
        let [port] = take(bytes, "port")?;
        Ok(Status {
            operator: bcd_byte(operator),
            till_number,
            date_time: bcd_date_time(date_time),
            flags: StatusFlags::from_bits_retain(flags),
            factory_number: reading.factory_number(factory_number),
            model: Model(model),
            reserved,
            mode: Mode(mode),
            receipt_number: reading.number(receipt_number),
            shift_number: reading.number(shift_number),
            receipt_state: ReceiptState(receipt_state),
            receipt_sum: reading.sum(receipt_sum),
            decimal_point,
            port: ControlPort(port),
        })
    }
}

fn bcd_date_time(bytes: [u8; 6]) -> Option<CivilDateTime> {
    let mut numbers = [0; 6];
    for (number, byte) in numbers.iter_mut().zip(bytes) {
        *number = bcd_byte(byte)?;
    }
    CivilDateTime::from_numbers(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    /// The answer of F-v3-9.
    const OPEN_SALE: [u8; 30] = [
        0x44, // D
        0x30, // operator
        0x01, // till number
        0x26, 0x11, 0x24, 0x01, 0x56, 0x07, // date and time
        0x4B, // flags
        0x00, 0x10, 0x65, 0x43, // factory number
        0x39, // model
        0x33, 0x30, // "30"
        0x01, // mode
        0x00, 0x42, // receipt number
        0x00, 0x17, // shift number
        0x01, // receipt state
        0x00, 0x00, 0x01, 0x23, 0x45, // sum
        0x02, // decimal point
        0x06, // port
    ];

    fn changed(offset: usize, bytes: &[u8]) -> Status {
        let mut answer = OPEN_SALE;
        answer[offset..offset + bytes.len()].copy_from_slice(bytes);
        ReadStatus.decode(&answer).unwrap()
    }

    #[test]
    fn an_open_sale() {
        let status = ReadStatus.decode(&OPEN_SALE).unwrap();
        let flags = StatusFlags::FISCALISED
            | StatusFlags::SHIFT_OPEN
            | StatusFlags::PAPER_PRESENT
            | StatusFlags::FN_ACTIVATED;
        assert_eq!(
            status,
            Status {
                operator: Some(30),
                till_number: 1,
                date_time: CivilDateTime::new(2026, 11, 24, 1, 56, 7),
                flags,
                factory_number: Some(FactoryNumber(106_543)),
                model: Model(57),
                reserved: *b"30",
                mode: Mode::REGISTRATION,
                receipt_number: Some(42),
                shift_number: Some(17),
                receipt_state: ReceiptState::SALE,
                receipt_sum: Some(12_345),
                decimal_point: 2,
                port: ControlPort::ETHERNET,
            }
        );
        assert!(status.paper_present() && status.receipt_open());
    }

    #[test]
    fn no_paper_is_a_cleared_bit() {
        assert!(!changed(9, &[0x43]).paper_present());
    }

    #[test]
    fn the_till_number_is_binary() {
        assert_eq!(changed(2, &[0x1A]).till_number, 26);
    }

    #[test]
    fn values_that_are_no_bcd_are_none() {
        assert_eq!(changed(1, &[0x3A]).operator, None);
        assert_eq!(changed(10, &[0xFF; 4]).factory_number, None, "not set");
        let excluded = changed(10, &[0x00, 0x01, 0xA0, 0x2F]).factory_number;
        assert_eq!(excluded, Some(FactoryNumber(106_543)), "no BCD, so binary");
        assert_eq!(changed(18, &[0xA0, 0x00]).receipt_number, None);
        assert_eq!(changed(20, &[0x00, 0x0F]).shift_number, None);
        assert_eq!(changed(23, &[0xFF; 5]).receipt_sum, None);
        assert_eq!(changed(4, &[0x13]).date_time, None, "month 13");
        assert_eq!(changed(4, &[0x0B]).date_time, None);
    }

    #[test]
    fn another_reading_of_the_disputed_numbers() {
        let status = ReadStatusAs(Reading::BinaryLowFirst).decode(&OPEN_SALE).unwrap();
        assert_eq!((status.receipt_number, status.shift_number), (Some(4200), Some(1700)));
        assert_eq!(status.factory_number, Some(FactoryNumber(0x0010_6543)));
        assert_eq!(status.receipt_sum, Some(0x01_2345));
        let majority = ReadStatus.decode(&OPEN_SALE).unwrap();
        assert_eq!((status.operator, status.date_time), (majority.operator, majority.date_time));
    }

    #[test]
    fn unknown_codes_are_values() {
        let status = changed(22, &[0x63]);
        assert_eq!(status.receipt_state.to_string(), "receipt state 99");
        assert!(status.receipt_open());
        assert_eq!(changed(29, &[0x09]).port.to_string(), "port 9");
        assert_eq!(changed(9, &[0x10]).flags.bits(), 0x10, "the unused bit is kept");
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let error = ReadStatus.decode(&[0x55, 0x8C, 0x00]).unwrap_err();
        assert_eq!(error, DecodeError::Refused(Fault::WRONG_PASSWORD));
        assert_eq!(ReadStatus.decode(&OPEN_SALE[..29]), Err(DecodeError::Missing("port")));
        let error = ReadStatus.decode(&[0x4D]).unwrap_err();
        assert_eq!(error.to_string(), "start byte: got 4D, expected 44");
    }
}
