//! Takes out what tells whose till it is, or opens something.

use serde_json::{Value, json};

/// Fewer digits than any number that is somebody's: a factory number has eight.
const DIGITS: usize = 8;
const HIDDEN: &str = "***";

/// Each digit of a long number becomes a `#`.
pub(super) fn numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut digits = String::new();
    let flush = |digits: &mut String, out: &mut String| {
        match digits.len() >= DIGITS {
            true => out.extend(std::iter::repeat_n('#', digits.len())),
            false => out.push_str(digits),
        }
        digits.clear();
    };
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        flush(&mut digits, &mut out);
        out.push(c);
    }
    flush(&mut digits, &mut out);
    out
}

/// A configuration, without its comments: they may hold anything. What cannot be read is not shown.
pub(super) fn configuration(text: &str) -> Result<String, String> {
    let unreadable = "it is no TOML, and it may hold passwords, so it is not shown";
    let mut table: toml::Table = toml::from_str(text).map_err(|_| unreadable.to_owned())?;
    for (_, section) in &mut table {
        secrets(section);
    }
    let text = toml::to_string(&table).map_err(|error| error.to_string())?;
    Ok(numbers(&text))
}

fn secrets(value: &mut toml::Value) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                // The operators of a KKT are the users of the till.
                if is_secret(key) || key == "operators" {
                    *value = HIDDEN.into();
                }
                secrets(value);
            }
        }
        toml::Value::Array(values) => values.iter_mut().for_each(secrets),
        toml::Value::String(text) => *text = address(text),
        _ => {}
    }
}

/// `token_file` names a file and is none.
fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let secret = ["password", "token", "secret", "key"].iter().any(|word| key.contains(word));
    secret && !key.ends_with("_file")
}

/// `http://user:password@host/` without the user.
fn address(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest.split_at(end) {
        (host, path) if host.contains('@') => {
            let host = host.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{HIDDEN}@{host}{path}")
        }
        _ => text.to_owned(),
    }
}

/// A fault of a configuration, which says what was got: `till.toml:3: [kkt] access_password: got …`.
/// Most faults are of an "unknown key", so only the name of the key tells whether it is a secret.
pub(super) fn fault(line: &str) -> String {
    let named = line.split_once(": [").and_then(|(place, rest)| {
        let (section, rest) = rest.split_once("] ")?;
        Some((place, section, rest.split([':', ' ']).next()?))
    });
    match named {
        Some((place, section, key)) if is_secret(key) => {
            format!(
                "{}: [{section}] {key}: a fault in a password or a token, not shown",
                numbers(place)
            )
        }
        None if line.contains("password") || line.contains("token") => {
            "a fault in a password or a token, not shown".into()
        }
        _ => numbers(line),
    }
}

/// The status document.
pub(super) fn document(text: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(text) else { return numbers(text) };
    for place in
        ["/kkt/serial_number", "/kkt/fiscal_storage/number", "/user/role_id", "/user/user_id"]
    {
        hide(&mut document, place);
    }
    numbers(&super::pretty(&document))
}

/// The state file: its first line, and the JSON without the user and the ids of events.
pub(super) fn state(text: &str) -> String {
    let (head, json) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(mut state) = serde_json::from_str::<Value>(json) else {
        return format!("{} bytes that are no state of ours, not shown", text.len());
    };
    hide(&mut state, "/user");
    if let Some(ids) = state.get_mut("event_ids") {
        *ids = json!(ids.as_array().map(Vec::len));
    }
    numbers(&format!("{head}\n{}", super::pretty(&state)))
}

fn hide(value: &mut Value, place: &str) {
    if let Some(value) = value.pointer_mut(place).filter(|value| !value.is_null()) {
        *value = HIDDEN.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_lose_their_digits() {
        for (text, masked) in [
            ("INN 7707083893, FN 9999078900012345.", "INN ##########, FN ################."),
            ("at 2026-11-24T01:47:39 port 8480", "at 2026-11-24T01:47:39 port 8480"),
            ("00106543", "########"),
            ("1234567", "1234567"),
            ("тел. +79161234567", "тел. +###########"),
        ] {
            assert_eq!(numbers(text), masked);
        }
    }

    #[test]
    fn a_configuration_loses_its_secrets() {
        let text = "# the old password was 4711\n[kkt]\naccess_password = \"1234\" # or 5678\n\
                    address = \"serial:/dev/serial/by-id/usb-ATOL_00106543-if00\"\n\
                    [api]\ntoken_file = \"/etc/till-status/token\"\ntoken = \"abc\"\n\
                    [kkt.operators]\n30 = \"senior\"\n\
                    [vision]\ntarget = [\"http://user:pass@host:80/x@y\"]\n";
        let shown = configuration(text).unwrap();
        for secret in ["4711", "1234", "5678", "00106543", "abc", "user", "pass@", "senior"] {
            assert!(!shown.contains(secret), "{secret} in\n{shown}");
        }
        for kept in
            ["/etc/till-status/token", "http://***@host:80/x@y", "access_password = \"***\""]
        {
            assert!(shown.contains(kept), "{kept} not in\n{shown}");
        }
        assert!(configuration("password = 12 34").unwrap_err().contains("not shown"));
        assert!(!fault("till.toml:3: [kkt] access_password: got 12345").contains("12345"));
        assert!(!fault("access_password: got 12345").contains("12345"));
        let typo = "till.toml:2: [api] lisen: unknown key; did you mean \"listen\"?";
        assert_eq!(fault(typo), typo);
    }

    #[test]
    fn a_state_loses_its_user_and_a_damaged_one_everything() {
        let shown = state("head\n{\"user\":{\"role\":\"12\"},\"event_ids\":[\"a\",\"b\"],\"x\":1}");
        assert!(shown.contains("\"***\"") && shown.contains("\"event_ids\": 2"), "{shown}");
        assert!(!shown.contains("12"), "{shown}");
        assert!(state("head\n{\"user\":{\"role\":\"secret").contains("not shown"));
    }
}
