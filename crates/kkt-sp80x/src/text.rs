//! Text of the STX dialects: code page 866, control bytes as `$` and two hex digits.
//!
//! Source: docs/protocols/sp80x.md section 2, "Data".

/// Reads text in cp866. Bytes below 20h, and 7Fh, are no text and become U+FFFD.
///
/// ```
/// assert_eq!(kkt_sp80x::text::decode(&[0x88, 0xA2, 0xA0, 0xAD, 0xAE, 0xA2]), "Иванов");
/// ```
#[must_use]
pub fn decode(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| character(byte)).collect()
}

/// The bytes of a field with `$1D` and the like unescaped; a `$` without two hex digits stays.
///
/// How a literal `$` before two hex digits would be sent is described nowhere, so keep the field
/// itself, too.
#[must_use]
pub fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'$', [high, low, ..]) => crate::frame::hex_byte(*high, *low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    bytes
}

fn character(byte: u8) -> char {
    let upper = |table: &str, first: u8| {
        table.chars().nth(usize::from(byte - first)).unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    match byte {
        0x20..=0x7E => char::from(byte),
        0x80..=0xAF => upper("АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмноп", 0x80),
        0xB0..=0xDF => upper("░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀", 0xB0),
        0xE0..=0xFF => upper("рстуфхцчшщъыьэюяЁёЄєЇїЎў°∙·√№¤■\u{A0}", 0xE0),
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_cp866() {
        assert_eq!(decode(&[0x80, 0x9F, 0xA0, 0xAF, 0xE0, 0xEF, 0xF0, 0xFC]), "АЯапряЁ№");
        assert_eq!(decode(&[0xB0, 0xDF, 0x24]), "░▀$");
        assert_eq!(decode(&[0x00, 0x1F, 0x7F]), "\u{FFFD}\u{FFFD}\u{FFFD}");
    }

    #[test]
    fn escapes_in_both_cases() {
        assert_eq!(unescape(b"0104$1D91$1d92"), b"0104\x1D91\x1D92");
        assert_eq!(unescape(b"5$ 100$"), b"5$ 100$");
        assert_eq!(unescape(b"$e2$A5"), b"\xE2\xA5");
    }
}
