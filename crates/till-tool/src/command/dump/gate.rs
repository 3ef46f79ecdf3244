//! Which KKT, and may its port be opened? The rules are those of the service.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use status_core::{Barred, Hold};
use till_port::Address;
use till_status::Config;
use till_status::config::{Kkt, KktLink};
use till_status::gate::{Gate, Pass, Shut, Watch};

/// The words that say which KKT.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// The configuration of till-status, whose section kkt is used.
    #[arg(long, value_name = "FILE", required_unless_present = "address")]
    #[arg(conflicts_with_all = ["driver", "link", "address", "owns_device", "access_password"])]
    config: Option<PathBuf>,
    /// The driver.
    #[arg(long, requires = "address")]
    driver: Option<Driver>,
    /// The link layer of the KKT, which is never found out by sending.
    #[arg(long, requires = "address")]
    link: Option<Link>,
    /// Where the KKT is: tcp:HOST:PORT, or a serial port with its USB interface.
    #[arg(long, value_name = "ADDR", requires_all = ["driver", "link"])]
    address: Option<Address>,
    /// No other program uses this KKT now.
    #[arg(long, requires = "address")]
    owns_device: bool,
    /// The access password of the KKT, four digits.
    #[arg(long, value_name = "DIGITS", requires = "address", default_value = "0000")]
    #[arg(value_parser = password)]
    access_password: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Driver {
    /// ATOL.
    Atol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Link {
    /// Frames between control bytes: "ATOL 2.4" in the settings of the KKT; serial ports only.
    V2,
    /// Packets with a task buffer: "ATOL 3.0" in its settings, and always over TCP.
    V3,
}

/// The KKT that is asked.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) kkt: Kkt,
    config: Config,
    /// Where its section stands, when it does.
    path: Option<PathBuf>,
}

impl Which {
    /// The KKT that the words say.
    pub(super) fn asked(&self) -> anyhow::Result<Asked> {
        if let Some(path) = &self.config {
            let config = Config::load(path)?;
            let kkt = config.kkt.clone().with_context(|| {
                format!("{} has no section [kkt], so there is nothing to ask", path.display())
            })?;
            if kkt.sp80x.is_some() {
                bail!(OTHER_DRIVER);
            }
            return Ok(Asked { kkt, config, path: Some(path.clone()) });
        }
        let address = self.address.clone().context("--address or --config")?;
        address.names_an_interface().context("--address")?;
        if !self.owns_device {
            bail!(OWNERSHIP);
        }
        let link = self.link.context("--link")?.into();
        if let (KktLink::V2, Address::Tcp { .. }) = (link, &address) {
            bail!(NOT_OVER_TCP);
        }
        let mut kkt = Kkt::new(address, link);
        kkt.access_password = self.access_password;
        kkt.hold = Hold::Always;
        kkt.owns_device = true;
        let config = Config { kkt: Some(kkt.clone()), ..Config::default() };
        Ok(Asked { kkt, config, path: None })
    }
}

impl Asked {
    /// The right to open its port. To be dropped when that is closed again.
    pub(super) fn pass(&self) -> anyhow::Result<Pass> {
        let pass = Gate::new(&self.kkt).pass(&Watch::alone(&self.config), Instant::now());
        match (pass, &self.path) {
            (Ok(pass), None) => Ok(pass),
            (Ok(pass), Some(_)) => {
                eprintln!("{STOP_FIRST}");
                Ok(pass)
            }
            (Err(shut), None) => Err(self.advice(shut)),
            (Err(shut), Some(path)) => Err(self.advice(shut).context(path.display().to_string())),
        }
    }

    /// Why not, and what to do.
    fn advice(&self, shut: Shut) -> anyhow::Error {
        let per_poll = matches!(self.kkt.hold, Hold::PerPoll { .. });
        let (what, advice) = match &shut {
            Shut::Barred(Barred::Settings) => (NEVER, NAME_IT),
            Shut::Barred(Barred::Paused) => ("", RESUME),
            _ if per_poll => (DEAF, NAME_IT),
            _ => return shut.into(),
        };
        anyhow::anyhow!("{what}{shut}. {advice}")
    }
}

impl From<Link> for KktLink {
    fn from(link: Link) -> Self {
        match link {
            Link::V2 => Self::V2,
            Link::V3 => Self::V3,
        }
    }
}

fn password(text: &str) -> Result<u16, String> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| "expected four digits, such as 0000".to_owned())
}

/// What asks an ATOL KKT may be an order to another.
const OTHER_DRIVER: &str = "[kkt] driver: a dump asks an ATOL KKT only, and nothing of that is ever \
    sent to another; \"till-status once\" asks this one what it is known to tell";

const STOP_FIRST: &str = "the till-status service must be stopped now (systemctl stop till-status): the port is exclusive";

const NEVER: &str = "[kkt] hold = \"never\": this port is never opened, because another program \
    works with the KKT: ";

const DEAF: &str = "[kkt] hold = \"per-poll\": the port is opened for a moment while the till \
    program says that no receipt is open; a dump hears no till program, and takes some seconds: ";

const NAME_IT: &str = "Close the till program first, outside of trading hours and with no receipt \
    open; then name the KKT yourself with --driver, --link, --address and --owns-device";

const RESUME: &str = "That is so while the file is there that [till] pause_file names; till-status \
    resume removes it";

const NOT_OVER_TCP: &str = "--link: got v2 with a TCP address, expected v3: over TCP a KKT speaks \
    the link v3 only; v2 is for its serial and USB ports";

const OWNERSHIP: &str = "a KKT serves one program. While this one holds its port, the till program \
    cannot print; on a serial port two programs even steal each other's bytes, and a receipt may be \
    lost. Close the till program and stop the till-status service first, outside of trading hours \
    and with no receipt open, and say that with --owns-device. Everything that is sent then only \
    reads; it takes some seconds";
