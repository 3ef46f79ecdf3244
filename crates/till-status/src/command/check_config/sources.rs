//! Where the configuration was said, when that is in more than one place.

use std::fmt::Write;
use std::path::Path;

use till_status::Config;
use till_status::config::{Effective, Origin};

/// Nothing when the file says it all.
pub(super) fn told(effective: &Effective, file: &Path) -> String {
    let mut text = String::new();
    let drop_ins = Config::drop_ins(file);
    let short = |origin: &Origin| match origin {
        Origin::File(path) => match path.strip_prefix(&drop_ins) {
            Ok(name) => Origin::File(name.to_owned()),
            Err(_) => Origin::File(path.file_name().unwrap_or_default().into()),
        },
        other => other.clone(),
    };
    let origins: Vec<_> = effective.origins().map(|origin| short(origin).to_string()).collect();
    if origins.len() < 2 {
        return text;
    }
    let _ = writeln!(text, "  {:<8}{}", "from", origins.join(", then "));
    let keys = effective.given().into_iter().map(|given| {
        (format!("[{}] {}", given.section, given.key), short(&given.origin).at(given.line))
    });
    let keys: Vec<_> = keys.collect();
    let width = keys.iter().map(|(key, _)| key.chars().count()).max().unwrap_or_default();
    for (key, at) in keys {
        let _ = writeln!(text, "  {:<8}{key:<width$}  {at}", "");
    }
    text
}
