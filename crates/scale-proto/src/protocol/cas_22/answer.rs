//! What a frame of the CAS stream says.

use super::SIZE;
use crate::error::DecodeError;
use crate::protocol::Said;
use crate::protocol::text::{number, unit};
use crate::weight::{Fault, FaultKind, Weight};

/// A frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The weight; `None` while the scale is overloaded.
    pub weight: Option<Weight>,
    /// The number of the device.
    pub device: u8,
    /// The lamps: bit 6 stable, 4 hold, 3 printer, 2 gross, 1 tare, 0 zero. The letters win where
    /// they say otherwise.
    pub lamps: u8,
}

impl Answer {
    /// Reads a sound frame.
    ///
    /// # Errors
    /// [`DecodeError`] when a field cannot be: another variant of the format has no unit.
    pub fn decode(frame: &[u8; SIZE]) -> Result<Self, DecodeError> {
        let [s0, s1, _, k0, k1, _, device, lamps, _, w @ .., _, u0, u1, _, _] = frame;
        let value = |field, got: u8, expected| DecodeError::Value { field, got, expected };
        let stable = match [s0, s1] {
            [b'S', b'T'] => true,
            [b'U', b'S'] => false,
            [b'O', b'L'] => return Ok(Self { weight: None, device: *device, lamps: *lamps }),
            _ => return Err(value("state", *s0, "ST, US or OL")),
        };
        let net = match [k0, k1] {
            [b'G', b'S'] => false,
            [b'N', b'T'] => true,
            _ => return Err(value("kind", *k0, "GS or NT")),
        };
        if lamps & 0x80 == 0 {
            return Err(value("lamps", *lamps, "bit 7 set, as on a line with 8 data bits"));
        }
        let (number, decimals) = number("weight", w)?;
        let unit = unit(&[*u0, *u1], decimals)?;
        let weight = Weight {
            stable: Some(stable),
            zero: Some(lamps & 1 != 0),
            net: Some(net),
            ..Weight::new(number, decimals, unit)
        };
        Ok(Self { weight: Some(weight), device: *device, lamps: *lamps })
    }

    /// Where the lamps say otherwise than the letters: stable, or gross.
    #[must_use]
    pub fn lamps_differ(&self) -> bool {
        let lamp = |bit: u8| Some(self.lamps & (1 << bit) != 0);
        self.weight.is_some_and(|it| it.stable != lamp(6) || it.net.map(|net| !net) != lamp(2))
    }

    /// The same as any scale says it.
    #[must_use]
    pub fn said(self) -> Said {
        match self.weight {
            Some(weight) => Said::Weight(weight),
            None => Said::Fault(Fault::new(FaultKind::Overload, "overload", "перегрузка")),
        }
    }
}
