//! The list of tills as CSV: a head line with the names of `[[till]]`, one till a line.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};

use super::till::Till;

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub struct Imported {
    /// The good lines.
    pub tills: Vec<Till>,
    /// The bad ones: line, and what is wrong with it.
    pub faults: Vec<(u64, String)>,
}

const COLUMNS: [&str; 8] = ["name", "store", "type", "address", "api", "tags", "state", "until"];

/// Reads a list. Comma or semicolon, whatever the head line has; tags are separated by spaces.
pub fn import(text: &str) -> Imported {
    let mut imported = Imported::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head = text.lines().next().unwrap_or_default();
    let delimiter = if head.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let columns: Vec<String> = match reader.headers() {
        Ok(head) => head.iter().map(str::to_owned).collect(),
        Err(error) => {
            imported.faults.push((1, error.to_string()));
            return imported;
        }
    };
    for column in &columns {
        if !COLUMNS.contains(&column.as_str()) {
            let known = COLUMNS.join(", ");
            imported.faults.push((1, format!("got the column {column:?}, expected {known}")));
        }
    }
    for missing in ["name", "address"].iter().filter(|name| !columns.iter().any(|c| c == *name)) {
        imported.faults.push((1, format!("the column {missing:?} is missing")));
    }
    if !imported.faults.is_empty() {
        return imported;
    }
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                match till(&columns, &record) {
                    Ok(till) => imported.tills.push(till),
                    Err(fault) => imported.faults.push((line, fault)),
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                imported.faults.push((line, error.to_string()));
            }
        }
    }
    imported
}

fn till(columns: &[String], record: &csv::StringRecord) -> Result<Till, String> {
    if record.len() != columns.len() {
        return Err(format!("got {} fields, expected {}", record.len(), columns.len()));
    }
    let cells: BTreeMap<&str, &str> = columns.iter().map(String::as_str).zip(record).collect();
    let cell = |name: &str| cells.get(name).copied().unwrap_or_default();
    let name = cell("name").to_owned();
    if name.is_empty() {
        return Err("name: got nothing, expected the name of the till".to_owned());
    }
    let address = cell("address").parse().map_err(|fault| format!("address: {fault}"))?;
    let until = match cell("until") {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            format!("until: got {text:?}, expected a time such as 2026-11-24T08:00:00+03:00")
        })?),
    };
    Ok(Till {
        name,
        store: cell("store").to_owned(),
        kind: cell("type").to_owned(),
        address,
        api: word(cell("api")).map_err(|fault| format!("api: {fault}"))?,
        tags: cell("tags").split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>(),
        state: word(cell("state")).map_err(|fault| format!("state: {fault}"))?,
        until,
    })
}

/// One of the words of an enumeration; nothing is its default.
fn word<'de, T: Deserialize<'de> + Default>(text: &'de str) -> Result<T, String> {
    if text.is_empty() {
        return Ok(T::default());
    }
    T::deserialize(StrDeserializer::<Error>::new(text)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_lines_are_taken_and_bad_ones_reported() {
        let text = "\u{feff}name;store;type;address;api;tags;state;until\n\
                    12/1;12;staffed;10.0.12.1;;front left;;\n\
                    12/2;12;kiosk;10.0.12.2:80;seven;;maintenance;2026-11-24T08:00:00+03:00\n\
                    ;12;kiosk;10.0.12.3;;;;\n\
                    12/4;12;kiosk;nowhere at all;;;;\n\
                    12/5;12;kiosk;10.0.12.5;eight;;;\n\
                    12/6;12\n";
        let imported = import(text);
        let names: Vec<_> = imported.tills.iter().map(|till| till.name.as_str()).collect();
        assert_eq!(names, ["12/1", "12/2"]);
        let lines: Vec<_> = imported.faults.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [4, 5, 6, 7]);
        let (_, fault) = &imported.faults[2];
        assert!(fault.contains("eight") && fault.contains("combined"), "{fault}");
    }

    #[test]
    fn a_wrong_head_is_reported_whole() {
        let imported = import("nane,store\n1,2\n");
        assert_eq!(imported.tills.len(), 0);
        assert_eq!(imported.faults.len(), 3, "{:?}", imported.faults);
    }
}
