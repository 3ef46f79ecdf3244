//! What the service will look for on this till, and will not find.

use std::io::ErrorKind;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use till_status::Config;
use till_status::config::{Arbiter, PosListen, host_name};
use till_status::feed::Clock;

/// One sentence for each file or folder, with what to do. The configuration can be used all the same: it
/// may be checked on another machine, and systemd may make folders when the service starts.
pub(super) fn notes(config: &Config) -> Vec<String> {
    let lock = match config.kkt.as_ref().and_then(|kkt| kkt.arbiter.as_ref()) {
        Some(Arbiter::Lock(path)) => lock(path),
        Some(Arbiter::Events) | None => None,
    };
    let socket = match &config.pos.listen {
        PosListen::Unix { path, .. } if config.pos.source == status_core::PosSource::Events => {
            Some(path)
        }
        PosListen::Unix { .. } | PosListen::Tcp(_) => None,
    };
    // Its folder is the one that is named.
    let trace = config.log.trace.as_ref().map(|folder| folder.join("kkt.tape"));
    let folders = [
        ("[till] state_file", config.till.state_file.as_ref()),
        ("[till] pause_file", config.till.pause_file.as_ref()),
        ("[pos] listen", socket),
        ("[log] trace", trace.as_ref()),
    ];
    let folders = folders.into_iter().filter_map(|(key, path)| folder(key, path?));
    let log = config.pos.log.as_ref().and_then(|log| {
        unreadable(&log.path.at(Clock {
            now: Timestamp::now(),
            zone: log.zone.as_ref().unwrap_or(&TimeZone::system()),
        }))
    });
    let tokens = [
        ("[api] token_file", config.api.token_file.as_ref()),
        ("[pos] token_file", config.pos.token_file.as_ref()),
    ];
    let tokens = tokens.into_iter().filter_map(|(key, path)| token(key, path?));
    lock.into_iter().chain(log).chain(tokens).chain(folders).chain(name(config)).collect()
}

/// The service does not start without it.
fn token(key: &str, path: &Path) -> Option<String> {
    let shown = path.display();
    let why = match path.metadata() {
        Ok(meta) if meta.is_file() => return None,
        Ok(_) => "is no file".to_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            format!(
                "is not there; create it with `install -m 640 -g till-status /dev/null {shown}`"
            )
        }
        Err(error) => format!("cannot be looked at: {error}"),
    };
    Some(format!(
        "{key}: {shown} {why}; until it holds one word of at least 16 characters the service does not start"
    ))
}

/// The log of the till program.
fn unreadable(path: &Path) -> Option<String> {
    let error = std::fs::File::open(path).err()?;
    let path = path.display();
    Some(format!(
        "[pos.log] path: {path} cannot be read now ({error}); until it can, the receipt and the user are \
         unknown"
    ))
}

/// The service never makes it, and does not open the KKT without it.
fn lock(path: &Path) -> Option<String> {
    let shown = path.display();
    let why = match path.metadata() {
        Ok(meta) if meta.is_file() => return None,
        Ok(_) => "is no file, expected an empty one".to_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            format!("is not there; create it, for example with `install -m 666 /dev/null {shown}`")
        }
        Err(error) => format!("cannot be looked at: {error}"),
    };
    Some(format!("[kkt] arbiter: {shown} {why}; until then the KKT is never opened"))
}

/// One file serves many tills, and this is not one of them.
fn name(config: &Config) -> Option<String> {
    let (from, host) = (config.till.name_from.as_ref()?, host_name());
    let found = from.name(&config.till.name, &host);
    found.is_none().then(|| {
        format!("[till] name_from: this host is called {host:?}, which does not fit; it keeps its own name")
    })
}

fn folder(key: &str, path: &Path) -> Option<String> {
    let folder = path.parent()?;
    let shown = folder.display();
    match folder.metadata() {
        Ok(meta) if meta.is_dir() => None,
        Ok(_) => Some(format!("{key}: {shown} is no folder, so {} cannot be made", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Some(format!(
            "{key}: the folder {shown} is not there; create it, or let systemd do so by \
             RuntimeDirectory= or StateDirectory="
        )),
        Err(error) => Some(format!("{key}: the folder {shown} cannot be looked at: {error}")),
    }
}
