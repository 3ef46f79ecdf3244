//! `[vision]`: what shows whether the link to SuperMag Vision is up.

use std::time::Duration;

use toml::de::DeValue;
use vision_probe::{Kind, Need, Source, Target};

use super::reader::{Read, Reader, Root};
use super::value::{integer, list, one_of, parsed, some_text, span};

/// `[vision]`: the link to SuperMag Vision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vision {
    /// What is looked at: passive (`process:`, `unit:`, `connection:`) or active (`tcp://`,
    /// `http://`, `https://`), and of HTTP the status that counts as up (default 200) and a text that
    /// the body must hold (default none).
    pub sources: Vec<Source>,
    /// How many of them have to show that it is up. Default all.
    pub need: Need,
    /// How often they are looked at. Default 10 s.
    pub every: Duration,
    /// How long one try of one of them may take. Default 3 s.
    pub limit: Duration,
    /// So many unanswered tries of the last `window` of a source mean down. Default 2.
    pub failures: u8,
    /// See `failures`. Default 3.
    pub window: u8,
}

impl Vision {
    /// A link that these show, with the defaults.
    #[must_use]
    pub fn new(sources: Vec<Source>) -> Self {
        Self {
            sources,
            need: Need::All,
            every: Duration::from_secs(10),
            limit: Duration::from_secs(3),
            failures: 2,
            window: 3,
        }
    }
}

pub(super) fn vision<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>) -> Option<Vision> {
    let mut section = root.section("vision", reader)?;
    let [target_line, status_line, text_line, failures_line, need_line] =
        ["target", "expect_status", "expect_text", "failures", "need"]
            .map(|key| section.line_of(key));
    let why = "what shows whether the link is up? such as \"http://host:port/path\", or \
               [\"process:name\", \"tcp://host:port\"]";
    let found = section.require("target", why, reader, sources);
    let status = section.take("expect_status", reader, integer(100..=599));
    let text = section.take("expect_text", reader, some_text);
    let sources = found.as_deref().unwrap_or_default();
    let http =
        |source: &Source| matches!(source, Source::Active(Target { kind: Kind::Http { .. }, .. }));
    if found.is_some() && !sources.iter().any(http) && (status.is_some() || text.is_some()) {
        let line = if status.is_some() { status_line } else { text_line };
        let why = "[vision] expect_status and expect_text need a target of http://… or https://…";
        reader.fault(line, why.to_owned());
    }
    let mut each = sources.iter().enumerate();
    if let Some((_, twice)) =
        each.find(|(at, source)| sources.iter().take(*at).any(|s| s == *source))
    {
        reader.fault(target_line, format!("[vision] target: {twice} stands there twice"));
    }
    let expecting = |source: &Source| match source.clone() {
        Source::Active(target) => {
            Source::Active(target.expecting(status.unwrap_or(200), text.clone()))
        }
        passive @ Source::Passive(_) => passive,
    };
    let mut vision = Vision::new(sources.iter().map(expecting).collect());
    let needs = [("all", Need::All), ("any", Need::Any)];
    if let Some(need) = section.take("need", reader, one_of(&needs)) {
        vision.need = need;
        if sources.len() == 1 {
            let why = "[vision] need is for several targets, and there is one";
            reader.fault(need_line, why.to_owned());
        }
    }
    let range = Duration::from_secs(1)..=Duration::from_secs(3600);
    if let Some(every) = section.take("every", reader, span(range)) {
        vision.every = every;
    }
    let range = Duration::from_millis(100)..=Duration::from_secs(30);
    if let Some(limit) = section.take("limit", reader, span(range)) {
        vision.limit = limit;
    }
    if let Some(window) = section.take("window", reader, integer(1..=32)) {
        vision.window = window;
    }
    if let Some(failures) = section.take("failures", reader, integer(1..=32)) {
        vision.failures = failures;
    }
    if vision.failures > vision.window {
        let text = format!(
            "[vision] failures: got {}, expected at most the window of {}",
            vision.failures, vision.window
        );
        reader.fault(failures_line, text);
    }
    section.end(reader);
    found.is_some().then_some(vision)
}

/// One source or a few: each may take the whole of its time limit.
fn sources(value: &DeValue<'_>) -> Read<Vec<Source>> {
    let source = "\"tcp://host:port\", \"http://host:port/path\", \"https://host/path\", \
                  \"process:name\", \"unit:name.service\" or \"connection:host:port\"";
    let found = list(parsed(source))(value)?;
    let few = (1..=MOST_SOURCES).contains(&found.len());
    if few { Ok(found) } else { Err(format!("one to {MOST_SOURCES} of {source}")) }
}

const MOST_SOURCES: usize = 8;
