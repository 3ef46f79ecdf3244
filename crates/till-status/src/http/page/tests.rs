use jiff::tz::TimeZone;
use status_core::{Language, Moment, Reason, Settings, Snapshot, document};

use super::words::Words;
use super::*;

fn empty() -> Document {
    let now =
        Moment { mono: std::time::Duration::ZERO, wall: "2026-11-24T01:47:39Z".parse().unwrap() };
    let snapshot = Snapshot::new(Settings::default(), now);
    document(&snapshot, now, &TimeZone::UTC, Language::En)
}

#[test]
fn what_comes_from_outside_is_text() {
    let hostile = "<script>alert(1)</script>\"' onload=x &amp; \u{0}";
    let mut document = empty();
    document.till.name = hostile.to_owned();
    document.till.kind = hostile.to_owned();
    document.user.role_id = Some(hostile.to_owned());
    document.kkt.state = status_core::DeviceState::Refused;
    document.kkt.model = Some(hostile.to_owned());
    document.kkt.reason = Some(hostile.to_owned());
    document.problems.push(status_core::document::Problem {
        code: hostile.to_owned(),
        severity: status_core::Severity::Critical,
        source: "kkt".to_owned(),
        since: None,
        text: hostile.to_owned(),
    });
    for language in [Language::Ru, Language::En] {
        let page = render(&document, &TimeZone::UTC, Words(language));
        assert!(!page.contains("<script>alert") && !page.contains("\"' onload"), "{page}");
        assert!(
            page.matches("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload").count() >= 6
        );
        assert!(!page.contains('\0'));
    }
}

#[test]
fn every_reason_has_words() {
    for reason in Reason::ALL {
        for language in [Language::Ru, Language::En] {
            assert!(!Words(language).reason(reason).is_empty(), "{reason:?}");
        }
    }
    let russian = render(&empty(), &TimeZone::UTC, Words(Language::Ru));
    assert!(russian.contains("неизвестно: касса этого не сообщает"), "{russian}");
}
