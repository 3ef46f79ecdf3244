//! 06: why the last command failed.

use std::fmt;

use bitflags::bitflags;

use super::{EXTENDED_ERROR, Fields, command};
use crate::Pirit;
use crate::error::DecodeError;
use crate::frame::Answer;

/// Asks why the last error 01 or 03 came: the last one on this KKT, perhaps another program's.
///
/// ```text
/// > 06 [1]
/// < 06 [1] [code] [text]      text: FM16 and Punix only
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when the code is no number.
///
/// Source: docs/protocols/sp80x.md section 4.7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadExtendedError;

/// Asks what blocks the fiscal storage.
///
/// ```text
/// > 06 [2]
/// < 06 [2] [mask]
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when the mask is no number.
///
/// Source: docs/protocols/sp80x.md section 4.7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFnBlocks;

/// Why the last error 01 or 03 came. An unknown code is a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ExtendedError {
    /// The code.
    pub code: u32,
    /// The device's own text, if it sends one.
    pub text: Option<String>,
}

impl ExtendedError {
    /// There are documents that were not sent to the OFD.
    pub const UNSENT_DOCUMENTS: u32 = 34;

    /// The documented meaning in English; `None` for an unknown code.
    #[must_use]
    pub fn name_en(&self) -> Option<&'static str> {
        self.row().map(|(_, en, _)| *en)
    }

    /// The documented meaning in Russian, in our words; `None` for an unknown code.
    #[must_use]
    pub fn name_ru(&self) -> Option<&'static str> {
        self.row().map(|(_, _, ru)| *ru)
    }

    fn row(&self) -> Option<&'static (u32, &'static str, &'static str)> {
        EXTENDED_ERRORS.iter().find(|row| row.0 == self.code)
    }
}

impl fmt::Display for ExtendedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name_en() {
            Some(name) => write!(f, "{name} ({})", self.code),
            None => write!(f, "extended error {}", self.code),
        }
    }
}

bitflags! {
    /// What blocks the fiscal storage.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(transparent))]
    pub struct FnBlocks: u32 {
        /// It was not found.
        const NOT_FOUND = 1 << 1;
        /// Its archive was not closed.
        const ARCHIVE_NOT_CLOSED = 1 << 2;
        /// The test of its archive failed.
        const ARCHIVE_TEST = 1 << 3;
        /// Error of the link to it.
        const LINK = 1 << 4;
        /// The closing of the shift is unfinished.
        const SHIFT_CLOSING_UNFINISHED = 1 << 5;
        /// It is full.
        const FULL = 1 << 7;
    }
}

impl ReadExtendedError {
    pub(super) fn fields(self) -> [u32; 1] {
        [1]
    }

    fn read(self, answer: &Answer<'_>) -> Result<ExtendedError, DecodeError> {
        let mut fields = Fields::of(answer, &self.fields())?;
        let code = fields.integer("extended error")?;
        let text = fields.next().map(crate::text::decode).filter(|text| !text.is_empty());
        Ok(ExtendedError { code, text })
    }
}

impl ReadFnBlocks {
    pub(super) fn fields(self) -> [u32; 1] {
        [2]
    }

    fn read(self, answer: &Answer<'_>) -> Result<FnBlocks, DecodeError> {
        let mask = Fields::of(answer, &self.fields())?.integer("mask of blocks")?;
        Ok(FnBlocks::from_bits_retain(mask))
    }
}

command!(Pirit, ReadExtendedError, EXTENDED_ERROR, ExtendedError);
command!(Pirit, ReadFnBlocks, EXTENDED_ERROR, FnBlocks);

