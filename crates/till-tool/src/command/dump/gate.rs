//! Which KKT, and may its port be opened? The rules are those of the service.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use kkt_sp80x::DialectName;
use status_core::{Barred, Hold};
use till_port::Address;
use till_status::Config;
use till_status::config::{Kkt, KktLink, Sp80x};
use till_status::gate::{Gate, Pass, Shut, Watch};

/// The words that say which KKT.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// The configuration of till-status, whose section kkt is used.
    #[arg(long, value_name = "FILE", required_unless_present = "address")]
    #[arg(conflicts_with_all = [
        "driver", "link", "dialect", "address", "owns_device", "access_password"
    ])]
    config: Option<PathBuf>,
    /// The driver.
    #[arg(long, requires = "address")]
    driver: Option<Driver>,
    /// The link layer of an ATOL KKT, which is never found out by sending.
    #[arg(long, requires = "address", required_if_eq("driver", "atol"))]
    link: Option<Link>,
    /// The dialect of a Service Plus KKT, which is never found out by sending: a question in one is
    /// an order in another.
    #[arg(long, requires = "address", required_if_eq("driver", "sp80x"))]
    dialect: Option<Dialect>,
    /// Where the KKT is: tcp:HOST:PORT, or a serial port with its USB interface.
    #[arg(long, value_name = "ADDR", requires = "driver")]
    address: Option<String>,
    /// No other program uses this KKT now.
    #[arg(long, requires = "address")]
    owns_device: bool,
    /// The access password of an ATOL KKT, four digits. Default 0000.
    #[arg(long, value_name = "DIGITS", requires = "address", value_parser = password)]
    access_password: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Driver {
    /// ATOL.
    Atol,
    /// Service Plus: SP101 to SP802.
    #[value(name = "sp80x")]
    Sp80x,
    /// Pirit and Viki Print. No SP model speaks so.
    Pirit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Link {
    /// Frames between control bytes: "ATOL 2.4" in the settings of the KKT; serial ports only.
    V2,
    /// Packets with a task buffer: "ATOL 3.0" in its settings, and always over TCP.
    V3,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Dialect {
    /// XML: the KKT of UKM tills, TCP port 6667.
    Arm,
    /// Frames with the password PONE: SP101 to SP801.
    Pone,
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
            return Ok(Asked { kkt, config, path: Some(path.clone()) });
        }
        let mut kkt = self.named()?;
        kkt.hold = Hold::Always;
        kkt.owns_device = true;
        let config = Config { kkt: Some(kkt.clone()), ..Config::default() };
        Ok(Asked { kkt, config, path: None })
    }

    /// The KKT of which every word is said.
    fn named(&self) -> anyhow::Result<Kkt> {
        let text = self.address.as_deref().context("--address or --config")?;
        let driver = self.driver.context("--driver")?;
        let dialect = match (driver, self.dialect) {
            (Driver::Atol, None) => None,
            (Driver::Sp80x, Some(Dialect::Arm)) => Some(DialectName::Arm),
            (Driver::Sp80x, Some(Dialect::Pone)) => Some(DialectName::Pone),
            (Driver::Pirit, None) => Some(DialectName::Pirit),
            (Driver::Sp80x, None) => bail!("--dialect: {OF_SP80X}"),
            _ => bail!("--dialect: {OF_SP80X}; only --driver sp80x has one"),
        };
        if dialect.is_some() && (self.link.is_some() || self.access_password.is_some()) {
            bail!("--link, --access-password: got one, expected it only with --driver atol");
        }
        let address = match dialect {
            None => text.parse::<Address>().map_err(|error| error.to_string()),
            Some(dialect) => Sp80x::address(dialect, text),
        };
        let address = address.map_err(|error| anyhow::anyhow!("--address {text:?}: {error}"))?;
        address.names_an_interface().context("--address")?;
        if !self.owns_device {
            bail!(OWNERSHIP);
        }
        let link = match (self.link, &address) {
            (Some(Link::V2), Address::Tcp { .. }) => bail!(NOT_OVER_TCP),
            (Some(Link::V2), _) => KktLink::V2,
            (Some(Link::V3), _) => KktLink::V3,
            // It has none.
            (None, _) if dialect.is_some() => KktLink::V3,
            (None, _) => bail!("--link: expected v2 or v3, as the settings of the KKT say"),
        };
        let mut kkt = Kkt::new(address, link);
        kkt.sp80x = dialect.map(Sp80x::new);
        kkt.access_password = self.access_password.unwrap_or(0);
        Ok(kkt)
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

fn password(text: &str) -> Result<u16, String> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| "expected four digits, such as 0000".to_owned())
}

const OF_SP80X: &str = "expected arm or pone, as the papers and settings of the KKT say: arm takes \
    XML (the KKT of UKM tills, TCP port 6667), pone takes frames with the password PONE";

const STOP_FIRST: &str = "the till-status service must be stopped now (systemctl stop till-status): the port is exclusive";

const NEVER: &str = "[kkt] hold = \"never\": this port is never opened, because another program \
    works with the KKT: ";

const DEAF: &str = "[kkt] hold = \"per-poll\": the port is opened for a moment while the till \
    program says that no receipt is open; a dump hears no till program, and takes some seconds: ";

const NAME_IT: &str = "Close the till program first, outside of trading hours and with no receipt \
    open; then name the KKT yourself with --driver, --link or --dialect, --address \
    and --owns-device";

const RESUME: &str = "That is so while the file is there that [till] pause_file names; till-status \
    resume removes it";

const NOT_OVER_TCP: &str = "--link: got v2 with a TCP address, expected v3: over TCP a KKT speaks \
    the link v3 only; v2 is for its serial and USB ports";

const OWNERSHIP: &str = "a KKT serves one program. While this one holds its port, the till program \
    cannot print; on a serial port two programs even steal each other's bytes, and a receipt may be \
    lost. Close the till program and stop the till-status service first, outside of trading hours \
    and with no receipt open, and say that with --owns-device. Everything that is sent then only \
    reads; it takes some seconds";
