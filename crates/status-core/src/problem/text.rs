//! The sentences, in Russian and English. `{}` is filled in.

use super::Language;
use crate::{
    kkt::{FiscalStorageFlag, FiscalStoragePhase, PrinterFault},
    trouble::{Refusal, Trouble},
};

pub(super) fn sentence(code: &str, language: Language, fill: &str) -> String {
    let known = SENTENCES.iter().find(|(known, _, _)| *known == code);
    let template = known.map_or("{}", |(_, ru, en)| if language == Language::Ru { ru } else { en });
    template.replace("{}", fill)
}

/// Code, Russian, English.
pub(super) const SENTENCES: [(&str, &str, &str); 28] = [
    ("paused", "Опрос устройств приостановлен.", "The service is paused and asks no device."),
    (
        "state-not-saved",
        "Состояние не записывается на диск: {}.",
        "The state cannot be written to disk: {}.",
    ),
    (
        "config-not-applied",
        "Изменения настроек не применены: {}.",
        "A change of the configuration is not applied: {}.",
    ),
    ("kkt-not-connected", "Нет связи с ККТ: {}.", "The KKT is not connected: {}."),
    ("kkt-silent", "ККТ перестала отвечать: {}.", "The KKT has stopped answering: {}."),
    ("kkt-busy", "ККТ занята другой программой: {}.", "Another program holds the KKT: {}."),
    ("kkt-refused", "ККТ отвечает ошибкой: {}.", "The KKT answers with an error: {}."),
    ("kkt-blocked", "ККТ заблокирована: {}.", "The KKT is blocked: {}."),
    (
        "shift-expired",
        "Смена открыта больше 24 часов: закройте её, иначе чеки не печатаются.",
        "The shift is open for more than 24 hours: close it, or no receipt is printed.",
    ),
    (
        "clock-skew",
        "Часы ККТ отличаются от часов кассы на {}.",
        "The KKT's clock differs from the till's by {}.",
    ),
    ("paper-out", "В ККТ нет бумаги.", "The KKT has no paper."),
    ("paper-near-end", "В ККТ заканчивается бумага.", "The KKT's paper is near its end."),
    ("cover-open", "Открыта крышка ККТ.", "The KKT's cover is open."),
    ("printer-fault", "Неисправность принтера ККТ: {}.", "The KKT's printer has a fault: {}."),
    (
        "ofd-held-by-us",
        "Пока эта программа держит ККТ, документы в ОФД не уходят: порт будет освобождён.",
        "While this service holds the KKT no documents leave for the OFD: it will let go of the port.",
    ),
    (
        "ofd-queue",
        "Не отправлено в ОФД документов: {}.",
        "Documents that are not sent to the OFD: {}.",
    ),
    (
        "ofd-queue-old",
        "Первый неотправленный в ОФД документ ждёт {} ч; через 30 дней ККТ блокируется.",
        "The first document for the OFD has waited {} h; after 30 days the KKT blocks itself.",
    ),
    (
        "fiscal-storage-warning",
        "Фискальный накопитель предупреждает: {}.",
        "The fiscal storage warns: {}.",
    ),
    (
        "fiscal-storage-phase",
        "Фискальный накопитель не в фискальном режиме: {}.",
        "The fiscal storage is not in its fiscal mode: {}.",
    ),
    (
        "fiscal-storage-expiring",
        "Срок фискального накопителя истекает: осталось дней: {}.",
        "The term of the fiscal storage ends: {} days are left.",
    ),
    ("scale-not-connected", "Нет связи с весами: {}.", "The scale is not connected: {}."),
    ("scale-silent", "Весы перестали отвечать: {}.", "The scale has stopped answering: {}."),
    ("scale-busy", "Весы заняты другой программой: {}.", "Another program holds the scale: {}."),
    ("scale-refused", "Весы отвечают ошибкой: {}.", "The scale answers with an error: {}."),
    ("scale-fault", "Весы не показывают вес: {}.", "The scale shows no weight: {}."),
    ("vision-down", "Нет связи с SuperMag Vision: {}.", "The link to SuperMag Vision is down: {}."),
    (
        "vision-unknown",
        "Неизвестно, есть ли связь с SuperMag Vision: {}.",
        "It is not known whether the link to SuperMag Vision is up: {}.",
    ),
    (
        "feed-silent",
        "Кассовая программа не присылает событий: чек и пользователь неизвестны.",
        "The till program sends no events: the receipt and the user are unknown.",
    ),
];

