//! Modes and submodes.

use std::fmt;

/// The mode byte: the mode in the low nibble, the submode in the high one.
///
/// A pair that is not in the table is a value, not an error.
/// Source: docs/protocols/atol.md section 13; the modes three sources, the submodes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Mode(pub u8);

impl Mode {
    /// Nothing entered yet: the device waits for a mode.
    pub const CHOICE: Self = Self(0x00);
    /// Registration: receipts are made in this mode.
    pub const REGISTRATION: Self = Self(0x01);

    /// The mode, 0 to 15.
    #[must_use]
    pub fn mode(self) -> u8 {
        self.0 & 0x0F
    }

    /// The submode, 0 to 15.
    #[must_use]
    pub fn submode(self) -> u8 {
        self.0 >> 4
    }

    /// Whether the device cannot work until somebody helps it (mode 7); the submode tells why.
    #[must_use]
    pub fn is_blocked(self) -> bool {
        self.mode() == 7
    }

    /// What the mode and the submode mean, in English.
    #[must_use]
    pub fn name_en(self) -> String {
        self.name(|(_, en, _)| en, "mode", "submode")
    }

    /// What the mode and the submode mean, in Russian.
    #[must_use]
    pub fn name_ru(self) -> String {
        self.name(|(_, _, ru)| ru, "режим", "подрежим")
    }

    /// What a person at the till needs to know of it, in English: "ready for receipts".
    #[must_use]
    pub fn meaning_en(self) -> &'static str {
        self.meaning().map_or("in a mode that is not documented", |(_, en, _)| en)
    }

    /// The same in Russian.
    #[must_use]
    pub fn meaning_ru(self) -> &'static str {
        self.meaning().map_or("в режиме, которого нет в описании", |(_, _, ru)| ru)
    }

    /// What a technician does about a blocked device, in English, without a final stop; `None` where
    /// the submode does not say.
    #[must_use]
    pub fn advice_en(self) -> Option<&'static str> {
        self.advice().map(|(_, en, _)| *en)
    }

    /// The same in Russian.
    #[must_use]
    pub fn advice_ru(self) -> Option<&'static str> {
        self.advice().map(|(_, _, ru)| *ru)
    }

    fn meaning(self) -> Option<Row> {
        MEANINGS.iter().find(|row| row.0 == self.mode()).copied()
    }

    fn advice(self) -> Option<&'static (&'static [u8], &'static str, &'static str)> {
        ADVICE.iter().find(|(bytes, ..)| bytes.contains(&self.0))
    }

    fn name(self, text: fn(&Row) -> &'static str, mode: &str, submode: &str) -> String {
        let of_mode = MODES.iter().find(|row| row.0 == self.mode()).map(text);
        let mode = of_mode.map_or_else(|| format!("{mode} {}", self.mode()), str::to_owned);
        let of_submode = SUBMODES.iter().find(|row| row.0 == self.0).map(text);
        match (of_submode, self.submode()) {
            (Some(submode), _) => format!("{mode}: {submode}"),
            (None, 0) => mode,
            (None, number) => format!("{mode}: {submode} {number}"),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name_en())
    }
}

type Row = (u8, &'static str, &'static str);

const MODES: &[Row] = &[
    (0, "choice of mode", "выбор режима"),
    (1, "registration", "регистрация"),
    (2, "reports without clearing (X)", "отчёты без гашения (X)"),
    (3, "reports with clearing (Z)", "отчёты с гашением (Z)"),
    (4, "programming", "программирование"),
    (5, "factory number entry", "ввод заводского номера"),
    (6, "access to the FN", "доступ к ФН"),
    (7, "the device cannot work", "ККТ не может работать"),
];

/// The modes for a person. The words are ours.
const MEANINGS: &[Row] = &[
    (0, "idle: no program has entered a mode", "в ожидании: ни одна программа не вошла в режим"),
    (1, "ready for receipts", "готова к оформлению чеков"),
    (2, "busy with reports without clearing (X)", "занята отчётами без гашения (X)"),
    (3, "busy with closing the shift (Z)", "занята закрытием смены (Z)"),
    (4, "being set up", "настраивается"),
    (5, "waiting for its factory number", "ожидает ввода заводского номера"),
    (6, "busy with the fiscal storage", "занята работой с фискальным накопителем"),
    (
        7,
        "blocked: it cannot work until somebody helps it",
        "заблокирована: без вмешательства работать не может",
    ),
];

