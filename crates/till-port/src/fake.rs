//! A fake device to point a program at: a [`Device`] behind a TCP port or a pty.

use std::fmt::{self, Debug, Formatter};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::{Address, Device};

mod control;
#[cfg(unix)]
mod pty;
mod session;
mod tcp;

use control::Control;
use session::Session;

/// Serves a device until it is dropped, to one host at a time.
///
/// The device is shared, so that a test or a demo can change its state meanwhile.
pub struct Fake {
    control: Arc<Control>,
    thread: Option<JoinHandle<()>>,
}

/// How the line between a host and a [`Fake`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The device can be reached.
    Up,
    /// Nothing is there: the TCP port is closed, the pty and its link are gone.
    Unplugged,
    /// Another program has the device: TCP connections are closed at once, the pty is locked.
    Busy,
}

/// What happens to a second TCP connection while a [`Fake`] serves the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// It waits, connected and unanswered, until the first one ends.
    Waits,
    /// It is closed at once.
    TurnedAway,
}

impl Fake {
    /// Serves `device` on a TCP port; port 0 chooses a free one, see [`address`](Self::address).
    ///
    /// # Errors
    /// What the system says when the port cannot be listened on.
    pub fn tcp<D>(address: SocketAddr, device: Arc<Mutex<D>>) -> io::Result<Self>
    where
        D: Device + ?Sized + 'static,
    {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let place = Address::Tcp { host: address.ip().to_string(), port: address.port() };
        let mut server = tcp::Server::new(listener, address)?;
        Self::start(place, move |control| server.run(control, &mut Session::new(device)))
    }

    /// Serves `device` on a pty, with a link to it if its path shall stay the same when the line
    /// was unplugged, was busy, or was dropped by the device.
    ///
    /// # Errors
    /// What the system says when there is no pty, or the link cannot be made. Only a link is ever
    /// replaced by the link, never a file.
    #[cfg(unix)]
    pub fn pty<D>(link: Option<std::path::PathBuf>, device: Arc<Mutex<D>>) -> io::Result<Self>
    where
        D: Device + ?Sized + 'static,
    {
        let mut server = pty::Server::new(link)?;
        Self::start(server.address(), move |control| server.run(control, &mut Session::new(device)))
    }

    /// Where a host finds the device now.
    #[must_use]
    pub fn address(&self) -> Address {
        self.control.state().address.clone()
    }

    /// How the line is.
    #[must_use]
    pub fn line(&self) -> Line {
        self.control.state().line
    }

    /// Changes the line, and waits until hosts notice it: some milliseconds, or half a second when
    /// the caller itself holds the device's lock.
    pub fn set_line(&self, line: Line) {
        self.control.set_line(line);
    }

    /// What happens to a second TCP connection; defaults to [`Second::Waits`].
    pub fn set_second(&self, second: Second) {
        self.control.state().second = second;
    }

    /// How many hosts have connected so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.control.state().connections
    }

    /// Why the line cannot come up again, such as a TCP port that somebody else has taken.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.control.state().trouble.clone()
    }

    /// Ends the service; dropping does the same.
    pub fn stop(self) {
        drop(self);
    }

    fn start(address: Address, run: impl FnOnce(&Control) + Send + 'static) -> io::Result<Self> {
        let control = Arc::new(Control::new(address));
        let shared = control.clone();
        let thread = thread::Builder::new().name("fake".into()).spawn(move || run(&shared))?;
        Ok(Self { control, thread: Some(thread) })
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.control.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Debug for Fake {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let state = self.control.state();
        let mut out = out.debug_struct("Fake");
        out.field("address", &state.address).field("line", &state.line).finish_non_exhaustive()
    }
}
