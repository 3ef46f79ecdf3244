//! What a variable of the environment may say: where a device, a port or a secret is, and nothing else.

use super::error::{Fault, Origin};
use super::suggest::suggestion;

/// Every variable of ours begins so.
const PREFIX: &str = "TILL_STATUS_";

/// Name, section, key, and whether the value is a list, whose parts are parted by spaces.
pub const VARIABLES: [(&str, &str, &str, bool); 7] = [
    ("TILL_STATUS_API_LISTEN", "api", "listen", true),
    ("TILL_STATUS_API_TOKEN_FILE", "api", "token_file", false),
    ("TILL_STATUS_KKT_ADDRESS", "kkt", "address", false),
    ("TILL_STATUS_POS_LISTEN", "pos", "listen", false),
    ("TILL_STATUS_POS_TOKEN_FILE", "pos", "token_file", false),
    ("TILL_STATUS_SCALE_ADDRESS", "scale", "address", false),
    ("TILL_STATUS_VISION_TARGET", "vision", "target", true),
];

/// A name and a value; or what the value says in a configuration.
pub(super) type Variable = (String, String);

/// The variables of this process. What is no text has a name that is none of ours, or a wrong value.
pub(super) fn of_this_process() -> impl Iterator<Item = Variable> {
    std::env::vars_os().map(|(name, value)| {
        (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    })
}

/// Each of our variables as the text of a configuration, in the order of the names.
///
/// # Errors
/// A variable that begins like ours and is none: whoever set it meant something by it.
pub(super) fn texts(
    variables: impl Iterator<Item = Variable>,
) -> Result<Vec<Variable>, Vec<Fault>> {
    let (mut texts, mut faults) = (Vec::new(), Vec::new());
    for (name, value) in variables.filter(|(name, _)| name.starts_with(PREFIX)) {
        let known = VARIABLES.iter().find(|(known, ..)| *known == name);
        let Some((name, section, key, list)) = known else {
            let short = || VARIABLES.iter().filter_map(|(name, ..)| name.strip_prefix(PREFIX));
            let hint = suggestion(name.strip_prefix(PREFIX).unwrap_or_default(), short())
                .map_or_else(
                    || format!("known are {PREFIX}{}", short().collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean {PREFIX}{near}?"),
                );
            let text = format!("unknown variable of the environment; {hint}");
            faults.push(Fault { origin: Origin::Variable(name), line: 1, text });
            continue;
        };
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let value = match list {
            true => {
                let parts: Vec<_> = value.split_whitespace().map(quoted).collect();
                format!("[{}]", parts.join(", "))
            }
            false => quoted(&value),
        };
        texts.push(((*name).to_owned(), format!("[{section}]\n{key} = {value}\n")));
    }
    texts.sort();
    if faults.is_empty() { Ok(texts) } else { Err(faults) }
}
