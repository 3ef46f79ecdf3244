//! Processes that are alive, by `/proc/PID/{stat,comm,cmdline,exe,cgroup}`. Source: proc(5).

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use crate::evidence::Evidence;

/// A process of this name is alive.
pub(crate) fn named(proc: &Path, name: &str) -> Evidence {
    alive(proc, name, |folder| is_named(folder, name))
}

/// A process of this systemd unit is alive: its control group lies in one of the unit's name.
pub(crate) fn of_unit(proc: &Path, unit: &str) -> Evidence {
    alive(proc, unit, |folder| {
        let groups = fs::read_to_string(folder.join("cgroup"))?;
        let paths = groups.lines().filter_map(|line| line.splitn(3, ':').nth(2));
        Ok(paths.into_iter().any(|path| path.split('/').any(|part| part == unit)))
    })
}

fn alive(proc: &Path, wanted: &str, is_it: impl Fn(&Path) -> io::Result<bool>) -> Evidence {
    let entries = match fs::read_dir(proc) {
        Ok(entries) => entries,
        Err(error) => return Evidence::Failed(format!("{}: {error}", proc.display())),
    };
    let (mut found, mut hidden) = (None::<u32>, false);
    for entry in entries.flatten() {
        let id = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        let Some(id) = id else { continue };
        let folder = entry.path();
        match is_it(&folder).and_then(|is_it| Ok(is_it && lives(&folder)?)) {
            Ok(true) => found = Some(found.map_or(id, |other| other.min(id))),
            Ok(false) => {}
            // Any other error says that it ended just now.
            Err(error) => hidden |= error.kind() == ErrorKind::PermissionDenied,
        }
    }
    // The first process is always there: who does not see it does not see others' either.
    hidden |= fs::read(proc.join("1/comm")).is_err();
    match found {
        Some(id) => Evidence::Running { id },
        None if hidden => Evidence::Hidden { wanted: wanted.to_owned() },
        None => Evidence::Gone { wanted: wanted.to_owned() },
    }
}

/// A zombie has ended; only its number is left.
fn lives(folder: &Path) -> io::Result<bool> {
    let stat = fs::read(folder.join("stat"))?;
    // The name in parentheses may hold anything, also a parenthesis.
    let after = stat.iter().rposition(|byte| *byte == b')').and_then(|at| stat.get(at + 2));
    Ok(after.is_some_and(|state| !b"ZXx".contains(state)))
}

/// By its own name, its program, or its first argument: the kernel cuts the first to 15 bytes, the
/// last is what the program wants it to be.
fn is_named(folder: &Path, name: &str) -> io::Result<bool> {
    let comm = fs::read(folder.join("comm"))?;
    let comm = comm.strip_suffix(b"\n").unwrap_or(&comm);
    if comm == name.as_bytes() || first_argument(folder)? == name {
        return Ok(true);
    }
    let cut = name.as_bytes().get(..COMM).is_some_and(|cut| comm == cut);
    match fs::read_link(folder.join("exe")) {
        Ok(path) => {
            let program = path.file_name().unwrap_or_default().to_string_lossy();
            Ok(program.strip_suffix(" (deleted)").unwrap_or(&program) == name)
        }
        // It may be the one, and only its program would tell.
        Err(error) if cut => Err(error),
        Err(_) => Ok(false),
    }
}

fn first_argument(folder: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(folder.join("cmdline"))?.take(MOST).read_to_end(&mut bytes)?;
    let first = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let name = first.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(name).into_owned())
}

/// What the kernel keeps of a name.
const COMM: usize = 15;
/// The most of a command line that is read.
const MOST: u64 = 4096;
