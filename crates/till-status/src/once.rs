//! Asks each source once, through the same gates as the running service.

use std::sync::Arc;

use jiff::tz::TimeZone;
use status_core::{Answer, Document, Endpoint, Language, Snapshot, answer, document};
use vision_probe::Prober;

use crate::config::Config;
use crate::http::Forms;
use crate::shared::Shared;
use crate::source;

/// What a till says when each of its sources was asked once.
#[derive(Debug)]
pub struct Once {
    /// The seven answers.
    pub answers: Vec<(Endpoint, Told)>,
    /// The whole state.
    pub document: Document,
}

/// One of the seven answers, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// 200 and its text.
    Value(String),
    /// 204.
    Empty,
    /// 503 or 501: the name of the reason and what a technician should know.
    Unknown {
        /// The name of the reason, such as `not-connected`.
        reason: &'static str,
        /// What a technician should know.
        detail: String,
    },
}

/// Asks every configured source once. The texts of problems are in `language`.
///
/// The rules of the service hold: a KKT that is not ours is not opened, and the scale is left alone
/// while a receipt is open or nobody knows. Nobody tells events to this call, so a KKT with
/// `hold = "per-poll"` is not opened either.
#[must_use]
pub fn once(config: &Config, language: Language) -> Once {
    let shared = Arc::new(Shared::new(|now| Snapshot::new(config.settings(), now)));
    shared.pause(|wishes| wishes.file = config.till.paused());
    let sources = source::all(config, Prober::new());
    std::thread::scope(|scope| {
        let (vision, rest): (Vec<_>, Vec<_>) =
            sources.into_iter().partition(|source| source.name() == "vision");
        let ask = |sources: Vec<Box<dyn source::Source>>| {
            for mut source in sources {
                source::guarded_step(&mut *source, &shared);
                source.close();
            }
        };
        scope.spawn(move || ask(vision));
        ask(rest);
    });
    let zone = TimeZone::system();
    let now = shared.now();
    let snapshot = shared.snapshot();
    let forms = Forms { api: &config.api, zone: &zone };
    let told = |endpoint| match answer(endpoint, &snapshot, now) {
        Answer::Known { value, .. } => Told::Value(forms.text(&value)),
        Answer::Empty { .. } => Told::Empty,
        Answer::Unknown(unknown) => {
            Told::Unknown { reason: unknown.reason.name(), detail: unknown.detail }
        }
    };
    let answers = Endpoint::ALL.map(|endpoint| (endpoint, told(endpoint))).into();
    Once { answers, document: document(&snapshot, now, &zone, language) }
}
