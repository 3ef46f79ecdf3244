//! The sentences, in Russian and English. `{}` is filled in.

use std::time::Duration;

use super::Language;
use crate::{
    kkt::{FiscalStorageFlag, FiscalStoragePhase, PrinterFault},
    snapshot::About,
    trouble::{Refusal, Trouble},
};

pub(super) fn sentence(code: &str, language: Language, fill: &str) -> String {
    let known = SENTENCES.iter().find(|(known, _, _)| *known == code);
    let template = known.map_or("{}", |(_, ru, en)| if language == Language::Ru { ru } else { en });
    template.replace("{}", fill)
}

/// Code, Russian, English.
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "paused",
        "Опрос устройств приостановлен: чтобы продолжить, выполните till-status resume.",
        "The service is paused and asks no device: till-status resume lets it go on.",
    ),
    (
        "state-not-saved",
        "Состояние не записывается на диск: {}; проверьте место на диске и права.",
        "The state cannot be written to disk: {}; check free space and permissions.",
    ),
    (
        "config-not-applied",
        "Изменения настроек не применены: {}.",
        "A change of the configuration is not applied: {}.",
    ),
    (
        "kkt-not-connected",
        "Нет связи с ККТ: {}; проверьте питание и кабель.",
        "The KKT is not connected: {}; check its power and its cable.",
    ),
    (
        "kkt-silent",
        "ККТ перестала отвечать: {}; проверьте питание и кабель, перезапустите ККТ.",
        "The KKT has stopped answering: {}; check its power and its cable, switch it off and on.",
    ),
    (
        "kkt-busy",
        "ККТ занята другой программой: {}; проверьте, кто держит порт.",
        "Another program holds the KKT: {}; find out which.",
    ),
    ("kkt-refused", "ККТ отвечает ошибкой: {}.", "The KKT answers with an error: {}."),
    (
        "kkt-unreadable",
        "Ответы ККТ не удаётся прочитать ({}); проверьте driver, link и модель в настройках.",
        "Nobody can read what the KKT answers ({}); check driver, link and model in the settings.",
    ),
    (
        "kkt-blocked",
        "ККТ заблокирована: {}; вызовите сервис.",
        "The KKT is blocked: {}; call the service.",
    ),
    (
        "shift-expired",
        "Смена открыта больше 24 часов: закройте её, иначе чеки не печатаются.",
        "The shift is open for more than 24 hours: close it, or no receipt is printed.",
    ),
    (
        "shift-long",
        "Смена открыта уже {} ч: закройте её, после 24 часов чеки не печатаются.",
        "The shift has been open for {} h: close it, after 24 hours no receipt is printed.",
    ),
    (
        "clock-skew",
        "Часы ККТ отличаются от часов кассы на {}; проверьте и те и другие.",
        "The KKT's clock differs from the till's by {}; check both.",
    ),
    ("paper-out", "В ККТ нет бумаги: вставьте рулон.", "The KKT has no paper: put in a roll."),
    (
        "paper-near-end",
        "В ККТ заканчивается бумага: приготовьте рулон.",
        "The KKT's paper is near its end: have a roll ready.",
    ),
    ("cover-open", "Открыта крышка ККТ: закройте её.", "The KKT's cover is open: close it."),
    (
        "printer-fault",
        "Неисправность принтера ККТ: {}; проверьте принтер или вызовите сервис.",
        "The KKT's printer has a fault: {}; look at it or call the service.",
    ),
    (
        "ofd-held-by-us",
        "Пока эта программа держит ККТ, документы в ОФД не уходят: порт будет освобождён.",
        "While this service holds the KKT no documents leave for the OFD: it will let go of the port.",
    ),
    (
        "ofd-queue",
        "Не отправлено в ОФД документов: {}; проверьте связь ККТ с ОФД.",
        "Documents that are not sent to the OFD: {}; check the KKT's connection to the OFD.",
    ),
    (
        "ofd-queue-old",
        "Первый неотправленный в ОФД документ ждёт {}.",
        "The first document for the OFD has waited {}.",
    ),
    (
        "fiscal-storage-warning",
        "Фискальный накопитель предупреждает: {}; сообщите в сервис.",
        "The fiscal storage warns: {}; tell the service.",
    ),
    (
        "fiscal-storage-phase",
        "Фискальный накопитель не в фискальном режиме: {}; чеки не печатаются.",
        "The fiscal storage is not in its fiscal mode: {}; no receipt is printed.",
    ),
    (
        "fiscal-storage-expiring",
        "Срок фискального накопителя истекает, осталось дней: {}; запланируйте замену.",
        "The term of the fiscal storage ends: {} days are left, plan its replacement.",
    ),
    (
        "scale-not-connected",
        "Нет связи с весами: {}; проверьте питание и кабель.",
        "The scale is not connected: {}; check its power and its cable.",
    ),
    (
        "scale-silent",
        "Весы перестали отвечать: {}; проверьте питание и кабель, перезапустите весы.",
        "The scale has stopped answering: {}; check its power and its cable, switch it off and on.",
    ),
    (
        "scale-busy",
        "Весы заняты другой программой: {}; проверьте, кто держит порт.",
        "Another program holds the scale: {}; find out which.",
    ),
    ("scale-refused", "Весы отвечают ошибкой: {}.", "The scale answers with an error: {}."),
    (
        "scale-fault",
        "Весы не показывают вес: {}; проверьте, что на них лежит.",
        "The scale shows no weight: {}; look at what lies on it.",
    ),
    (
        "scale-loaded",
        "На весах оставлено {}: уберите лишнее или обнулите весы.",
        "Something of {} was left on the scale: take it off, or zero the scale.",
    ),
    (
        "scale-standing-missing",
        "На весах не хватает {} постоянного груза: верните его на место.",
        "The scale misses {} of what it always carries: put it back.",
    ),
    (
        "vision-down",
        "Нет связи с SuperMag Vision: {}; проверьте его программу и сеть.",
        "The link to SuperMag Vision is down: {}; check its program and the network.",
    ),
    (
        "vision-unknown",
        "Неизвестно, есть ли связь с SuperMag Vision: {}; проверьте сеть и target в настройках.",
        "It is not known whether the link to SuperMag Vision is up: {}; check the network and target in the settings.",
    ),
    (
        "feed-silent",
        "Кассовая программа не присылает событий: чек и пользователь неизвестны; проверьте, запущена ли она{}.",
        "The till program sends no events: the receipt and the user are unknown; check that it runs{}.",
    ),
    (
        "feed-disagrees",
        "Кассовая программа и ККТ говорят разное: {}; проверьте, чьи сведения верны.",
        "The till program and the KKT contradict each other: {}; check which of them is right.",
    ),
    (
        "receipt-open-long",
        "В открытом чеке ничего не происходит {} мин: закройте его или отмените.",
        "Nothing has happened in the open receipt for {} min: close or cancel it.",
    ),
    (
        "till-idle",
        "На кассе не было чеков {} мин в рабочее время: проверьте, работает ли она.",
        "The till has had no receipt for {} min of its opening hours: check that it works.",
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

/// For how long a document has waited, and what to do before the KKT blocks itself after 30 days.
pub(super) fn ofd_queue_old(age: Duration, language: Language) -> String {
    const BLOCKED_AFTER: u64 = 30;
    let (hours, days) = (age.as_secs() / 3600, age.as_secs() / 86_400);
    let left = BLOCKED_AFTER.saturating_sub(days);
    let (ru, en) = match days {
        0 => (
            format!("{hours} ч; проверьте связь ККТ с ОФД, через 30 дней ККТ блокируется"),
            format!(
                "{hours} h; check the KKT's connection to the OFD, after 30 days the KKT blocks itself"
            ),
        ),
        1..3 => (
            format!("{hours} ч; проверьте сеть и настройки ОФД, дней до блокировки ККТ: {left}"),
            format!(
                "{hours} h; check the network and the OFD settings, days until the KKT blocks itself: {left}"
            ),
        ),
        3..10 => (
            format!("уже дней: {days}; вызовите сервис, дней до блокировки ККТ: {left}"),
            format!("{days} days; call the service, days until the KKT blocks itself: {left}"),
        ),
        10..25 => (
            format!("уже дней: {days}; вызовите сервис сегодня, дней до блокировки ККТ: {left}"),
            format!(
                "{days} days; call the service today, days until the KKT blocks itself: {left}"
            ),
        ),
        25..30 => (
            format!("уже дней: {days}; СРОЧНО вызовите сервис, дней до блокировки ККТ: {left}"),
            format!(
                "{days} days; call the service AT ONCE, days until the KKT blocks itself: {left}"
            ),
        ),
        _ => (
            format!(
                "уже дней: {days}; ККТ блокируется после 30 дней, чеки не печатаются: вызовите сервис"
            ),
            format!(
                "{days} days; after 30 days the KKT blocks itself and prints no receipt: call the service"
            ),
        ),
    };
    if language == Language::Ru { ru } else { en }
}

/// What the till program and the KKT contradict each other about.
pub(super) fn about(about: About, language: Language) -> String {
    let (ru, en) = match about {
        About::Paper { kkt: true } => (
            "по ККТ бумага есть, по программе нет".to_owned(),
            "paper is there by the KKT, and out by the program".to_owned(),
        ),
        About::Paper { kkt: false } => (
            "по ККТ бумаги нет, по программе есть".to_owned(),
            "paper is out by the KKT, and there by the program".to_owned(),
        ),
        About::Queue { kkt, told } => (
            format!("не отправлено в ОФД по ККТ {kkt}, по программе {told}"),
            format!("unsent documents are {kkt} by the KKT, and {told} by the program"),
        ),
        About::Receipt { kkt: true } => (
            "по ККТ чек открыт, по программе закрыт".to_owned(),
            "the receipt is open by the KKT, and closed by the program".to_owned(),
        ),
        About::Receipt { kkt: false } => (
            "по ККТ чек закрыт, по программе открыт".to_owned(),
            "the receipt is closed by the KKT, and open by the program".to_owned(),
        ),
    };
    if language == Language::Ru { ru } else { en }
}

/// A weight to the gram: `0.350 kg`.
pub(super) fn kilograms(milligrams: u64, language: Language) -> String {
    let grams = milligrams.saturating_add(500) / 1000;
    let unit = if language == Language::Ru { "кг" } else { "kg" };
    format!("{}.{:03} {unit}", grams / 1000, grams % 1000)
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
