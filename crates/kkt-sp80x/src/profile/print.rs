//! An entry as a person would write it: the opposite of reading a profile.

use super::{Entry, Place, Read};

impl Entry {
    /// The entry as TOML, to be put into a profile.
    ///
    /// ```
    /// use kkt_sp80x::DialectName;
    /// use kkt_sp80x::profile::{Change, Place, Query, suggest};
    ///
    /// let query = Query::new(DialectName::Arm, "44", &[])?;
    /// let place = Place::Path(vec!["200000".to_owned(), "X".to_owned()]);
    /// let entry = suggest(Change::PaperOut, query, &place, "1", "0").expect("it may be the paper");
    /// assert!(entry.to_toml().contains("read = { either = { yes = \"1\", no = \"0\" } }"));
    /// # Ok::<(), kkt_sp80x::profile::ProfileError>(())
    /// ```
    #[must_use]
    pub fn to_toml(&self) -> String {
        let (command, fields) = self.query.words();
        let mut lines = vec![
            "[[value]]".to_owned(),
            format!("name = {}", quoted(self.value.name())),
            format!("dialect = {}", quoted(self.query.dialect().as_str())),
            format!("command = {}", quoted(&command)),
        ];
        if !fields.is_empty() {
            let fields: Vec<_> = fields.iter().map(u32::to_string).collect();
            lines.push(format!("request = [{}]", fields.join(", ")));
        }
        lines.push(match &self.place {
            Place::Field(index) => format!("field = {index}"),
            Place::Path(path) => {
                let names: Vec<_> = path.iter().map(|name| quoted(name)).collect();
                format!("path = [{}]", names.join(", "))
            }
        });
        lines.push(format!("read = {}", read(&self.read)));
        if self.inverted {
            lines.push("inverted = true".to_owned());
        }
        lines.push(format!("evidence = {}", quoted(&self.evidence.to_string())));
        if !self.note.is_empty() {
            lines.push(format!("note = {}", quoted(&self.note)));
        }
        lines.join("\n") + "\n"
    }
}

fn read(read: &Read) -> String {
    match read {
        Read::Integer => quoted("integer"),
        Read::Zero => quoted("zero"),
        Read::DateTime => quoted("date_time"),
        Read::Text => quoted("text"),
        Read::Bit(bit) => format!("{{ bit = {bit} }}"),
        Read::BitUnless { bit, unless } => {
            format!("{{ bit_unless = {{ bit = {bit}, unless = {unless} }} }}")
        }
        Read::Equals(text) => format!("{{ equals = {} }}", quoted(text)),
        Read::Either { yes, no } => {
            format!("{{ either = {{ yes = {}, no = {} }} }}", quoted(yes), quoted(no))
        }
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            _ if char.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(char))),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}