/// What to do about a blocked device. The advice is ours: it follows from the submode's name.
const ADVICE: &[(&[u8], &str, &str)] = &[
    (
        &[0x37, 0x57, 0x67, 0xC7],
        "have date and time entered and confirmed",
        "введите и подтвердите дату и время",
    ),
    (
        &[0xB7],
        "have the KKT's date set right: it is earlier than the FN's",
        "исправьте дату ККТ: она раньше, чем в ФН",
    ),
    (
        &[0xD7],
        "call the service: the fiscal storage has an error",
        "вызовите сервис: ошибка фискального накопителя",
    ),
    (
        &[0x87, 0xA7],
        "call the service: the KKT has to be initialised",
        "вызовите сервис: ККТ нужна инициализация",
    ),
    (
        &[0x97],
        "call the service: the KKT's memories differ",
        "вызовите сервис: содержимое памяти ККТ расходится",
    ),
    (
        &[0x07, 0x27, 0x77],
        "wait until it has finished; if it stays, call the service",
        "дождитесь завершения; не помогло - вызовите сервис",
    ),
];

/// By the whole byte: submode in the high nibble, mode in the low one. One source only: vending.
const SUBMODES: &[Row] = &[
    (0x11, "waiting for a password", "ожидание пароля"),
    (0x12, "waiting for a password", "ожидание пароля"),
    (0x13, "waiting for a password", "ожидание пароля"),
    (0x14, "waiting for a password", "ожидание пароля"),
    (0x15, "waiting for a password", "ожидание пароля"),
    (0x21, "waiting for the section", "ожидание секции"),
    (0x31, "waiting for storno by barcode", "ожидание сторно по штрихкоду"),
    (0x41, "taking payments", "приём платежей"),
    (0x51, "waiting to print a delayed document", "ожидание печати отложенного документа"),
    (0x61, "printing a delayed document", "печать отложенного документа"),
    (0x71, "forming a document", "формирование документа"),
    (0x22, "counters report", "отчёт по счётчикам"),
    (0x32, "service report", "служебный отчёт"),
    (0x23, "Z report", "Z-отчёт"),
    (0x33, "confirm clearing", "подтверждение гашения"),
    (0x43, "date entry", "ввод даты"),
    (0x53, "general clearing", "общее гашение"),
    (0x63, "general clearing", "общее гашение"),
    (0x35, "factory number entry", "ввод заводского номера"),
    (0x45, "factory number entry", "ввод заводского номера"),
    (0x26, "FN report", "отчёт ФН"),
    (0x07, "tables being cleared", "очистка таблиц"),
    (0x27, "test run", "тестовый прогон"),
    (0x37, "time entry", "ввод времени"),
    (0x57, "date and time entry after a clock failure", "ввод даты и времени после сбоя часов"),
    (0x67, "date and time entry after a clock failure", "ввод даты и времени после сбоя часов"),
    (0x77, "initialisation", "инициализация"),
    (0x87, "waiting for table clearing", "ожидание очистки таблиц"),
    (0x97, "memories differ", "содержимое памяти расходится"),
    (0xA7, "not initialised", "ККТ не инициализирована"),
    (0xB7, "blocked: date earlier than the FN's", "блокировка: дата раньше, чем в ФН"),
    (0xC7, "date confirmation", "подтверждение даты"),
    (0xD7, "blocked by an FN error", "блокировка из-за ошибки ФН"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(byte: u8, en: &str, ru: &str) {
        assert_eq!(Mode(byte).name_en(), en);
        assert_eq!(Mode(byte).name_ru(), ru);
    }

    #[test]
    fn a_mode_without_a_submode() {
        check(0x01, "registration", "регистрация");
        assert_eq!((Mode(0x01).mode(), Mode(0x01).submode()), (1, 0));
    }

    #[test]
    fn mode_and_submode_are_nibbles() {
        check(0x41, "registration: taking payments", "регистрация: приём платежей");
        assert_eq!((Mode(0x41).mode(), Mode(0x41).submode()), (1, 4));
    }

    #[test]
    fn a_blocked_device_says_why() {
        assert!(Mode(0xD7).is_blocked() && !Mode(0x71).is_blocked());
        check(
            0xD7,
            "the device cannot work: blocked by an FN error",
            "ККТ не может работать: блокировка из-за ошибки ФН",
        );
    }

    #[test]
    fn what_a_person_needs_to_know() {
        assert_eq!(Mode(0x41).meaning_en(), "ready for receipts");
        assert_eq!(Mode(0x41).meaning_ru(), "готова к оформлению чеков");
        assert_eq!(Mode(0x41).advice_en(), None);
        assert!(Mode(0xD7).meaning_en().starts_with("blocked"));
        assert!(Mode(0xD7).advice_ru().unwrap().starts_with("вызовите сервис"));
        assert_eq!(Mode(0x0F).meaning_en(), "in a mode that is not documented");
        for (byte, ..) in SUBMODES {
            assert_eq!(Mode(*byte).advice_en().is_some(), Mode(*byte).is_blocked(), "{byte:02X}");
        }
    }

    #[test]
    fn unknown_pairs_keep_their_numbers() {
        check(0xF1, "registration: submode 15", "регистрация: подрежим 15");
        check(0x09, "mode 9", "режим 9");
        check(0x99, "mode 9: submode 9", "режим 9: подрежим 9");
    }
}
