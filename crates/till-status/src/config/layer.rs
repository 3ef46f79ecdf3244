//! The texts that make up one configuration: the file, its drop-ins, the environment.
//!
//! ```text
//! till.toml                    the file of the till's type
//! till.toml.d/10-shop.toml     drop-ins in the order of their names, each key over the one before
//! till.toml.d/20-till.toml
//! TILL_STATUS_KKT_ADDRESS      the environment: addresses and token files only
//! ```
//! They are read each by itself and merged key by key. The places of all of them count as if they stood
//! in one text, one behind the other, so that a key carries where it came from.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::environment::{self, Variable};
use super::error::{Fault, Origin};

/// A configuration is small: a person writes it.
const LARGEST: u64 = 1 << 20;
/// Nor does anybody keep track of more drop-ins.
const MOST: usize = 100;

/// Texts, the later over the earlier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layers(Vec<Layer>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Layer {
    origin: Origin,
    text: String,
    /// Where its lines end, but for the last one.
    ends: Vec<usize>,
}

impl Layer {
    fn new(origin: Origin, text: String) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { origin, text, ends }
    }

    fn lines(&self) -> usize {
        self.ends.len() + 1
    }
}

impl Layers {
    /// One text that is in no file.
    pub(super) fn of_text(text: &str) -> Self {
        Self(vec![Layer::new(Origin::Text, text.to_owned())])
    }

    /// A file, its drop-ins, and variables of the environment.
    ///
    /// # Errors
    /// [`ConfigError`] when one of the files cannot be read, or a variable is none of ours.
    pub(super) fn load(
        path: &Path,
        variables: impl Iterator<Item = Variable>,
    ) -> Result<Self, ConfigError> {
        let mut files = vec![path.to_owned()];
        files.extend(drop_ins(path)?);
        let mut layers = Vec::new();
        for file in files {
            let text =
                read(&file).map_err(|error| ConfigError::File { path: file.clone(), error })?;
            layers.push(Layer::new(Origin::File(file), text));
        }
        let set = environment::texts(variables).map_err(ConfigError::Faults)?;
        layers.extend(set.into_iter().map(|(name, text)| Layer::new(Origin::Variable(name), text)));
        Ok(Self(layers))
    }

    /// The same over other texts, which have no faults.
    pub(super) fn over(&self, texts: &[&str]) -> Self {
        let below = texts.iter().map(|text| Layer::new(Origin::Default, (*text).to_owned()));
        Self(below.chain(self.0.iter().cloned()).collect())
    }

