//! Opening a device by its address.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::{
    Address, Direct, Identity, LoadError, SerialPlace, TICK, Tape, TapeDevice, Transport, serial,
    tcp,
};

/// How to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// The longest that finding a name and connecting may take together.
    ///
    /// Defaults to 3 s. A serial port is open at once, or not.
    pub limit: Duration,
    /// How long one `read` or `write` waits: defaults to [`TICK`](crate::TICK), and is shorter only
    /// for a program that has to look at two lines at once.
    pub tick: Duration,
    /// USB devices, by vendor and product, whose serial ports must not be opened here: their port
    /// is not even set up. None by default.
    pub refuse: Vec<(u16, u16)>,
    /// Serial ports of other devices, which must not be opened here whatever the address calls them:
    /// a link, another link, the node itself, its USB device. None by default.
    pub refuse_ports: Vec<SerialPlace>,
    /// Where the operating system tells about its devices.
    pub system: System,
}

/// Where the operating system tells about its devices; another place for tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// Defaults to `/sys`.
    pub sysfs: PathBuf,
    /// Defaults to `/dev`.
    pub dev: PathBuf,
    /// Defaults to `/etc/group`.
    pub groups: PathBuf,
}

/// Why a device cannot be opened, in words for the technician who has to change that.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The port is not there.
    #[error("{port} is not there: {detail}")]
    Absent {
        /// The port.
        port: String,
        /// What is there instead.
        detail: String,
    },
    /// Another program has the device.
    #[error("{port} is busy: {detail}")]
    Busy {
        /// The port.
        port: String,
        /// How that shows.
        detail: String,
    },
    /// The user of this program may not open the port.
    #[error("not permitted to open {port}: {}", advice(.group.as_deref()))]
    NotPermitted {
        /// The port.
        port: String,
        /// The group whose members may.
        group: Option<String>,
    },
    /// The network has no way to the host.
    #[error("no route to {port}: check the address, the cable and the network of this computer")]
    NoRoute {
        /// Host and port.
        port: String,
    },
    /// The host is there and nobody listens.
    #[error("{port} refused the connection: the host is there, but nothing listens on that port")]
    Refused {
        /// Host and port.
        port: String,
    },
    /// The host's name has no address.
    #[error("the name {host} cannot be resolved: {detail}")]
    Unresolved {
        /// The name.
        host: String,
        /// What the lookup said.
        detail: String,
    },
    /// The host does not answer.
    #[error(
        "{port} did not answer within {after:?}: it may be switched off, or a firewall drops it"
    )]
    TimedOut {
        /// Host and port.
        port: String,
        /// How long was waited.
        after: Duration,
    },
    /// Several ports match, and none is guessed.
    #[error("{port} fits several ports, choose by adding {add}: {}", .choices.join(", "))]
    Ambiguous {
        /// The port of the address.
        port: String,
        /// The ports that match.
        choices: Vec<String>,
        /// What tells them apart.
        add: String,
    },
    /// Another device than before is at this address now.
    #[error("another device is at {port}: it was {expected}, now it is {found}")]
    Changed {
        /// The port.
        port: String,
        /// What was there before.
        expected: String,
        /// What is there now.
        found: String,
    },
    /// A device that must not be opened here is at this address now.
    #[error("{port} leads to {found}, which must not be opened here: is the address still right?")]
    Forbidden {
        /// The port.
        port: String,
        /// What is there.
        found: String,
    },
    /// The tape cannot be read.
    #[error(transparent)]
    Tape(#[from] LoadError),
    /// Anything else that the operating system says.
    #[error("cannot open {port}: {cause}")]
    Other {
        /// The port.
        port: String,
        /// What it says.
        cause: io::Error,
    },
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(3),
            tick: TICK,
            refuse: Vec::new(),
            refuse_ports: Vec::new(),
            system: System::default(),
        }
    }
}

impl Default for System {
    fn default() -> Self {
        Self { sysfs: "/sys".into(), dev: "/dev".into(), groups: "/etc/group".into() }
    }
}

impl Address {
    /// Opens the device once. A program that opens it again and again keeps a
    /// [`Port`](crate::Port), which also checks that it is still the same device.
    ///
    /// # Errors
    /// [`OpenError`] says which thing is in the way.
    pub fn open(&self, options: &OpenOptions) -> Result<Box<dyn Transport>, OpenError> {
        self.open_known(None, options).map(|(transport, _)| transport)
    }

    /// Opens the device if it is still the `known` one; gives its identity.
    pub(crate) fn open_known(
        &self,
        known: Option<&Option<Identity>>,
        options: &OpenOptions,
    ) -> Result<(Box<dyn Transport>, Option<Identity>), OpenError> {
        match self {
            Self::Serial(address) => {
                let (port, identity) = serial::open(address, known, options)?;
                Ok((Box::new(port), identity))
            }
            Self::Tcp { host, port } => {
                Ok((Box::new(tcp::open(host, *port, options.limit, options.tick)?), None))
            }
            Self::Tape(path) => {
                Ok((Box::new(Direct::new(TapeDevice::new(Tape::load(path)?, 1.0))), None))
            }
        }
    }
}

fn advice(group: Option<&str>) -> String {
    match group {
        Some(group) => format!(
            "the user of this program is not in the group {group} \
             (usermod -aG {group} USER, then start the program anew)"
        ),
        None => "the user of this program has no right to".to_owned(),
    }
}
