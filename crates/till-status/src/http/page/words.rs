//! The page's words, in Russian and English.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use status_core::{DeviceState, Language, Overall, Reason, Severity};

use super::rows::seconds_between;

/// The words of one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words(pub(super) Language);

/// Key, Russian, English.
const WORDS: [(&str, &str, &str); 47] = [
    ("till", "Касса", "Till"),
    ("kkt", "ККТ", "KKT"),
    ("scale", "Весы", "Scale"),
    ("vision", "SuperMag Vision", "SuperMag Vision"),
    ("receipt", "Чек", "Receipt"),
    ("open", "открыт", "open"),
    ("closed", "не открыт", "none open"),
    ("activity", "Активность в чеке", "Last activity"),
    ("last-closed", "Последний чек закрыт", "Last receipt closed"),
    ("never-seen", "пока не наблюдалось", "not seen yet"),
    ("role", "Роль пользователя", "User's role"),
    ("nobody", "никто не вошёл", "nobody is signed in"),
    ("paper", "Бумага", "Paper"),
    ("present", "есть", "present"),
    ("near-end", "заканчивается", "near its end"),
    ("out", "нет", "out"),
    ("cover", "Крышка", "Cover"),
    ("shut", "закрыта", "closed"),
    ("opened", "открыта", "open"),
    ("unsent", "Не отправлено в ОФД", "Not sent to the OFD"),
    ("all-sent", "0, всё отправлено", "0, all sent"),
    ("first", "первый", "the first"),
    ("shift", "Смена", "Shift"),
    ("shift-closed", "закрыта", "closed"),
    ("shift-open", "открыта", "open"),
    ("shift-expired", "открыта больше 24 часов", "open for over 24 hours"),
    ("storage", "Фискальный накопитель", "Fiscal storage"),
    ("until", "до", "until"),
    ("model", "Модель", "Model"),
    ("weight", "Вес", "Weight"),
    ("in-motion", "вес меняется", "in motion"),
    ("net", "нетто", "net"),
    ("link", "Связь", "Link"),
    ("up", "есть", "up"),
    ("down", "нет", "down"),
    ("unknown", "неизвестно", "unknown"),
    ("observed", "Последний ответ", "Last answer"),
    ("reason", "Причина", "Reason"),
    ("online", "на связи", "online"),
    ("stale", "не отвечает", "silent"),
    ("not-connected", "нет связи", "not connected"),
    ("busy", "занято", "busy"),
    ("refused", "отвечает ошибкой", "answers with an error"),
    ("starting", "ещё не опрошено", "not asked yet"),
    ("paused", "опрос приостановлен", "paused"),
    ("not-configured", "не настроено", "not configured"),
    ("not-supported", "касса этого не сообщает", "this till cannot tell it"),
];

impl Words {
    /// As in `lang`.
    pub(super) fn code(self) -> &'static str {
        self.pick("ru", "en")
    }

    pub(super) fn say(self, key: &str) -> &'static str {
        let found = WORDS.iter().find(|(known, _, _)| *known == key);
        found.map_or("", |(_, ru, en)| self.pick(ru, en))
    }

    pub(super) fn overall(self, overall: Overall) -> &'static str {
        match overall {
            Overall::Ok => self.pick("Всё в порядке", "All is well"),
            Overall::Warning => self.pick("Есть предупреждения", "There are warnings"),
            Overall::Critical => self.pick("Нужна помощь", "Help is needed"),
            Overall::Unknown => self.pick("Не всё известно", "Not all is known"),
        }
    }

    pub(super) fn severity(self, severity: Severity) -> &'static str {
        match severity {
            Severity::Warning => self.pick("Предупреждение:", "Warning:"),
            Severity::Critical => self.pick("Критично:", "Critical:"),
        }
    }

    pub(super) fn state(self, state: DeviceState) -> &'static str {
        self.say(match state {
            DeviceState::Online => "online",
            DeviceState::Stale => "stale",
            DeviceState::NotConnected => "not-connected",
            DeviceState::Busy => "busy",
            DeviceState::Refused => "refused",
            DeviceState::Starting => "starting",
            DeviceState::Paused => "paused",
            DeviceState::NotConfigured => "not-configured",
        })
    }

    pub(super) fn reason(self, reason: Reason) -> &'static str {
        match reason {
            Reason::DeviceFault => self.pick("неисправность устройства", "the device has a fault"),
            Reason::ReceiptStateUnknown => {
                self.pick("неизвестно, открыт ли чек", "it is not known whether a receipt is open")
            }
            Reason::NeverSeen => self.say("never-seen"),
            other => self.say(other.name()),
        }
    }

    /// Above the page when the service does not answer; the script adds the time.
    pub(super) fn lost(self) -> &'static str {
        self.pick(
            "Нет связи со службой till-status; ниже то, что было известно до",
            "No connection to the till-status service; below is what was known until",
        )
    }

    pub(super) fn till_time(self) -> &'static str {
        self.pick("Часы кассы:", "The till's clock:")
    }

    /// `24.11.2026 01:47:39`
    pub(super) fn time(self, at: Timestamp, zone: &TimeZone) -> String {
        let form = self.pick("%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S");
        at.to_zoned_datetime(zone.clone()).strftime(form).to_string()
    }

    /// `с 01:40:12 (7 мин)`, with the date when it is not of today.
    pub(super) fn since(self, at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
        let local = at.to_zoned_datetime(zone.clone());
        let today = local.date() == now.to_zoned_datetime(zone.clone()).date();
        let form = if today { "%H:%M:%S" } else { self.pick("%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M") };
        let since = self.pick("с", "since");
        format!("{since} {} ({})", local.strftime(form), self.lasts(seconds_between(at, now)))
    }

    /// `5 с назад`
    pub(super) fn ago(self, seconds: u64) -> String {
        format!("{} {}", self.lasts(seconds), self.pick("назад", "ago"))
    }

    /// `-0,020 кг`
    pub(super) fn kilograms(self, milligrams: i64) -> String {
        let sign = if milligrams < 0 { "-" } else { "" };
        let grams = milligrams.unsigned_abs().div_euclid(1000);
        let (point, unit) = (self.pick(",", "."), self.pick("кг", "kg"));
        format!("{sign}{}{point}{:03} {unit}", grams / 1000, grams % 1000)
    }

    fn lasts(self, seconds: u64) -> String {
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
        let [d, h, m, s] =
            [("д", "d"), ("ч", "h"), ("мин", "min"), ("с", "s")].map(|(ru, en)| self.pick(ru, en));
        match (days, hours, minutes) {
            (0, 0, 0) => format!("{seconds} {s}"),
            (0, 0, _) => format!("{minutes} {m}"),
            (0, _, _) => format!("{hours} {h} {} {m}", minutes % 60),
            _ => format!("{days} {d} {} {h}", hours % 24),
        }
    }

    fn pick(self, ru: &'static str, en: &'static str) -> &'static str {
        if self.0 == Language::Ru { ru } else { en }
    }
}

pub(super) fn overall_class(overall: Overall) -> &'static str {
    match overall {
        Overall::Ok => "good",
        Overall::Warning => "warning",
        Overall::Critical => "critical",
        Overall::Unknown => "unknown",
    }
}

pub(super) fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}
