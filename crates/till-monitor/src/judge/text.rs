//! Titles and sentences, in Russian and English.

use std::time::Duration;

use status_core::Endpoint;

use super::{Failure, Trouble};

/// A sentence in both languages. What a till said stands in the language that it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

impl Texts {
    pub(super) fn told(text: &str) -> Self {
        Self { ru: text.to_owned(), en: text.to_owned() }
    }

    fn new(ru: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ru: ru.into(), en: en.into() }
    }
}

/// What a code is called, as a head over the tills that have it: Russian, English.
pub fn title(code: &str) -> Option<(&'static str, &'static str)> {
    TITLES.iter().find(|(known, _, _)| *known == code).map(|(_, ru, en)| (*ru, *en))
}

/// Every title: code, Russian, English.
pub fn titles() -> &'static [(&'static str, &'static str, &'static str)] {
    TITLES
}

const TITLES: &[(&str, &str, &str)] = &[
    ("store-no-answer", "Магазин не отвечает", "The store does not answer"),
    ("no-answer", "Касса не отвечает", "The till does not answer"),
    ("not-understood", "Касса отвечает непонятно", "The till's answers are not understood"),
    ("cannot-tell", "Касса отвечает, но не знает значений", "The till answers, but cannot tell"),
    ("till-clock", "Часы кассы идут неверно", "The till's clock is wrong"),
    ("till-idle", "Касса простаивает", "The till is idle"),
    ("receipt-open-long", "Чек долго открыт", "A receipt is open for long"),
    ("paper-out", "Нет бумаги", "No paper"),
    ("paper-near-end", "Заканчивается бумага", "Paper near its end"),
    ("cover-open", "Открыта крышка ККТ", "The KKT's cover is open"),
    ("printer-fault", "Неисправность принтера", "Printer fault"),
    ("kkt-not-connected", "Нет связи с ККТ", "The KKT is not connected"),
    ("kkt-silent", "ККТ не отвечает", "The KKT is silent"),
    ("kkt-busy", "ККТ занята", "The KKT is busy"),
    ("kkt-refused", "ККТ отвечает ошибкой", "The KKT answers with an error"),
    ("kkt-unreadable", "Ответы ККТ непонятны", "The KKT's answers are not understood"),
    ("kkt-blocked", "ККТ заблокирована", "The KKT is blocked"),
    ("ofd-queue", "Не отправлено в ОФД", "Documents not sent to the OFD"),
    ("ofd-queue-old", "Документы давно ждут отправки в ОФД", "Documents wait for the OFD for long"),
    ("ofd-held-by-us", "Отправка в ОФД стоит из-за опроса", "Sending to the OFD is held up by us"),
    ("shift-long", "Смена скоро превысит 24 часа", "The shift comes near 24 hours"),
    ("shift-expired", "Смена открыта больше 24 часов", "The shift is open for over 24 hours"),
    ("clock-skew", "Часы ККТ идут неверно", "The KKT's clock is wrong"),
    ("fiscal-storage-warning", "Предупреждение ФН", "The fiscal storage warns"),
    (
        "fiscal-storage-phase",
        "ФН не в фискальном режиме",
        "The fiscal storage is not in its fiscal mode",
    ),
    ("fiscal-storage-expiring", "Истекает срок ФН", "The fiscal storage expires"),
    ("scale-not-connected", "Нет связи с весами", "The scale is not connected"),
    ("scale-silent", "Весы не отвечают", "The scale is silent"),
    ("scale-busy", "Весы заняты", "The scale is busy"),
    ("scale-refused", "Весы отвечают ошибкой", "The scale answers with an error"),
    ("scale-fault", "Весы не показывают вес", "The scale shows no weight"),
    ("scale-loaded", "На весах лежит груз", "Something lies on the scale"),
    ("scale-standing-missing", "С весов снята тара", "The scale's standing weight is gone"),
    ("vision-down", "Нет связи с SuperMag Vision", "The link to SuperMag Vision is down"),
    (
        "vision-unknown",
        "Связь с SuperMag Vision неизвестна",
        "The link to SuperMag Vision is unknown",
    ),
    ("feed-silent", "Кассовая программа молчит", "The till program is silent"),
    ("feed-disagrees", "Кассовая программа и ККТ расходятся", "Till program and KKT disagree"),
    ("config-not-applied", "Настройки не применены", "The configuration is not applied"),
    ("state-not-saved", "Состояние не сохраняется", "The state is not saved"),
    ("paused", "Опрос приостановлен", "Paused"),
];

pub(super) fn no_answer(failure: &Failure) -> (&'static str, Texts) {
    let detail = &failure.detail;
    let (code, ru, en) = match failure.trouble {
        Trouble::Name => ("no-answer", "имя кассы не находится", "its name does not resolve"),
        Trouble::Connect => ("no-answer", "нет соединения", "no connection"),
        Trouble::Silent => ("no-answer", "нет ответа за отведённое время", "no answer in time"),
        Trouble::Garbage => {
            let ru = format!("Ответ не похож на ответ кассы: {detail}");
            let en = format!("This is no answer of a till: {detail}");
            return ("not-understood", Texts::new(ru, en));
        }
    };
    let ru = format!("Касса не отвечает: {ru} ({detail}).");
    (code, Texts::new(ru, format!("The till does not answer: {en} ({detail}).")))
}

/// Of all tills of a store.
pub(crate) fn store_no_answer(tills: usize) -> Texts {
    Texts::new(
        format!("Не отвечает ни одна касса магазина ({tills}): вероятно, нет связи с магазином."),
        format!("None of the store's tills ({tills}) answers: most likely its link is down."),
    )
}

pub(super) fn cannot_tell(values: &[(Endpoint, &str)]) -> Texts {
    let list: Vec<_> =
        values.iter().map(|(endpoint, why)| format!("{}: {why}", endpoint.name())).collect();
    let list = list.join("; ");
    Texts::new(
        format!("Касса отвечает, но не может сказать: {list}"),
        format!("The till answers, but cannot tell: {list}"),
    )
}

pub(super) fn paper_out() -> Texts {
    Texts::new("В ККТ нет бумаги.", "The KKT has no paper.")
}

pub(super) fn vision() -> Texts {
    Texts::new("Нет связи с SuperMag Vision.", "The link to SuperMag Vision is down.")
}

pub(super) fn ofd(count: u32) -> Texts {
    Texts::new(
        format!("Не отправлено в ОФД документов: {count}."),
        format!("Documents that are not sent to the OFD: {count}."),
    )
}

pub(super) fn receipt_open(age: Duration) -> Texts {
    let minutes = age.as_secs() / 60;
    Texts::new(
        format!("Открыт чек, в котором ничего не происходит {minutes} мин."),
        format!("A receipt is open in which nothing has happened for {minutes} min."),
    )
}

pub(super) fn till_idle(age: Duration) -> Texts {
    let minutes = age.as_secs() / 60;
    Texts::new(
        format!("На кассе ничего не продано уже {minutes} мин."),
        format!("Nothing was sold at this till for {minutes} min."),
    )
}

pub(super) fn till_clock(apart: i64) -> Texts {
    Texts::new(
        format!("Часы кассы отличаются от часов монитора на {apart} с."),
        format!("The till's clock differs from the monitor's by {apart} s."),
    )
}
