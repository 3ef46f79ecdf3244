//! The device's error codes.

mod advice;
mod group;

use std::fmt;

pub use group::FaultGroup;

/// The device understood a command and refused it.
///
/// An unknown code is a value: it keeps its number.
/// Source: docs/protocols/atol.md section 14; three sources that agree, where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Fault {
    /// The error code.
    pub code: u8,
    /// The extended code: a meaning is documented for F6 only.
    pub extended: u8,
}

impl Fault {
    /// A command that is not for the present mode.
    pub const NOT_IN_THIS_MODE: Self = Self::new(0x66);
    /// No paper.
    pub const NO_PAPER: Self = Self::new(0x67);
    /// No link with the receipt printer.
    pub const NO_PRINTER_LINK: Self = Self::new(0x68);
    /// Mechanical error of the printer.
    pub const PRINTER: Self = Self::new(0x69);
    /// Wrong register number.
    pub const WRONG_REGISTER: Self = Self::new(0x6C);
    /// This model cannot do the command.
    pub const NOT_SUPPORTED: Self = Self::new(0x7A);
    /// The shift is open for more than 24 hours.
    pub const SHIFT_EXPIRED: Self = Self::new(0x88);
    /// Wrong password.
    pub const WRONG_PASSWORD: Self = Self::new(0x8C);
    /// The print head is too hot; it cools down by itself.
    pub const OVERHEATED: Self = Self::new(0xD1);
    /// Exchange error between the KKT and its FN.
    pub const FN_EXCHANGE: Self = Self::new(0xD2);
    /// The FN has waited too long for its documents to be sent to the OFD.
    pub const OFD_OVERDUE: Self = Self::new(0xEF);
    /// The shift in the FN is open for more than 24 hours.
    pub const FN_SHIFT_EXPIRED: Self = Self::new(0xF0);
    /// Wrong command.
    pub const WRONG_COMMAND: Self = Self::new(0xF2);

    /// A fault without an extended code.
    #[must_use]
    pub const fn new(code: u8) -> Self {
        Self { code, extended: 0 }
    }

    /// The documented meaning in English; `None` for an unknown code.
    #[must_use]
    pub fn name_en(self) -> Option<&'static str> {
        self.row().map(|(_, en, _)| *en)
    }

    /// The documented meaning in Russian, in our words; `None` for an unknown code.
    #[must_use]
    pub fn name_ru(self) -> Option<&'static str> {
        self.row().map(|(_, _, ru)| *ru)
    }

    /// What the error is about; `None` for an unknown code.
    #[must_use]
    pub fn group(self) -> Option<FaultGroup> {
        FaultGroup::of(self.code)
    }

    /// What a technician does about it, in English, without a final stop; `None` where there is
    /// nothing to do beyond the meaning.
    #[must_use]
    pub fn advice_en(self) -> Option<&'static str> {
        advice::of(self.code).map(|(en, _)| en)
    }

    /// The same in Russian.
    #[must_use]
    pub fn advice_ru(self) -> Option<&'static str> {
        advice::of(self.code).map(|(_, ru)| ru)
    }

    /// This model, or its firmware, will never answer the command: 7Ah, F2h, and 6Ch for a register.
    #[must_use]
    pub fn is_unsupported(self) -> bool {
        self.group() == Some(FaultGroup::Unsupported) || self.code == Self::WRONG_REGISTER.code
    }

    /// The paper is out.
    #[must_use]
    pub fn is_paper(self) -> bool {
        self.code == Self::NO_PAPER.code
    }

    /// The printer does not print until somebody helps it or it cools down: 68h, 69h, D1h.
    #[must_use]
    pub fn is_printer(self) -> bool {
        [Self::NO_PRINTER_LINK, Self::PRINTER, Self::OVERHEATED]
            .iter()
            .any(|it| it.code == self.code)
    }

    /// The fiscal storage refused or cannot be reached: D0h to F1h.
    #[must_use]
    pub fn is_fiscal_storage(self) -> bool {
        // EEh only says where the real code stands; D1h and E6h are the printer's and the power's.
        (0xD0..=0xF1).contains(&self.code) && ![0xD1, 0xE6, 0xEE].contains(&self.code)
    }

    fn row(self) -> Option<&'static Row> {
        let find = |table: &'static [Row], code| table.iter().find(|row| row.0 == code);
        let extended = if self.code == 0xF6 { find(EXTENDED_F6, self.extended) } else { None };
        extended.or_else(|| find(FAULTS, self.code))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, extended } = self;
        match (self.name_en(), extended) {
            (Some(name), _) => write!(f, "{name} ({code:02X})"),
            (None, 0) => write!(f, "error {code:02X}"),
            (None, extended) => write!(f, "error {code:02X}, extended {extended:02X}"),
        }
    }
}

type Row = (u8, &'static str, &'static str);