    /// Where the texts come from.
    pub(super) fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.0.iter().map(|layer| &layer.origin)
    }

    /// All texts as one table, and what is no TOML.
    pub(super) fn merged(&self) -> (DeTable<'_>, Vec<(usize, String)>) {
        let (mut all, mut faults, mut begin) = (DeTable::new(), Vec::new(), 0);
        for layer in &self.0 {
            match DeTable::parse(&layer.text) {
                Ok(table) => merge(&mut all, shifted(table.into_inner(), begin)),
                Err(error) => {
                    let at = error.span().map_or(0, |span| span.start);
                    let message = error.message().replace('\n', ", ");
                    let fault = format!("this is not TOML: {message}");
                    faults.push((self.line(begin + at), fault));
                }
            }
            // As if a line ended between two texts.
            begin += layer.text.len() + 1;
        }
        (all, faults)
    }

    /// The line of a place, counted through all texts.
    pub(super) fn line(&self, mut at: usize) -> usize {
        let mut line = 1;
        for layer in &self.0 {
            if at <= layer.text.len() {
                return line + layer.ends.partition_point(|end| *end < at);
            }
            line += layer.lines();
            at -= layer.text.len() + 1;
        }
        line
    }

    /// Which text such a line is in, and the number that it has there.
    pub(super) fn origin(&self, mut line: usize) -> (Origin, usize) {
        for layer in &self.0 {
            if line <= layer.lines() {
                return (layer.origin.clone(), line);
            }
            line -= layer.lines();
        }
        (self.0.last().map_or(Origin::Text, |layer| layer.origin.clone()), line)
    }

    /// A fault with its place, in one line whatever was said there.
    pub(super) fn fault(&self, line: usize, text: &str) -> Fault {
        let (origin, line) = self.origin(line);
        let text = text.split(char::is_control).collect::<Vec<_>>().join(" ");
        Fault { origin, line, text }
    }

    /// The first line of all texts that is one of `wanted`.
    pub(super) fn find(&self, wanted: &[&str]) -> Option<usize> {
        let mut before = 0;
        for layer in &self.0 {
            let mut lines = layer.text.lines();
            if let Some(at) = lines.position(|line| wanted.contains(&line.trim())) {
                return Some(before + at + 1);
            }
            before += layer.lines();
        }
        None
    }

    /// The hash of everything that was read, a profile last: that of the file when it is alone.
    pub(super) fn hash(&self, profile: &str) -> String {
        let mut hash = Sha256::new();
        for (number, Layer { origin, text, .. }) in self.0.iter().enumerate() {
            if number > 0 {
                // Only the name: a fleet has its files in the same folder, and a hash may be compared.
                hash.update(format!("\0{}\0", origin.name()));
            }
            hash.update(text);
        }
        hash.update(profile);
        hash.finalize().iter().fold("sha256:".to_owned(), |hash, byte| format!("{hash}{byte:02x}"))
    }
}

/// The folder of the drop-ins of a file.
pub(super) fn folder(path: &Path) -> PathBuf {
    let mut folder = path.as_os_str().to_owned();
    folder.push(".d");
    folder.into()
}

/// The files of the folder beside `path` whose name ends with `.toml`, in the order of their names. What
/// an editor or a packager leaves there ends otherwise, or begins with a dot.
fn drop_ins(path: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let folder = folder(path);
    let unreadable = |error| ConfigError::File { path: folder.clone(), error };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        if name.is_some_and(|name| name.ends_with(".toml") && !name.starts_with('.')) {
            files.push(path);
        }
    }
    if files.len() > MOST {
        let error = format!("got {} files, expected at most {MOST}", files.len());
        return Err(unreadable(io::Error::other(error)));
    }
    files.sort();
    Ok(files)
}

/// The text of a file that is one, and of a size that a person writes.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let meta = std::fs::metadata(path)?;
    if !meta.is_file() || meta.len() > LARGEST {
        return Err(io::Error::other("expected a file of at most 1 MiB"));
    }
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => {
            io::Error::other("this is no text in UTF-8; save it so, not in Windows-1251 or UTF-16")
        }
        _ => error,
    })
}

/// Puts `over` over `all`, key by key. Lists are one value.
fn merge<'t>(all: &mut DeTable<'t>, over: DeTable<'t>) {
    for (key, value) in over {
        match (all.get_mut(&key).map(Spanned::get_mut), value.get_ref()) {
            (Some(DeValue::Table(below)), DeValue::Table(_)) => {
                if let DeValue::Table(table) = value.into_inner() {
                    merge(below, table);
                }
            }
            // The key goes with its value: it knows the place.
            _ => {
                all.remove(&key);
                all.insert(key, value);
            }
        }
    }
}

/// The places of a table moved behind the texts before it. The parser bounds the depth.
fn shifted(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    let pair = |(key, value): (Spanned<_>, _)| {
        let span = moved(key.span(), by);
        (Spanned::new(span, key.into_inner()), shifted_value(value, by))
    };
    table.into_iter().map(pair).collect()
}

fn shifted_value(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = moved(value.span(), by);
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(shifted(table, by)),
        DeValue::Array(parts) => {
            DeValue::Array(parts.into_iter().map(|part| shifted_value(part, by)).collect())
        }
        other => other,
    };
    Spanned::new(span, value)
}

fn moved(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}
