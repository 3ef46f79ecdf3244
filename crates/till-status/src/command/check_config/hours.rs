//! The opening hours in words.

use status_core::{ClosedDay, Hours, Opening};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// One text for the week, and one for the days on which it is closed all the same.
pub(super) fn told(hours: &Hours) -> Vec<String> {
    let week = DAYS.iter().zip(&hours.week).map(|(day, openings)| {
        let times: Vec<_> = openings.iter().map(opening).collect();
        let times = if times.is_empty() { "closed".to_owned() } else { times.join(" ") };
        format!("{day} {times}")
    });
    let week = week.collect::<Vec<_>>().join(", ");
    let closed = hours.closed.iter().map(|day| match day {
        ClosedDay::Yearly { month, day } => format!("{month:02}-{day:02} of every year"),
        ClosedDay::Once(date) => date.to_string(),
    });
    let closed = closed.collect::<Vec<_>>().join(", ");
    let closed = (!closed.is_empty()).then(|| format!("closed on {closed}"));
    std::iter::once(week).chain(closed).collect()
}

fn opening(opening: &Opening) -> String {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{}-{}", time(opening.from), time(opening.until))
}
