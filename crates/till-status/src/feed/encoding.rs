//! The text of a line, by the code page that its till program writes.

/// How a log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// `utf-8`
    #[default]
    Utf8,
    /// `cp1251`: Russian Windows.
    Cp1251,
    /// `cp866`: Russian DOS.
    Cp866,
}

impl Encoding {
    /// By their names in the configuration.
    pub const NAMES: [(&'static str, Self); 3] =
        [("utf-8", Self::Utf8), ("cp1251", Self::Cp1251), ("cp866", Self::Cp866)];

    /// The text of these bytes. What is none in this encoding becomes U+FFFD.
    #[must_use]
    pub fn text(self, bytes: &[u8]) -> String {
        let upper = match self {
            Self::Utf8 => return String::from_utf8_lossy(bytes).into_owned(),
            Self::Cp1251 => CP1251,
            Self::Cp866 => CP866,
        };
        let letter = |byte: &u8| match byte.checked_sub(0x80) {
            None => char::from(*byte),
            Some(index) => upper.chars().nth(index.into()).unwrap_or(char::REPLACEMENT_CHARACTER),
        };
        bytes.iter().map(letter).collect()
    }
}

/// 80h to FFh of code page 1251, as Unicode's table CP1251.TXT has them; 98h is none.
const CP1251: &str = "\
    ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u{FFFD}™љ›њќћџ\
    \u{00A0}ЎўЈ¤Ґ¦§Ё©Є«¬\u{00AD}®Ї°±Ііґµ¶·ё№є»јЅѕї\
    АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ\
    абвгдежзийклмнопрстуфхцчшщъыьэюя";

/// 80h to FFh of code page 866, as Unicode's table CP866.TXT has them.
const CP866: &str = "\
    АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ\
    абвгдежзийклмноп░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
    рстуфхцчшщъыьэюяЁёЄєЇїЎў°∙·√№¤■\u{00A0}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_each_code_page() {
        for (encoding, bytes, text) in [
            (Encoding::Utf8, "чек №1".as_bytes(), "чек №1"),
            (Encoding::Utf8, b"a\xFFb".as_slice(), "a\u{FFFD}b"),
            (Encoding::Cp1251, b"\xF7\xE5\xEA \xB91 \xA8\xB8\xC0\xFF", "чек №1 ЁёАя"),
            (Encoding::Cp1251, b"\x98\xA0", "\u{FFFD}\u{A0}"),
            (Encoding::Cp866, b"\xE7\xA5\xAA \xFC1 \xF0\xF1\x80\xEF", "чек №1 ЁёАя"),
            (Encoding::Cp866, b"\xB0\xFF", "░\u{A0}"),
        ] {
            assert_eq!(encoding.text(bytes), text, "{encoding:?}");
        }
    }

    #[test]
    fn every_byte_has_a_letter_of_its_own() {
        for table in [CP1251, CP866] {
            let letters: std::collections::BTreeSet<_> = table.chars().collect();
            assert_eq!((table.chars().count(), letters.len()), (128, 128));
        }
    }
}