/// Every error code that has a documented meaning: code, English, Russian.
#[rustfmt::skip]
pub const FAULTS: &[(u8, &str, &str)] = &[
    (0x00, "no error", "ошибок нет"),
    (0x08, "wrong price or sum", "неверная цена или сумма"),
    (0x0A, "wrong quantity", "неверное количество"),
    (0x0B, "cash counter overflow", "счётчик наличных переполнен"),
    (0x0C, "the last operation cannot be voided (storno)", "последнюю операцию нельзя сторнировать"),
    (0x0D, "void by code impossible", "сторно по коду невозможно"),
    (0x0E, "the last operation cannot be repeated", "последнюю операцию нельзя повторить"),
    (0x0F, "second discount or surcharge impossible", "вторая скидка или надбавка невозможна"),
    (0x10, "discount or surcharge on the previous operation impossible", "скидка или надбавка на предыдущую операцию невозможна"),
    (0x11, "wrong item code", "неверный код товара"),
    (0x12, "wrong barcode", "неверный штрихкод"),
    (0x13, "wrong format", "неверный формат"),
    (0x14, "wrong length", "неверная длина"),
    (0x15, "blocked in date entry", "ККТ заблокирована в режиме ввода даты"),
    (0x16, "date entry must be confirmed", "требуется подтвердить ввод даты"),
    (0x18, "no more data to send", "данных для передачи больше нет"),
    (0x19, "no confirmation or cancellation of a sale", "нет подтверждения или отмены продажи"),
    (0x1A, "Z report interrupted", "Z-отчёт прерван"),
    (0x1B, "cash control cannot be switched off (payment types not set up)", "контроль наличности нельзя отключить (не настроены типы оплаты)"),
    (0x1E, "entry to the mode is blocked", "вход в режим заблокирован"),
    (0x1F, "check date and time", "проверьте дату и время"),
    (0x20, "the KKT's time is earlier than the FN's", "время ККТ меньше времени ФН"),
    (0x21, "the archive cannot be closed", "архив закрыть нельзя"),
    (0x3D, "item not found", "товар не найден"),
    (0x3E, "weight barcode with a quantity other than 1.000", "весовой штрихкод с количеством, отличным от 1,000"),
    (0x3F, "receipt buffer overflow", "буфер чека переполнен"),
    (0x40, "not enough goods", "товара недостаточно"),
    (0x41, "voided quantity exceeds the sold one", "сторнируется больше, чем продано"),
    (0x42, "blocked item not in the receipt buffer", "заблокированного товара нет в буфере чека"),
    (0x43, "item not sold in this receipt, void impossible", "этот товар в чеке не продавался, сторно невозможно"),
    (0x46, "wrong command from the KKT", "неверная команда от ККТ"),
    (0x66, "command not available in this mode", "команда недоступна в этом режиме"),
    (0x67, "no paper", "нет бумаги"),
    (0x68, "no link with the receipt printer", "нет связи с принтером чеков"),
    (0x69, "mechanical error of the printer", "механическая ошибка принтера"),
    (0x6A, "wrong receipt type", "неверный тип чека"),
    (0x6B, "no more lines of picture or barcode", "строк картинки или штрихкода больше нет"),
    (0x6C, "wrong register number", "неверный номер регистра"),
    (0x6D, "bad target device", "неверное целевое устройство"),
    (0x6E, "no room for pictures or barcodes", "нет места для картинок или штрихкодов"),
    (0x6F, "wrong picture number, or no such picture", "неверный номер картинки, или её нет"),
    (0x70, "void exceeds what was paid by this type", "сторно больше оплаченного этим типом"),
    (0x71, "non-cash payments exceed the receipt total", "безналичная оплата больше суммы чека"),
    (0x72, "payments less than the receipt total", "оплачено меньше суммы чека"),
    (0x73, "accumulated less than the return or annulment", "накоплено меньше, чем сумма возврата или аннулирования"),
    (0x75, "payment sum overflow", "переполнение суммы оплат"),
    (0x76, "previous operation not finished", "предыдущая операция не завершена"),
    (0x77, "GSM module error", "ошибка модуля GSM"),
    (0x7A, "this model cannot do the command", "эта модель не выполняет такую команду"),
    (0x7B, "wrong discount or surcharge value", "неверная величина скидки или надбавки"),
    (0x7C, "operation after a discount impossible", "операция после скидки невозможна"),
    (0x7D, "wrong section", "неверная секция"),
    (0x7E, "wrong payment type", "неверный тип оплаты"),
    (0x7F, "multiplication overflow", "переполнение при умножении"),
    (0x80, "forbidden in the settings table", "запрещено настройкой в таблице"),
    (0x81, "receipt total overflow", "переполнение итога чека"),
    (0x82, "an annulment receipt is open", "открыт чек аннулирования"),
    (0x84, "control tape buffer overflow", "переполнение буфера контрольной ленты"),
    (0x86, "tendered less than the receipt total", "внесено меньше суммы чека"),
    (0x87, "a return receipt is open", "открыт чек возврата"),
    (0x88, "shift over 24 hours", "смена длится более 24 часов"),
    (0x89, "a sale receipt is open", "открыт чек продажи"),
    (0x8A, "fiscal memory overflow", "переполнение фискальной памяти"),
    (0x8C, "wrong password", "неверный пароль"),
    (0x8D, "control tape buffer is not full", "буфер контрольной ленты не заполнен"),
    (0x8E, "control tape being processed", "идёт обработка контрольной ленты"),
    (0x8F, "already cleared", "уже погашено"),
    (0x91, "wrong table number", "неверный номер таблицы"),
    (0x92, "wrong row number", "неверный номер ряда"),
    (0x93, "wrong field number", "неверный номер поля"),
    (0x94, "wrong date", "неверная дата"),
    (0x95, "wrong time", "неверное время"),
    (0x96, "section sum less than the voided sum", "сумма по секции меньше суммы сторно"),
    (0x97, "change cannot be computed", "сдачу подсчитать нельзя"),
    (0x98, "no money in the KKT for a payout", "в ККТ нет денег для выплаты"),
    (0x9A, "receipt closed, operation impossible", "чек закрыт, операция невозможна"),
    (0x9B, "receipt open, operation impossible", "чек открыт, операция невозможна"),
    (0x9C, "shift open, operation impossible", "смена открыта, операция невозможна"),
    (0x9D, "waiting for the fiscal password", "ожидается фискальный пароль"),
    (0x9E, "factory number or MAC already set", "заводской номер или MAC уже задан"),
    (0x9F, "re-registrations exhausted", "перерегистрации исчерпаны"),
    (0xA0, "fiscal memory error", "ошибка фискальной памяти"),
    (0xA2, "wrong shift number", "неверный номер смены"),
    (0xA3, "wrong report type", "неверный тип отчёта"),
    (0xA4, "invalid password", "недопустимый пароль"),
    (0xA5, "invalid factory number of the KKT", "недопустимый заводской номер ККТ"),
    (0xA6, "invalid registration number", "недопустимый регистрационный номер"),
    (0xA7, "invalid INN (taxpayer number)", "недопустимый ИНН"),
    (0xA8, "KKT not fiscalised", "ККТ не фискализирована"),
    (0xA9, "no factory number", "заводской номер не задан"),
    (0xAA, "no reports", "отчётов нет"),
    (0xAB, "mode not activated", "режим не активирован"),
    (0xAC, "receipt not in the journal", "чека нет в журнале"),
    (0xAD, "no more journal records", "записей в журнале больше нет"),
    (0xAE, "wrong protection code or its number", "неверный код защиты или его номер"),
    (0xAF, "no data in the KKT's buffer", "в буфере ККТ нет данных"),
    (0xB0, "general clearing needed", "требуется общее гашение"),
    (0xB1, "command not allowed by the protection codes", "команда не разрешена кодами защиты"),
    (0xB2, "discount or surcharge cannot be cancelled", "скидку или надбавку отменить нельзя"),
    (0xB3, "the receipt cannot be closed with this payment type", "этим типом оплаты чек закрыть нельзя"),
    (0xB4, "wrong route", "неверный маршрут"),
    (0xB5, "wrong first zone", "неверная начальная зона"),
    (0xB6, "wrong last zone", "неверная конечная зона"),
    (0xB7, "wrong tariff type", "неверный тип тарифа"),
    (0xB8, "wrong tariff", "неверный тариф"),
    (0xBA, "exchange error with the fiscal module", "ошибка обмена с фискальным модулем"),
    (0xBE, "maintenance needed", "требуется обслуживание"),
    (0xBF, "shift numbers in KKT and FN differ", "номера смен в ККТ и ФН расходятся"),
    (0xC8, "no device for this command", "нет устройства для этой команды"),
    (0xC9, "no link with the external device", "нет связи с внешним устройством"),
    (0xCA, "wrong state of the fuel dispenser", "неверное состояние топливораздаточной колонки"),
    (0xCB, "more than one registration in the receipt", "в чеке больше одной регистрации"),
    (0xCC, "wrong fuel dispenser number", "неверный номер топливораздаточной колонки"),
    (0xCD, "wrong divider", "неверный делитель"),
    (0xCF, "activations exhausted", "активации исчерпаны"),
    (0xD0, "this FN cannot be activated in this KKT", "этот ФН нельзя активировать в этой ККТ"),
    (0xD1, "print head overheated", "перегрев печатающей головки"),
    (0xD2, "exchange error with the FN (I2C)", "ошибка обмена с ФН (I2C)"),
    (0xD3, "FN format error", "ошибка формата ФН"),
    (0xD4, "wrong FN state", "неверное состояние ФН"),
    (0xD5, "fatal FN error", "неисправимая ошибка ФН"),
    (0xD6, "FN crypto module error", "ошибка криптомодуля ФН"),
    (0xD7, "the FN's life has ended", "срок службы ФН истёк"),
    (0xD8, "the FN's archive is full", "архив ФН заполнен"),
    (0xD9, "wrong date or time sent to the FN", "в ФН переданы неверные дата или время"),
    (0xDA, "the FN has no such data", "в ФН нет таких данных"),
    (0xDB, "FN overflow (receipt total)", "переполнение ФН (итог чека)"),
    (0xDC, "buffer full", "буфер заполнен"),
    (0xDD, "second fiscal copy impossible", "вторая фискальная копия невозможна"),
    (0xDF, "tax sum exceeds the registered sum", "сумма налога больше зарегистрированной суммы"),
    (0xE0, "tax on the last operation impossible", "налог на последнюю операцию невозможен"),
    (0xE1, "wrong FN number", "неверный номер ФН"),
    (0xE4, "voided tax exceeds the registered tax", "сторнируемый налог больше зарегистрированного"),
    (0xE6, "not enough power", "недостаточно питания"),
    (0xE7, "wrong parameters of the FN command", "неверные параметры команды ФН"),
    (0xE8, "TLV data too long for the FN", "данные TLV слишком длинные для ФН"),
    (0xE9, "the FN has no transport connection", "у ФН нет транспортного соединения"),
    (0xEA, "the FN's crypto resource has ended", "криптографический ресурс ФН исчерпан"),
    (0xEB, "the FN's storage for unsent documents is exhausted", "хранилище ФН для неотправленных документов исчерпано"),
    (0xEC, "the FN refused the OFD's message", "ФН отклонил сообщение ОФД"),
    (0xED, "the FN has unsent documents", "в ФН есть неотправленные документы"),
    (0xEE, "ask for the extended code in register 37h (55)", "нужно запросить расширенный код в регистре 37h (55)"),
    (0xEF, "the FN has waited too long for documents to be sent", "ФН слишком долго ждёт отправки документов"),
    (0xF0, "shift in the FN over 24 hours", "смена в ФН длится более 24 часов"),
    (0xF1, "wrong time difference between two FN operations", "неверная разница во времени между двумя операциями ФН"),
    (0xF2, "wrong command", "неверная команда"),
    (0xF3, "too many positions in the document", "в документе слишком много позиций"),
    (0xF4, "no data in the command", "в команде нет данных"),
    (0xF5, "sale of excise goods", "продажа подакцизного товара"),
    (0xF6, "receipt too big", "чек слишком велик"),
];