/// Every extended error that has a documented meaning: code, English, Russian. From 37 on a name
/// alone says that this parameter is wrong.
#[rustfmt::skip]
pub const EXTENDED_ERRORS: &[(u32, &str, &str)] = &[
    (0, "nothing more is known", "больше ничего не известно"),
    (1, "no \"start work\" yet", "не выполнено начало работы"),
    (2, "non-fiscal mode", "нефискальный режим"),
    (3, "FN archive closed", "архив ФН закрыт"),
    (4, "FN not registered", "ФН не зарегистрирован"),
    (5, "FN already registered", "ФН уже зарегистрирован"),
    (7, "nothing has changed for a re-registration", "для перерегистрации ничего не изменилось"),
    (8, "no document was opened", "документ не открывался"),
    (9, "the previous document is not closed", "предыдущий документ не закрыт"),
    (11, "document state is not 1", "состояние документа не 1"),
    (12, "document state is not 1 or 2", "состояние документа не 1 и не 2"),
    (13, "document state is not 1, 2 or 3", "состояние документа не 1, не 2 и не 3"),
    (14, "document state is not 4", "состояние документа не 4"),
    (15, "document is closed in the FN", "документ закрыт в ФН"),
    (16, "not a sale or a refund", "не продажа и не возврат"),
    (17, "not a cash in or cash out", "не внесение и не выплата"),
    (18, "not a service document", "не сервисный документ"),
    (19, "is a service document", "это сервисный документ"),
    (20, "shift not open", "смена не открыта"),
    (21, "fatal FN error", "фатальная ошибка ФН"),
    (22, "FN is not in the mode of taking a document for the OFD", "ФН не в режиме приёма документа для ОФД"),
    (23, "tax service site not set", "не задан сайт налоговой службы"),
    (24, "OFD name not set", "не задано название ОФД"),
    (25, "OFD INN not set", "не задан ИНН ОФД"),
    (26, "document total is zero", "итог документа равен нулю"),
    (27, "place of payment not set", "не задано место расчётов"),
    (28, "automat number not set", "не задан номер автомата"),
    (29, "more than one item of the kind \"payment of a credit\"", "больше одной позиции с признаком «оплата кредита»"),
    (30, "sender's e-mail not set", "не задан адрес отправителя"),
    (33, "operator name missing", "нет имени оператора"),
    (34, "there are documents not sent to the OFD", "есть документы, не переданные в ОФД"),
    (35, "only one discount per receipt", "в чеке допускается одна скидка"),
    (37, "registration number", "регистрационный номер"),
    (38, "registration data cannot be changed", "регистрационные данные менять нельзя"),
    (39, "date or time", "дата или время"),
    (40, "document type", "тип документа"),
    (41, "department number", "номер отдела"),
    (42, "document number", "номер документа"),
    (43, "tax system", "система налогообложения"),
    (44, "item name, article, quantity", "название, артикул или количество товара"),
    (45, "item name, article, quantity", "название, артикул или количество товара"),
    (46, "item name, article, quantity", "название, артикул или количество товара"),
    (47, "price", "цена"),
    (48, "tax rate number", "номер ставки налога"),
    (49, "item number", "номер позиции"),
    (50, "section number", "номер секции"),
    (51, "discount name", "название скидки"),
    (52, "discount sum", "сумма скидки"),
    (53, "sign of the payment method", "признак способа расчёта"),
    (54, "sign of the payment subject", "признак предмета расчёта"),
    (55, "payment type", "тип оплаты"),
    (56, "payment sum", "сумма оплаты"),
    (57, "additional text", "дополнительный текст"),
    (58, "buyer's address", "адрес покупателя"),
    (59, "FN replacement", "замена ФН"),
    (60, "user's INN", "ИНН пользователя"),
    (61, "mode of work", "режим работы"),
    (62, "autonomous mode together with encryption", "автономный режим вместе с шифрованием"),
    (63, "FFD version", "версия ФФД"),
    (64, "agent sign", "признак агента"),
    (65, "activation code", "код активации"),
    (66, "request number", "номер запроса"),
    (67, "paid-service number", "номер платной услуги"),
    (69, "marking type not supported", "тип маркировки не поддерживается"),
    (70, "a universal key is active", "действует универсальный ключ"),
    (71, "additional receipt attribute", "дополнительный реквизит чека"),
    (72, "name, value of the user's additional attribute", "название или значение дополнительного реквизита пользователя"),
    (73, "name, value of the user's additional attribute", "название или значение дополнительного реквизита пользователя"),
    (75, "correction type", "тип коррекции"),
    (76, "operation type", "тип операции"),
    (77, "number, name of the reason of a correction", "номер или название основания коррекции"),
    (78, "number, name of the reason of a correction", "номер или название основания коррекции"),
    (79, "agent data do not match the agent sign", "данные агента не соответствуют признаку агента"),
    (81, "goods code", "код товара"),
    (82, "too many items with a goods code", "слишком много позиций с кодом товара"),
    (83, "item name does not match the payment subject", "название товара не соответствует предмету расчёта"),
    (85, "buyer's INN, buyer", "ИНН покупателя или покупатель"),
    (86, "buyer's INN, buyer", "ИНН покупателя или покупатель"),
    (88, "firmware too old for FFD 1.2", "прошивка слишком старая для ФФД 1.2"),
    (89, "country of origin", "страна происхождения"),
    (90, "customs declaration", "таможенная декларация"),
    (91, "excise", "акциз"),
    (93, "phone", "телефон"),
    (94, "picture too large", "слишком большое изображение"),
];

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn codes_with_and_without_text_or_name() {
        let error = answer(&ReadExtendedError, "06", "1|34|").unwrap();
        assert_eq!(error.code, ExtendedError::UNSENT_DOCUMENTS);
        assert_eq!(error.to_string(), "there are documents not sent to the OFD (34)");
        let error = answer(&ReadExtendedError, "06", "1|6|text|").unwrap();
        assert_eq!(error.to_string(), "extended error 6");
        assert_eq!(error.text.as_deref(), Some("text"));
        assert!(EXTENDED_ERRORS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(EXTENDED_ERRORS.iter().all(|(_, _, ru)| !ru.is_ascii()));
    }

    #[test]
    fn what_blocks_the_fiscal_storage() {
        let blocks = answer(&ReadFnBlocks, "06", "2|144|").unwrap();
        assert_eq!(blocks, FnBlocks::LINK | FnBlocks::FULL);
    }
}