/// The kind of a trouble in Russian; its details are English and stand in the device's section.
pub(super) fn trouble(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::CannotOpen(_) => "порт не открывается, или устройство закрыло соединение",
        Trouble::Silent(_) => "на запросы нет ответа",
        Trouble::Garbage(_) => "приходят непонятные данные: проверьте адрес, скорость и протокол",
        Trouble::Busy(_) => "порт занят, или он освобождён для другой программы",
        Trouble::Failed(_) => "внутренняя ошибка опроса",
    }
}

/// An error of the device, and what to do about it.
pub(super) fn refusal(refusal: &Refusal, language: Language) -> String {
    let (word, name, advice) = match language {
        Language::Ru => ("ошибка", &refusal.name_ru, &refusal.advice_ru),
        Language::En => ("error", &refusal.name_en, &refusal.advice_en),
    };
    let advice = advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
    let code = refusal.code.map(|code| format!(" {code:02X}h")).unwrap_or_default();
    format!("{word}{code}, {name}{advice}")
}

/// How far the KKT's clock is from the till's: `-45 s`. What is near whole hours is hardly a clock
/// that runs wrong.
pub(super) fn clock_skew(seconds: i64, language: Language) -> String {
    const HOUR: i64 = 3600;
    const NEAR: i64 = 180;
    let unit = if language == Language::Ru { "с" } else { "s" };
    let hours = (seconds + seconds.signum() * HOUR / 2) / HOUR;
    // No two zones of this planet are more than 26 hours apart.
    let zone = (1..=26).contains(&hours.abs()) && (seconds - hours * HOUR).abs() <= NEAR;
    match (zone, language) {
        (false, _) => format!("{seconds} {unit}"),
        (true, Language::Ru) => {
            format!("{seconds} {unit} (около {hours} ч: вероятно, задан другой часовой пояс)")
        }
        (true, Language::En) => {
            format!("{seconds} {unit} (about {hours} h: most likely another time zone is set)")
        }
    }
}

pub(super) fn printer_fault(fault: PrinterFault, language: Language) -> &'static str {
    let (ru, en) = match fault {
        PrinterFault::ConnectionLost => ("нет связи с принтером", "no connection to the printer"),
        PrinterFault::MechanicalError => ("механическая ошибка", "mechanical error"),
        PrinterFault::CutterError => ("ошибка отрезчика", "cutter error"),
        PrinterFault::Overheated => ("перегрев головки", "print head too hot"),
        PrinterFault::PaperJam => ("замята бумага", "paper jam"),
        PrinterFault::PresenterError => ("ошибка презентера", "presenter error"),
    };
    if language == Language::Ru { ru } else { en }
}

pub(super) fn fiscal_storage_phase(phase: FiscalStoragePhase, language: Language) -> &'static str {
    let (ru, en) = match phase {
        FiscalStoragePhase::Setup => ("идёт настройка", "it is being set up"),
        FiscalStoragePhase::Ready => ("он готов к активации", "it is ready to be activated"),
        FiscalStoragePhase::Fiscal => ("фискальный режим", "fiscal mode"),
        FiscalStoragePhase::PostFiscal => {
            ("фискальный режим закрыт", "its fiscal mode has been closed")
        }
        FiscalStoragePhase::Archive => ("доступен только архив", "only its archive can be read"),
    };
    if language == Language::Ru { ru } else { en }
}

pub(super) fn fiscal_storage_flag(flag: FiscalStorageFlag, language: Language) -> &'static str {
    let (ru, en) = match flag {
        FiscalStorageFlag::NeedReplacement => ("нужна срочная замена", "replace it at once"),
        FiscalStorageFlag::ResourceExhausted => {
            ("ресурс заканчивается (30 дней)", "its resource ends within 30 days")
        }
        FiscalStorageFlag::MemoryOverflow => {
            ("память заполнена на 90 %", "its memory is 90 % full")
        }
        FiscalStorageFlag::OfdTimeout => {
            ("превышено время ожидания ответа ОФД", "the OFD's answer is overdue")
        }
        FiscalStorageFlag::CriticalError => ("критическая ошибка", "critical error"),
    };
    if language == Language::Ru { ru } else { en }
}
