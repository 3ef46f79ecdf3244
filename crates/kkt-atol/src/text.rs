//! ATOL's code page: cp866 with changes.
//!
//! Source: docs/protocols/atol.md section 2, "Text".

/// Reads text of the device. Bytes that are no character (below 20h, and 7Fh) become U+FFFD.
///
/// ```
/// assert_eq!(kkt_atol::text::decode(&[0x80, 0x92, 0x8E, 0x8B, 0x20, 0x24, 0x31]), "АТОЛ №1");
/// ```
#[must_use]
pub fn decode(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| character(byte)).collect()
}

/// Writes text in the device's code page; `None` when it has no such character.
#[cfg(feature = "sim")]
pub(crate) fn encode(text: &str) -> Option<Vec<u8>> {
    let byte = |wanted| (0x20..=0xFF).find(|&byte| character(byte) == wanted);
    text.chars()
        .map(|wanted| byte(wanted).filter(|_| wanted != char::REPLACEMENT_CHARACTER))
        .collect()
}

fn character(byte: u8) -> char {
    let upper = |table: &str, first: u8| {
        table.chars().nth(usize::from(byte - first)).unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    match byte {
        0x24 => '№',
        0x20..=0x7E => char::from(byte),
        0x80..=0xAF => upper("АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмноп", 0x80),
        0xB0..=0xDF => upper("░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀", 0xB0),
        // F2 is the euro sign and not cp866's Є. One source only for FA and FF: atol4j.
        0xE0..=0xFF => upper("рстуфхцчшщъыьэюяЁё€єЇїЎў°∙\u{2011}√$¤■\u{25A0}", 0xE0),
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_cp866() {
        assert_eq!(decode(&[0x80, 0x92, 0x8E, 0x8B, 0x20, 0x32, 0x35, 0x94]), "АТОЛ 25Ф");
        assert_eq!(decode(&[0x9F, 0xA0, 0xAF, 0xE0, 0xEF, 0xF0, 0xF1]), "ЯапряЁё");
        assert_eq!(decode(&[0xB0, 0xDF]), "░▀");
    }

    #[test]
    fn changed_bytes() {
        assert_eq!(decode(&[0x24, 0xFC, 0xF2, 0xFA, 0xFF]), "№$€\u{2011}■");
    }

    #[test]
    fn bytes_that_are_no_character() {
        assert_eq!(decode(&[0x00, 0x1F, 0x7F]), "\u{FFFD}\u{FFFD}\u{FFFD}");
    }

    #[cfg(feature = "sim")]
    #[test]
    fn every_character_goes_there_and_back() {
        for byte in (0x20..=0xFF).filter(|byte| *byte != 0x7F) {
            let text = decode(&[byte]);
            let again = encode(&text).unwrap();
            assert_eq!(decode(&again), text, "{byte:02X}");
        }
        assert_eq!(encode("日"), None);
    }
}
