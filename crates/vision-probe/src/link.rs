//! Several sources, one verdict.

use std::fmt;
use std::time::Duration;

use crate::evidence::{Evidence, Meaning};
use crate::prober::Prober;
use crate::source::Source;
use crate::verdict::{Hysteresis, Verdict};

/// How many of several sources have to show that the link is up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Need {
    /// All: one that shows it down means down, else one that shows nothing means unknown.
    #[default]
    All,
    /// Any: the first that shows it up is enough, and those after it are not looked at. So passive
    /// sources that stand first spare the host the active ones. Down only when all show it.
    Any,
}

/// A link and the sources that show it.
#[derive(Debug)]
pub struct Link {
    need: Need,
    sources: Vec<(Source, Hysteresis)>,
}

/// What was observed of a link in one round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What this round shows. A try that nobody answered shows nothing, unless there were too many
    /// of them: it does not show anew that a link is up.
    pub shown: Verdict,
    /// What the rounds so far mean: as `shown`, but a try that nobody answered leaves it as it was.
    pub standing: Verdict,
    /// What each source that was looked at gave.
    pub looks: Vec<Look>,
    /// How many sources the link has.
    pub sources: usize,
}

/// What one source gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The source.
    pub source: Source,
    /// What was observed.
    pub evidence: Evidence,
}

impl Link {
    /// A link that was not looked at yet. Every source has a hysteresis of its own, like this one.
    #[must_use]
    pub fn new(
        sources: impl IntoIterator<Item = Source>,
        need: Need,
        hysteresis: &Hysteresis,
    ) -> Self {
        let sources = sources.into_iter().map(|source| (source, hysteresis.clone())).collect();
        Self { need, sources }
    }

    /// Looks at the sources in their order, each within `limit` and its name server within as much
    /// again.
    pub fn look(&mut self, prober: &mut Prober, limit: Duration) -> Observation {
        let mut looks = Vec::new();
        let (mut shown, mut standing) = (Vec::new(), Vec::new());
        for (source, hysteresis) in &mut self.sources {
            let evidence = prober.look(source, limit);
            let verdict = hysteresis.observe(&evidence);
            let fresh = verdict != Verdict::Up || evidence.meaning() == Meaning::Up;
            let now = if fresh { verdict } else { Verdict::Unknown };
            looks.push(Look { source: source.clone(), evidence });
            shown.push(now);
            standing.push(verdict);
            if self.need == Need::Any && now == Verdict::Up {
                break;
            }
        }
        let (shown, standing) = (self.need.verdict(&shown), self.need.verdict(&standing));
        Observation { shown, standing, looks, sources: self.sources.len() }
    }
}

impl Need {
    /// The verdict over those of the sources.
    #[must_use]
    pub fn verdict(self, verdicts: &[Verdict]) -> Verdict {
        let decisive = match self {
            Self::All => Verdict::Down,
            Self::Any => Verdict::Up,
        };
        if verdicts.contains(&decisive) {
            decisive
        } else if verdicts.is_empty() || verdicts.contains(&Verdict::Unknown) {
            Verdict::Unknown
        } else {
            match self {
                Self::All => Verdict::Up,
                Self::Any => Verdict::Down,
            }
        }
    }
}

/// The evidence; where there are several sources each is named.
impl fmt::Display for Observation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let ([only], 1) = (self.looks.as_slice(), self.sources) {
            return only.evidence.fmt(out);
        }
        for (number, Look { source, evidence }) in self.looks.iter().enumerate() {
            let between = if number == 0 { "" } else { "; " };
            write!(out, "{between}{source}: {evidence}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_try_without_an_answer_shows_nothing_until_there_are_too_many() {
        use Verdict::{Down, Unknown, Up};
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let source = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let story = [true, false, true, false, true, false];
        let thread = std::thread::spawn(move || {
            for answers in story {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 1024]);
                if answers {
                    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                }
                // Until the other end has had enough.
                let _ = stream.read(&mut [0]);
            }
        });
        let (mut prober, mut link) =
            (Prober::new(), Link::new([source], Need::All, &Hysteresis::default()));
        let seen = story.map(|answers| {
            let limit = Duration::from_millis(if answers { 20_000 } else { 200 });
            let observed = link.look(&mut prober, limit);
            (observed.shown, observed.standing)
        });
        thread.join().unwrap();
        let up = (Up, Up);
        assert_eq!(seen, [up, (Unknown, Up), up, (Down, Down), up, (Down, Down)]);
    }

    #[test]
    fn verdicts_of_several_sources() {
        use Verdict::{Down, Unknown, Up};
        for (verdicts, all, any) in [
            (&[][..], Unknown, Unknown),
            (&[Up], Up, Up),
            (&[Down], Down, Down),
            (&[Unknown], Unknown, Unknown),
            (&[Up, Down], Down, Up),
            (&[Up, Unknown], Unknown, Up),
            (&[Unknown, Down], Down, Unknown),
            (&[Up, Up], Up, Up),
            (&[Down, Down], Down, Down),
            (&[Up, Unknown, Down], Down, Up),
        ] {
            assert_eq!(Need::All.verdict(verdicts), all, "all of {verdicts:?}");
            assert_eq!(Need::Any.verdict(verdicts), any, "any of {verdicts:?}");
        }
    }
}
