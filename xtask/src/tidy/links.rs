//! Relative links of Markdown files lead somewhere.

use std::path::Path;

pub(super) fn check(root: &Path, path: &Path, content: &str, add: &mut impl FnMut(usize, String)) {
    if super::extension(path) != "md" {
        return;
    }
    let folder = path.parent().unwrap_or(root);
    let mut in_code = false;
    for (line, text) in (1..).zip(content.lines()) {
        if text.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code || text.starts_with("    ") {
            continue;
        }
        for target in targets(text) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains(':') {
                continue;
            }
            let target_path = match file.strip_prefix('/') {
                Some(from_root) => root.join(from_root),
                None => folder.join(file),
            };
            if !target_path.exists() {
                add(line, format!("the link {target} leads nowhere"));
            }
        }
    }
}

/// What stands in `](…)`, outside of `code`.
fn targets(text: &str) -> Vec<&str> {
    let plain = text.split('`').step_by(2);
    let after = plain.flat_map(|piece| piece.split("](").skip(1));
    after.filter_map(|rest| rest.split([')', ' ']).next()).collect()
}
