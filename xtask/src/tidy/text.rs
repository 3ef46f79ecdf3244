//! What every text file has to keep.

/// Tests that do not run prove nothing. In two pieces, so that this file does not hold it.
const IGNORED: &str = concat!("#[", "ignore");

pub(super) fn check(name: &str, content: &str, add: &mut impl FnMut(usize, String)) {
    if content.contains('\r') {
        add(0, "has carriage returns; expected lines that end with LF alone".into());
        return;
    }
    if !content.is_empty() && !content.ends_with('\n') {
        add(0, "has no line end at its end".into());
    }
    if content.ends_with("\n\n") {
        add(0, "ends with blank lines".into());
    }
    for (line, text) in (1..).zip(content.lines()) {
        if text.ends_with(char::is_whitespace) {
            add(line, "trailing blanks".into());
        }
        if name.ends_with(".rs") && text.trim_start().starts_with(IGNORED) {
            add(line, "a test that does not run".into());
        }
    }
}
