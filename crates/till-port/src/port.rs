//! A device that is opened again whenever it went away.

use std::fmt::{self, Debug, Formatter};
use std::io::{self, ErrorKind, Read, Write};

use crate::{Address, Identity, OpenError, OpenOptions, Transport};

/// An address, and the open device behind it while there is one.
///
/// Opening closes the old handle first: a USB port whose old handle is still open comes back
/// under another name. The USB device and interface of the first opening are remembered, and
/// another device at the same address is refused from then on.
///
/// As a [`Transport`] it fails with [`ErrorKind::NotConnected`] while it is closed.
pub struct Port {
    address: Address,
    options: OpenOptions,
    known: Option<Option<Identity>>,
    transport: Option<Box<dyn Transport>>,
}

impl Port {
    /// A port that is closed.
    #[must_use]
    pub const fn new(address: Address, options: OpenOptions) -> Self {
        Self { address, options, known: None, transport: None }
    }

    /// Closes the old handle, finds the device and opens it.
    ///
    /// # Errors
    /// [`OpenError`] says which thing is in the way; the port is closed then.
    pub fn open(&mut self) -> Result<(), OpenError> {
        self.close();
        let (transport, identity) = self.address.open_known(self.known.as_ref(), &self.options)?;
        self.transport = Some(transport);
        self.known.get_or_insert(identity);
        Ok(())
    }

    /// Closes the device.
    pub fn close(&mut self) {
        self.transport = None;
    }

    /// Whether the device is open, as far as it was noticed.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.transport.is_some()
    }

    /// Where the device is.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// The USB device and interface of the first opening.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.known.as_ref()?.as_ref()
    }

    fn opened(&mut self) -> io::Result<&mut Box<dyn Transport>> {
        self.transport.as_mut().ok_or_else(|| ErrorKind::NotConnected.into())
    }
}

impl Read for Port {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.opened()?.read(buf)
    }
}

impl Write for Port {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.opened()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Port {}

impl Debug for Port {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Port");
        out.field("address", &self.address).field("known", &self.known);
        out.field("is_open", &self.is_open()).finish_non_exhaustive()
    }
}
