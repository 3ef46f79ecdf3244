//! The lines of the page: each a name and a value, or why there is none.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use status_core::document::{
    Document, Door, Kkt, ReceiptState, ShiftState, Stamp, Unknowns, VisionState,
};
use status_core::{DeviceState, Paper};

use super::words::Words;

/// A part of the page.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: String,
    /// How it goes with the device, and how that looks.
    pub(super) state: Option<(String, &'static str)>,
    pub(super) rows: Vec<Row>,
}

/// A line.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) note: String,
    pub(super) look: Look,
}

/// How a value looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Good,
    Bad,
    Unknown,
}

impl Look {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

/// Everything but the problems. What a till does not have is left out.
pub(super) fn sections(document: &Document, zone: &TimeZone, words: Words) -> Vec<Section> {
    let now = document.till.time.instant().unwrap_or_default();
    let page = Page { words, zone, now };
    let mut all = vec![page.till(document)];
    if document.kkt.state != DeviceState::NotConfigured {
        all.push(page.kkt(&document.kkt));
    }
    if document.scale.state != DeviceState::NotConfigured {
        all.push(page.scale(document));
    }
    if document.vision.state != VisionState::NotConfigured {
        all.push(page.vision(document));
    }
    all
}

struct Page<'p> {
    words: Words,
    zone: &'p TimeZone,
    now: Timestamp,
}

