//! A till program that has the seven endpoints of its own: what it answers is passed on with its age.
//!
//! Each of its answers counts for itself. What it says is also put where the document and the problems look.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Snapshot, is_ahead,
    pos::{Heard, Presence},
};
use crate::{
    Answer, Endpoint, Evidence, Reason, ScaleOutcome, ScaleReading, ScaleWeight, Trouble, Unknown,
    User, UserIdKind, Value, VisionLink, VisionReading, time::Moment,
};

/// What a till program answers to one of the seven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// 200: this value.
    Value(Value),
    /// 204: there is none.
    Empty,
    /// 404, 405 or 501: it does not have this endpoint.
    Lacks,
}

/// The last word of the till program about each of the seven.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seven {
    said: BTreeMap<Endpoint, (Said, Moment)>,
    trouble: BTreeMap<Endpoint, (Trouble, Moment)>,
}

impl Snapshot {
    /// The till program answered, or no good answer came.
    pub fn seven_said(&mut self, endpoint: Endpoint, said: Result<Said, Trouble>, now: Moment) {
        self.tick(now);
        let said = match said {
            Ok(Said::Value(Value::Time(at))) if is_ahead(at, now.wall) => {
                Said::Value(Value::Time(now.wall))
            }
            Ok(said) => said,
            Err(trouble) => {
                let since = self.seven.trouble.get(&endpoint).map_or(now, |(_, since)| *since);
                self.seven.trouble.insert(endpoint, (trouble, since));
                if endpoint == Endpoint::UserRoleId && self.seven_young(endpoint, now).is_none() {
                    self.feed.user = None;
                }
                return;
            }
        };
        self.seven.trouble.remove(&endpoint);
        self.pass_on(endpoint, &said, now);
        self.seven.said.insert(endpoint, (said, now));
        self.note_quiet(now);
    }

    /// Puts what was said where the document and the problems look.
    fn pass_on(&mut self, endpoint: Endpoint, said: &Said, now: Moment) {
        let wall = now.wall;
        match (endpoint, said) {
            (_, Said::Lacks) => {}
            (Endpoint::LastReceiptTime | Endpoint::Downtime, said) => {
                let open = (endpoint == Endpoint::LastReceiptTime) == (*said != Said::Empty);
                let at = match said {
                    Said::Value(Value::Time(at)) => Some(*at),
                    _ => None,
                };
                self.feed.tracker.said(open, at);
                self.feed.heard =
                    Some(Heard { at: now, age_on_arrival: Duration::ZERO, before_start: false });
            }
            (Endpoint::UserRoleId, Said::Value(Value::Id(id))) => {
                let id = Some(id.clone());
                self.feed.user = Some(Presence::SignedIn(match self.settings.user_role_id {
                    UserIdKind::Role => User { role_id: id, user_id: None },
                    UserIdKind::User => User { role_id: None, user_id: id },
                }));
            }
            (Endpoint::UserRoleId, _) => self.feed.user = Some(Presence::Nobody),
            (Endpoint::Ofd, Said::Value(Value::Count(count))) => {
                self.kkt.unsent_documents.told(*count, wall, now);
                self.kkt.watch_queue(*count, self.settings.thresholds.ofd_queue, wall);
            }
            (Endpoint::Paper, said) => {
                self.kkt.paper_present.told(*said != Said::Empty, wall, now);
            }
            (Endpoint::Vision, said) => {
                let empty = *said == Said::Empty;
                let link = if empty { VisionLink::Down } else { VisionLink::Up };
                let code = if empty { 204 } else { 200 };
                let evidence = format!("the till program answers {code}");
                self.vision_observed(VisionReading { link, evidence }, now);
            }
            (Endpoint::Weight, Said::Value(Value::Weight { milligrams, decimals })) => {
                let weight = ScaleWeight {
                    milligrams: *milligrams,
                    decimals: *decimals,
                    tare_milligrams: None,
                    stable: None,
                    zero: None,
                    net: None,
                };
                let outcome = ScaleOutcome::Weight(weight);
                self.scale_answered(ScaleReading { evidence: Evidence::Documented, outcome }, now);
            }
            _ => {}
        }
    }

    /// The answer of a till whose program has the seven.
    pub(crate) fn seven_answer(&self, endpoint: Endpoint, now: Moment) -> Answer {
        match self.seven_young(endpoint, now) {
            Some((Said::Value(value), at)) => {
                Answer::Known { value: value.clone(), observed: at.wall }
            }
            Some((Said::Empty, at)) => Answer::Empty { observed: at.wall },
            Some((Said::Lacks, _)) => {
                let place = &self.settings.pos_place;
                let detail = format!("the till program has no {} at {place}", endpoint.name());
                Answer::Unknown(Unknown::new(Reason::NotSupported, detail).of("pos"))
            }
            None => Answer::Unknown(self.seven_unknown(endpoint, now)),
        }
    }

    fn seven_young(&self, endpoint: Endpoint, now: Moment) -> Option<&(Said, Moment)> {
        let limit = self.settings.feed_silence.unwrap_or(Duration::MAX);
        self.seven.said.get(&endpoint).filter(|(_, at)| now.since(*at) < limit)
    }

    fn seven_unknown(&self, endpoint: Endpoint, now: Moment) -> Unknown {
        let last = self.seven.said.get(&endpoint);
        let trouble = self.seven.trouble.get(&endpoint);
        let age = last.map(|(_, at)| now.since(*at).as_secs());
        let old = age.map(|age| format!("the till program's last good answer is {age} s old"));
        let (reason, detail, since) = match (trouble, old) {
            (Some((trouble, since)), old) => {
                let reason = if last.is_some() { Reason::Stale } else { Reason::NotConnected };
                let old = old.map(|old| format!("; {old}")).unwrap_or_default();
                (reason, format!("{}{old}", trouble.text()), since.wall)
            }
            (None, Some(old)) => {
                (Reason::Stale, old, last.map_or(self.started.wall, |(_, at)| at.wall))
            }
            (None, None) => {
                let detail = "the till program has not been asked yet".to_owned();
                (Reason::Starting, detail, self.started.wall)
            }
        };
        let unknown = Unknown::new(reason, detail).of("pos").since(Some(since));
        match last {
            Some((Said::Value(value), at)) => unknown.last_known(Some(value.clone()), at.wall),
            _ => unknown,
        }
    }

    /// Has each of the seven been asked once?
    pub(super) fn seven_asked(&self) -> bool {
        let asked = |endpoint| {
            self.seven.said.contains_key(endpoint) || self.seven.trouble.contains_key(endpoint)
        };
        Endpoint::ALL.iter().all(asked)
    }

    /// The till's clock was set back.
    pub(super) fn seven_set_back(&mut self, back: &super::SetBack) {
        let times = |moment: &mut Moment| back.correct(&mut moment.wall);
        for (said, at) in self.seven.said.values_mut() {
            times(at);
            if let Said::Value(Value::Time(time)) = said {
                back.correct(time);
            }
        }
        self.seven.trouble.values_mut().for_each(|(_, since)| times(since));
    }
}

#[cfg(test)]
mod tests;
