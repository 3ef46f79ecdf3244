//! What a technician does about the common errors.

/// What to do, in English and Russian; `None` where the meaning says all, or only the program's
/// author can help.
///
/// The advice is ours: it follows from the meaning of the code, no source prints it.
pub(super) fn of(code: u8) -> Option<(&'static str, &'static str)> {
    ADVICE.iter().find(|(codes, ..)| codes.contains(&code)).map(|(_, en, ru)| (*en, *ru))
}

type Row = (&'static [u8], &'static str, &'static str);

const ADVICE: &[Row] = &[
    (&[0x67], "put in a new roll and close the cover", "вставьте новый рулон и закройте крышку"),
    (
        &[0x68],
        "check the printer's cable and power, then switch the KKT off and on",
        "проверьте кабель и питание принтера, затем выключите и включите ККТ",
    ),
    (
        &[0x69],
        "open the cover and look for jammed paper, then switch the KKT off and on; if it stays, call the service",
        "откройте крышку и проверьте, не замята ли бумага, затем выключите и включите ККТ; не помогло - вызовите сервис",
    ),
    (
        &[0xD1],
        "let the print head cool down for a few minutes",
        "подождите несколько минут, пока головка остынет",
    ),
    (&[0x88, 0xF0], "close the shift (Z report)", "закройте смену (Z-отчёт)"),
    (&[0x9C], "close the shift (Z report) first", "сначала закройте смену (Z-отчёт)"),
    (
        &[0x9B, 0x82, 0x87, 0x89],
        "finish or cancel the open receipt in the till program",
        "завершите или отмените открытый чек в кассовой программе",
    ),
    (
        &[0x8C, 0xA4],
        "compare the access password in the settings with the one set in the KKT",
        "сверьте пароль доступа в настройках с заданным в ККТ",
    ),
    (
        &[0x66, 0x1E],
        "wait until the KKT has finished, or leave its present mode with the till program",
        "дождитесь завершения операции или выйдите из режима кассовой программой",
    ),
    (
        &[0x15, 0x16, 0x1F, 0x20, 0x94, 0x95, 0xD9, 0xF1],
        "compare the KKT's date and time with the real ones and have them set right",
        "сверьте дату и время ККТ с действительными и исправьте их",
    ),
    (
        &[0x76],
        "wait until the KKT has finished the previous operation",
        "дождитесь, пока ККТ завершит предыдущую операцию",
    ),
    (
        &[0xBA, 0xD2],
        "switch the KKT off and on; if it stays, the service checks how the fiscal storage sits",
        "выключите и включите ККТ; не помогло - сервис проверит подключение фискального накопителя",
    ),
    (
        &[0xD3, 0xD5, 0xD6],
        "call the service: the fiscal storage may have to be replaced",
        "вызовите сервис: возможно, нужна замена фискального накопителя",
    ),
    (&[0xD7, 0xD8, 0xEA], "have the fiscal storage replaced", "замените фискальный накопитель"),
    (
        &[0xE9, 0xEB, 0xED, 0xEF],
        "check the KKT's network and the settings of the OFD until the documents go out",
        "проверьте сеть ККТ и настройки ОФД, пока документы не уйдут",
    ),
    (
        &[0xBF],
        "call the service: KKT and fiscal storage disagree about the shift",
        "вызовите сервис: номера смен в ККТ и ФН расходятся",
    ),
    (&[0xBE], "call the service", "вызовите сервис"),
    (&[0xE6], "check the KKT's power supply", "проверьте блок питания ККТ"),
    (
        &[0xC9],
        "check the cable and the power of the device behind the KKT",
        "проверьте кабель и питание устройства, подключённого к ККТ",
    ),
    (
        &[0x7A, 0xF2],
        "nothing: this model or its firmware cannot tell this",
        "ничего: эта модель или её прошивка этого не сообщает",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FAULTS;

    #[test]
    fn advice_is_for_documented_errors_once_each_in_both_languages() {
        let mut seen = Vec::new();
        for (codes, en, ru) in ADVICE {
            assert!(en.is_ascii() && !ru.is_ascii(), "{en}");
            assert!(!en.ends_with('.') && !ru.ends_with('.'), "it ends a sentence of others: {en}");
            for code in *codes {
                assert!(FAULTS.iter().any(|row| row.0 == *code), "{code:02X}");
                assert!(!seen.contains(code), "{code:02X} twice");
                seen.push(*code);
            }
        }
    }

    /// The codes that the protocol page prints in bold: what a shop sees.
    #[test]
    fn what_a_shop_sees_has_advice() {
        for code in [0x67, 0x68, 0x69, 0x88, 0x8C, 0xD1, 0xD2, 0xD7, 0xD8, 0xEB, 0xED, 0xEF, 0xF0] {
            assert!(of(code).is_some(), "{code:02X}");
        }
        assert_eq!(of(0x01), None);
    }
}
