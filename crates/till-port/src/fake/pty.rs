//! A device behind a pty.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr};

use super::Line;
use super::control::{Control, Wish};
use super::session::{GLANCE, Session, Spoke};
use crate::{Address, Device, LineSettings, SerialAddress, SerialPlace};

/// What a host has not read when the line is dropped is lost, so it gets this long for it.
const LAST_WORDS: Duration = Duration::from_millis(100);

pub(super) struct Server {
    link: Option<PathBuf>,
    pty: Option<Pty>,
    /// Where the last pty was.
    path: PathBuf,
}

/// The device's end of a pty. Dropping it unplugs the host.
struct Pty {
    master: OwnedFd,
    path: PathBuf,
    /// The host's end, while another program pretends to have it.
    held: Option<OwnedFd>,
}

impl Server {
    pub(super) fn new(link: Option<PathBuf>) -> io::Result<Self> {
        let mut server = Self { link, pty: None, path: PathBuf::new() };
        server.plug(false)?;
        Ok(server)
    }

    pub(super) fn address(&self) -> Address {
        let path = self.link.as_ref().unwrap_or(&self.path).clone();
        let settings = LineSettings::default();
        Address::Serial(SerialAddress { place: SerialPlace::Path(path), settings })
    }

    pub(super) fn run<D: Device + ?Sized>(&mut self, control: &Control, session: &mut Session<D>) {
        while let Some(wish) = control.wish() {
            let held = self.pty.as_ref().map(|pty| pty.held.is_some());
            let ready = match (wish.line, held) {
                (Line::Up, Some(false)) | (Line::Busy, Some(true)) => Ok(()),
                (Line::Up, _) => self.plug(false),
                (Line::Busy, _) => self.plug(true),
                (Line::Unplugged, _) => {
                    self.unplug();
                    Ok(())
                }
            };
            if let Err(error) = ready {
                control.fail(wish, error.to_string());
                continue;
            }
            control.state().address = self.address();
            control.grant(wish);
            match (&self.pty, wish.line) {
                (Some(pty), Line::Up) => {
                    pty.serve(control, wish, session);
                    session.disconnect();
                    self.unplug();
                }
                _ => control.pause(wish, Duration::from_secs(1)),
            }
        }
    }

    /// Makes a new pty, and only then the link to it.
    fn plug(&mut self, hold: bool) -> io::Result<()> {
        self.unplug();
        let pty = Pty::new(hold)?;
        if let Some(link) = &self.link {
            if fs::symlink_metadata(link).is_ok_and(|found| !found.is_symlink()) {
                let text = format!("{} exists and is no link", link.display());
                return Err(io::Error::new(ErrorKind::AlreadyExists, text));
            }
            let new = link.with_extension("new");
            let _ = fs::remove_file(&new);
            symlink(&pty.path, &new)?;
            fs::rename(&new, link)?;
        }
        self.path.clone_from(&pty.path);
        self.pty = Some(pty);
        Ok(())
    }

    fn unplug(&mut self) {
        let Some(pty) = self.pty.take() else { return };
        if let Some(link) = &self.link {
            if fs::read_link(link).is_ok_and(|target| target == pty.path) {
                let _ = fs::remove_file(link);
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.unplug();
    }
}

impl Pty {
    fn new(hold: bool) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let path = Path::new(OsStr::from_bytes(name.to_bytes())).to_owned();
        make_raw(&master)?;
        // The master says whether a host has the other end only once somebody has had it.
        let slave = open_slave(&path)?;
        let held = if hold {
            rustix::fs::flock(&slave, FlockOperation::NonBlockingLockExclusive)?;
            Some(slave)
        } else {
            None
        };
        rustix::fs::fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK)?;
        Ok(Self { master, path, held })
    }

    /// Serves host after host until the line changes.
    fn serve<D: Device + ?Sized>(&self, control: &Control, wish: Wish, session: &mut Session<D>) {
        let mut buf = [0; 4096];
        while control.is(wish) {
            match self.listen(session.idle(), &mut buf) {
                Ok(Heard::Bytes(bytes)) => {
                    self.meet(control, session);
                    session.receive(bytes);
                }
                Ok(Heard::Nothing) => self.meet(control, session),
                Ok(Heard::NoHost) => {
                    if session.is_connected() {
                        let _ = self.forget();
                        session.disconnect();
                    }
                    control.pause(wish, GLANCE / 2);
                    continue;
                }
                Err(_) => return,
            }
            let write = |bytes: &[u8]| Ok(rustix::io::write(&self.master, bytes)?);
            if session.speak(write) == Spoke::HangsUp {
                control.pause(wish, session.rest_of(LAST_WORDS));
                return;
            }
        }
    }

    /// What the last host did not read, and what it set, is not for the next one.
    fn forget(&self) -> io::Result<()> {
        tcflush(&self.master, QueueSelector::IOFlush)?;
        make_raw(&self.master)?;
        // What has arrived at the host's end is forgotten only from there.
        Ok(tcflush(open_slave(&self.path)?, QueueSelector::IFlush)?)
    }

    fn meet<D: Device + ?Sized>(&self, control: &Control, session: &mut Session<D>) {
        if !session.is_connected() {
            control.state().connections += 1;
            session.connect();
        }
    }

    fn listen<'a>(&self, limit: Duration, buf: &'a mut [u8]) -> io::Result<Heard<'a>> {
        let mut fds = [PollFd::from_borrowed_fd(self.master.as_fd(), PollFlags::IN)];
        let limit = Timespec::try_from(limit).ok();
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [fd] = fds;
        let events = fd.revents();
        if events.contains(PollFlags::IN) {
            return match rustix::io::read(&self.master, &mut *buf) {
                Ok(count) if count > 0 => Ok(Heard::Bytes(buf.get(..count).unwrap_or_default())),
                Ok(_) | Err(rustix::io::Errno::IO) => Ok(Heard::NoHost),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Heard::Nothing),
                Err(error) => Err(error.into()),
            };
        }
        Ok(if events.contains(PollFlags::HUP) { Heard::NoHost } else { Heard::Nothing })
    }
}

enum Heard<'a> {
    Bytes(&'a [u8]),
    /// A host has the line and says nothing.
    Nothing,
    NoHost,
}

fn open_slave(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// No echo and no translation, whatever the host sets.
fn make_raw(master: &OwnedFd) -> io::Result<()> {
    let mut settings = tcgetattr(master)?;
    settings.make_raw();
    Ok(tcsetattr(master, OptionalActions::Now, &settings)?)
}
