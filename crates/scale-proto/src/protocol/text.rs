//! Numbers and texts of the protocols that speak ASCII.

use crate::error::DecodeError;
use crate::weight::Unit;

/// A number as scales write it: blanks, at most one sign, blanks, digits with at most one point,
/// blanks; with its decimals.
pub(crate) fn number(field: &'static str, text: &[u8]) -> Result<(i64, u8), DecodeError> {
    let expected = "a number such as 01.234";
    let wrong = || DecodeError::Text { field, got: shown(text), expected };
    let trimmed = text.trim_ascii();
    let (negative, digits) = match trimmed {
        [b'-', digits @ ..] => (true, digits.trim_ascii_start()),
        [b'+', digits @ ..] => (false, digits.trim_ascii_start()),
        digits => (false, digits),
    };
    let (mut value, mut decimals, mut point, mut count) = (0_i64, 0_u8, false, 0_u8);
    // A 64-bit number has 18 whole digits; no scale has as many.
    for byte in digits {
        match byte {
            b'0'..=b'9' if count < 18 => {
                value = value * 10 + i64::from(byte - b'0');
                decimals += u8::from(point);
                count += 1;
            }
            b'.' if !point => point = true,
            _ => return Err(wrong()),
        }
    }
    if count == 0 {
        return Err(wrong());
    }
    Ok((if negative { -value } else { value }, decimals))
}

/// A unit, with no more decimals of the number before it than it can have.
pub(crate) fn unit(text: &[u8], decimals: u8) -> Result<Unit, DecodeError> {
    let got = shown(text);
    let unit = Unit::of_text(&got);
    unit.filter(|unit| decimals <= unit.most_decimals()).ok_or(DecodeError::Text {
        field: "unit",
        got,
        expected: "kg, g, t or lb, and a number that is not finer than a milligram",
    })
}

/// Single-byte text of an unknown page: what is no printable ASCII is shown as "?".
pub(crate) fn shown(text: &[u8]) -> String {
    let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    text.iter().map(|byte| if printable(byte) { char::from(*byte) } else { '?' }).collect()
}

/// Bytes as two hex digits each, with blanks between.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_signs_blanks_and_points() {
        for (text, wanted) in [
            ("01.234", Some((1234, 3))),
            ("  1.5", Some((15, 1))),
            ("- 01.234", Some((-1234, 3))),
            ("+  1.500", Some((1500, 3))),
            ("000013.5", Some((135, 1))),
            ("12", Some((12, 0))),
            ("7.", Some((7, 0))),
            ("", None),
            ("-", None),
            (".", None),
            ("1.2.3", None),
            ("1-2", None),
            ("--1", None),
            ("FFFFFF", None),
            ("1 2", None),
            ("1234567890123456789", None),
        ] {
            assert_eq!(number("weight", text.as_bytes()).ok(), wanted, "{text:?}");
        }
        let error = number("weight", b"\xFFx").unwrap_err().to_string();
        assert_eq!(error, "weight: got \"?x\", expected a number such as 01.234");
    }

    #[test]
    fn a_unit_bounds_the_decimals() {
        assert_eq!(unit(b"kg", 6), Ok(Unit::Kilogram));
        assert!(unit(b" g", 4).is_err() && unit(b"oz", 0).is_err());
    }
}