/// The extended codes of F6: extended code, English, Russian. One source only: atol4j.
pub const EXTENDED_F6: &[(u8, &str, &str)] = &[
    (0x01, "bad format (FFD) version", "неверная версия ФФД"),
    (0x03, "internal error", "внутренняя ошибка"),
    (0x04, "parameter is read-only", "параметр доступен только для чтения"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown_codes() {
        assert_eq!(Fault::NO_PAPER.name_en(), Some("no paper"));
        assert_eq!(Fault::NO_PAPER.name_ru(), Some("нет бумаги"));
        assert_eq!(Fault::NO_PAPER.to_string(), "no paper (67)");
        assert_eq!(Fault::new(0x01).name_ru(), None);
        assert_eq!(Fault::new(0x01).to_string(), "error 01");
        assert_eq!(Fault { code: 0x01, extended: 0x0A }.to_string(), "error 01, extended 0A");
    }

    #[test]
    fn the_extended_code_of_f6_tells_more() {
        let name = |extended| Fault { code: 0xF6, extended }.name_en().unwrap();
        assert_eq!(name(0x00), "receipt too big");
        assert_eq!(name(0x01), "bad format (FFD) version");
        assert_eq!(name(0x04), "parameter is read-only");
        assert_eq!(name(0x02), "receipt too big", "unknown extended code");
    }

    #[test]
    fn every_code_stands_once_in_order() {
        assert!(FAULTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn what_a_model_will_never_answer() {
        for code in 0..=0xFF {
            let expected = [0x6C, 0x7A, 0xF2].contains(&code);
            assert_eq!(Fault::new(code).is_unsupported(), expected, "{code:02X}");
        }
    }

    #[test]
    fn faults_are_grouped() {
        assert!(Fault::NO_PAPER.is_paper() && !Fault::NO_PAPER.is_printer());
        assert!(Fault::OVERHEATED.is_printer() && !Fault::OVERHEATED.is_fiscal_storage());
        assert!(Fault::FN_EXCHANGE.is_fiscal_storage() && Fault::OFD_OVERDUE.is_fiscal_storage());
    }
}