impl Page<'_> {
    fn till(&self, document: &Document) -> Section {
        let words = self.words;
        let (receipt, user) = (&document.receipt, &document.user);
        let mut rows = Vec::new();
        match receipt.state {
            ReceiptState::Open => {
                rows.push(self.row("receipt", words.say("open"), Look::Plain));
                rows.push(self.time("activity", receipt.last_activity_at.as_ref(), "never-seen"));
            }
            ReceiptState::Closed => {
                rows.push(self.row("receipt", words.say("closed"), Look::Plain))
            }
            ReceiptState::Unknown => rows.push(self.unknown("receipt", &receipt.unknown, "state")),
        }
        if receipt.state != ReceiptState::Unknown {
            rows.push(self.time("last-closed", receipt.last_closed_at.as_ref(), "never-seen"));
        }
        rows.push(match (&user.role_id, user.unknown.is_empty()) {
            (Some(role), _) => self.row("role", role, Look::Plain),
            (None, true) => self.row("role", words.say("nobody"), Look::Plain),
            (None, false) => self.unknown("role", &user.unknown, "role_id"),
        });
        Section { title: words.say("till").to_owned(), state: None, rows }
    }

    fn kkt(&self, kkt: &Kkt) -> Section {
        let words = self.words;
        let unknown = &kkt.unknown;
        let mut rows = vec![
            match kkt.paper {
                Some(Paper::Present) => self.row("paper", words.say("present"), Look::Good),
                Some(Paper::NearEnd) => self.row("paper", words.say("near-end"), Look::Bad),
                Some(Paper::Out) => self.row("paper", words.say("out"), Look::Bad),
                None => self.unknown("paper", unknown, "paper"),
            },
            match kkt.cover {
                Some(Door::Closed) => self.row("cover", words.say("shut"), Look::Good),
                Some(Door::Open) => self.row("cover", words.say("opened"), Look::Bad),
                None => self.unknown("cover", unknown, "cover"),
            },
            match kkt.ofd.unsent_documents {
                Some(0) => self.row("unsent", words.say("all-sent"), Look::Good),
                Some(count) => {
                    let mut row = self.row("unsent", &count.to_string(), Look::Plain);
                    if let Some(at) = kkt.ofd.first_unsent_at.as_ref().and_then(Stamp::instant) {
                        row.note = format!(
                            "{} {}",
                            words.say("first"),
                            words.since(at, self.now, self.zone)
                        );
                    }
                    row
                }
                None => self.unknown("unsent", unknown, "ofd.unsent_documents"),
            },
            match kkt.shift.state {
                Some(state) => {
                    let (word, look) = match state {
                        ShiftState::Closed => ("shift-closed", Look::Plain),
                        ShiftState::Open => ("shift-open", Look::Plain),
                        ShiftState::Expired => ("shift-expired", Look::Bad),
                    };
                    let mut row = self.row("shift", words.say(word), look);
                    row.note =
                        kkt.shift.number.map(|number| format!("№ {number}")).unwrap_or_default();
                    row
                }
                None => self.unknown("shift", unknown, "shift.state"),
            },
        ];
        match &kkt.fiscal_storage.number {
            Some(number) => {
                let mut row = self.row("storage", number, Look::Plain);
                if let Some(until) = kkt.fiscal_storage.valid_until {
                    row.note = format!("{} {until}", words.say("until"));
                }
                rows.push(row);
            }
            None => rows.push(self.unknown("storage", unknown, "fiscal_storage.number")),
        }
        let model = [&kkt.model, &kkt.serial_number, &kkt.firmware];
        let model: Vec<_> = model.into_iter().flatten().map(String::as_str).collect();
        if !model.is_empty() {
            rows.push(self.row("model", &model.join(" · "), Look::Plain));
        }
        self.device("kkt", kkt.state, kkt.reason.as_deref(), kkt.age_seconds, rows)
    }

    fn scale(&self, document: &Document) -> Section {
        let scale = &document.scale;
        let words = self.words;
        let row = match scale.weight_grams {
            Some(grams) => {
                let mut row = self.row("weight", &words.kilograms(grams.milligrams), Look::Plain);
                row.note = match (scale.stable, scale.net) {
                    (Some(false), _) => words.say("in-motion").to_owned(),
                    (_, Some(true)) => words.say("net").to_owned(),
                    _ => String::new(),
                };
                row
            }
            None => self.unknown("weight", &scale.unknown, "weight_grams"),
        };
        self.device("scale", scale.state, scale.reason.as_deref(), scale.age_seconds, vec![row])
    }

    fn vision(&self, document: &Document) -> Section {
        let vision = &document.vision;
        let words = self.words;
        let (word, look) = match vision.state {
            VisionState::Up => ("up", Look::Good),
            VisionState::Down => ("down", Look::Bad),
            _ => ("unknown", Look::Unknown),
        };
        let mut row = self.row("link", words.say(word), look);
        let detail = vision.evidence.as_ref().or(vision.reason.as_ref());
        row.note = detail.cloned().unwrap_or_default();
        let mut rows = vec![row];
        rows.extend(self.age(vision.age_seconds));
        Section { title: words.say("vision").to_owned(), state: None, rows }
    }

    fn device(
        &self,
        name: &'static str,
        state: DeviceState,
        reason: Option<&str>,
        age: Option<u64>,
        mut rows: Vec<Row>,
    ) -> Section {
        let words = self.words;
        rows.extend(self.age(age));
        if let Some(reason) = reason {
            let mut row = self.row("reason", reason, Look::Unknown);
            row.note = String::new();
            rows.push(row);
        }
        let class = if state == DeviceState::Online { "good" } else { "bad" };
        let state = Some((words.state(state).to_owned(), class));
        Section { title: words.say(name).to_owned(), state, rows }
    }

    fn age(&self, age: Option<u64>) -> Option<Row> {
        let age = age?;
        Some(self.row("observed", &self.words.ago(age), Look::Plain))
    }

    fn time(&self, name: &'static str, at: Option<&Stamp>, otherwise: &str) -> Row {
        match at.and_then(Stamp::instant) {
            Some(at) => {
                let mut row = self.row(name, &self.words.time(at, self.zone), Look::Plain);
                row.note = self.words.ago(seconds_between(at, self.now));
                row
            }
            None => self.row(name, self.words.say(otherwise), Look::Unknown),
        }
    }

    fn unknown(&self, name: &'static str, unknown: &Unknowns, key: &str) -> Row {
        let words = self.words;
        let mut row = self.row(name, words.say("unknown"), Look::Unknown);
        if let Some(why) = unknown.get(key).or_else(|| unknown.values().next()) {
            row.value = format!("{}: {}", row.value, words.reason(why.reason));
            row.note.clone_from(&why.detail);
        }
        row
    }

    fn row(&self, name: &'static str, value: &str, look: Look) -> Row {
        let name = self.words.say(name);
        Row { name, value: value.to_owned(), note: String::new(), look }
    }
}

/// Zero when the clock was set back meanwhile.
pub(super) fn seconds_between(at: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.as_second() - at.as_second()).unwrap_or_default()
}
