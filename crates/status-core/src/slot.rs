//! The place of one value: its latest reading, and why there may be none.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    evidence::Evidence,
    reading::{Observer, Reading},
    snapshot::SetBack,
    time::Moment,
    trouble::Refusal,
};

/// The latest reading of one value. It is kept when the device falls silent: its age decides.
#[derive(Debug, Clone)]
pub(crate) struct Slot<T> {
    current: Option<Current<T>>,
    refusal: Option<(Refusal, Moment)>,
    /// What the last answer was, when nobody can tell what it says.
    unclear: Option<String>,
    unsupported: Option<String>,
    form: Form,
}

/// Whether the device's answers have the form that is known.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// So many answers in a row had another one, and none had it.
    Other(u32),
    /// One had it.
    Known,
}

/// After so many answers of another form, and none of the known one, the device is one that does not
/// tell this value in a way that is known.
const OTHER_FORM: u32 = 3;

#[derive(Debug, Clone)]
struct Current<T> {
    reading: Reading<T>,
    /// How old the reading was when it came; only a till program tells old news.
    age_on_arrival: Duration,
    /// Since when the value has been what it is.
    unchanged_since: Timestamp,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            current: None,
            refusal: None,
            unclear: None,
            unsupported: None,
            form: Form::Other(0),
        }
    }
}

impl<T: PartialEq> Slot<T> {
    pub(crate) fn observe(&mut self, value: T, by: Observer, evidence: Evidence, now: Moment) {
        self.put(Reading { value, at: now, by, evidence }, Duration::ZERO);
        self.form = Form::Known;
    }

    /// What a till program tells now about `at`; nothing when we know something newer.
    pub(crate) fn told(&mut self, value: T, at: Timestamp, now: Moment) {
        let age = Duration::try_from(now.wall.duration_since(at)).unwrap_or(Duration::ZERO);
        // By their ages: the till's clock may have been set in between.
        if self.age(now).is_some_and(|known| known < age) {
            return;
        }
        let by = Observer::Events;
        let evidence = Evidence::Documented;
        let at = Moment { mono: now.mono, wall: at };
        self.put(Reading { value, at, by, evidence }, age);
    }

    fn put(&mut self, reading: Reading<T>, age_on_arrival: Duration) {
        let unchanged_since = match &self.current {
            Some(current) if current.reading.value == reading.value => current.unchanged_since,
            _ => reading.at.wall,
        };
        self.current = Some(Current { reading, age_on_arrival, unchanged_since });
        self.refusal = None;
        self.unclear = None;
        self.unsupported = None;
    }
}

impl<T> Slot<T> {
    pub(crate) fn reading(&self) -> Option<&Reading<T>> {
        self.current.as_ref().map(|current| &current.reading)
    }

    pub(crate) fn age(&self, now: Moment) -> Option<Duration> {
        self.current
            .as_ref()
            .map(|current| now.since(current.reading.at).saturating_add(current.age_on_arrival))
    }

    /// The reading, when it is younger than `max_age`.
    pub(crate) fn young(&self, max_age: Duration, now: Moment) -> Option<&Reading<T>> {
        match self.age(now) {
            Some(age) if age < max_age => self.reading(),
            _ => None,
        }
    }

    pub(crate) fn unchanged_since(&self) -> Option<Timestamp> {
        self.current.as_ref().map(|current| current.unchanged_since)
    }

    pub(crate) fn refuse(&mut self, refusal: Refusal, now: Moment) {
        let since = match self.refusal.take() {
            Some((old, since)) if old == refusal => since,
            _ => now,
        };
        self.refusal = Some((refusal, since));
        self.unclear = None;
        if let Form::Other(count) = &mut self.form {
            *count = 0;
        }
    }

    /// The device's refusal, when it is newer than the reading.
    pub(crate) fn refusal(&self) -> Option<(&Refusal, Moment)> {
        self.refusal.as_ref().map(|(refusal, since)| (refusal, *since))
    }

    /// Why the device's last answer told nothing.
    pub(crate) fn unclear(&self) -> Option<&str> {
        self.unclear.as_deref()
    }

    pub(crate) fn set_unclear(&mut self, detail: &str) {
        self.unclear = Some(detail.to_owned());
        self.refusal = None;
    }

    /// The device's last answer had another form than the known one.
    pub(crate) fn set_other_form(&mut self, detail: &str) {
        self.set_unclear(detail);
        if let Form::Other(count) = &mut self.form {
            *count = count.saturating_add(1);
            if *count >= OTHER_FORM {
                self.set_unsupported(detail);
            }
        }
    }

    pub(crate) fn unsupported(&self) -> Option<&str> {
        self.unsupported.as_deref()
    }

    pub(crate) fn set_unsupported(&mut self, detail: &str) {
        self.unsupported = Some(detail.to_owned());
    }

    /// The till's clock was set back.
    pub(crate) fn set_back(&mut self, back: &SetBack) {
        if let Some(current) = &mut self.current {
            back.correct_all([&mut current.reading.at.wall, &mut current.unchanged_since]);
        }
        back.correct_all(self.refusal.iter_mut().map(|(_, since)| &mut since.wall));
    }

    /// Forgets what the till program told.
    pub(crate) fn forget_told(&mut self) {
        if self.reading().is_some_and(|reading| reading.by == Observer::Events) {
            self.current = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment {
            mono: Duration::from_secs(seconds),
            wall: Timestamp::from_second(1_000_000 + i64::try_from(seconds).unwrap()).unwrap(),
        }
    }

    #[test]
    fn a_reading_is_young_until_its_maximum_age_and_not_at_it() {
        let mut slot = Slot::default();
        slot.observe(7, Observer::Kkt, Evidence::Device, at(100));
        let max = Duration::from_secs(10);
        assert!(slot.young(max, at(109)).is_some());
        assert!(slot.young(max, at(110)).is_none());
        assert!(slot.reading().is_some());
    }

    #[test]
    fn old_news_is_as_old_as_it_says() {
        let mut slot = Slot::default();
        slot.told(7, at(0).wall, at(9));
        assert_eq!(slot.age(at(9)), Some(Duration::from_secs(9)));
        assert!(slot.young(Duration::from_secs(10), at(9)).is_some());
        assert!(slot.young(Duration::from_secs(10), at(10)).is_none());
    }

    #[test]
    fn old_news_does_not_replace_newer() {
        let mut slot = Slot::default();
        slot.observe(1, Observer::Kkt, Evidence::Device, at(100));
        slot.told(2, at(99).wall, at(101));
        assert_eq!(slot.reading().map(|reading| reading.value), Some(1));
        slot.told(2, at(101).wall, at(102));
        assert_eq!(slot.reading().map(|reading| reading.value), Some(2));
    }

    #[test]
    fn since_when_a_value_is_what_it_is() {
        let mut slot = Slot::default();
        for second in 0..5 {
            slot.observe(second >= 2, Observer::Kkt, Evidence::Device, at(second));
        }
        assert_eq!(slot.unchanged_since(), Some(at(2).wall));
    }

    #[test]
    fn a_refusal_lasts_until_the_next_reading() {
        let mut slot = Slot::default();
        let refusal = Refusal {
            code: Some(1),
            name_en: String::new(),
            name_ru: String::new(),
            advice_en: None,
            advice_ru: None,
            fault: false,
        };
        slot.refuse(refusal.clone(), at(1));
        slot.refuse(refusal, at(2));
        assert_eq!(slot.refusal().map(|(_, since)| since), Some(at(1)));
        slot.observe(1, Observer::Kkt, Evidence::Device, at(3));
        assert!(slot.refusal().is_none());
    }
}
