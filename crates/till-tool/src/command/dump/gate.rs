//! Which KKT, and may its port be opened? The rules are those of the service.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use status_core::Hold;
use till_port::Address;
use till_status::Config;
use till_status::config::{Kkt, KktLink};

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
    /// Packets with a task buffer.
    V3,
}

impl Which {
    /// The KKT, if its port may be opened.
    pub(super) fn allowed(&self) -> anyhow::Result<Kkt> {
        if let Some(path) = &self.config {
            let config = Config::load(path)?;
            let kkt = config.kkt.with_context(|| {
                format!("{} has no section [kkt], so there is nothing to ask", path.display())
            })?;
            if kkt.sp80x.is_some() {
                bail!(OTHER_DRIVER);
            }
            by_policy(&kkt).with_context(|| path.display().to_string())?;
            eprintln!("{STOP_FIRST}");
            return Ok(kkt);
        }
        let address = self.address.clone().context("--address or --config")?;
        address.names_an_interface().context("--address")?;
        if !self.owns_device {
            bail!(OWNERSHIP);
        }
        let link = match self.link.context("--link")? {
            Link::V3 => KktLink::V3,
        };
        let mut kkt = Kkt::new(address, link);
        kkt.access_password = self.access_password;
        kkt.hold = Hold::Always;
        kkt.owns_device = true;
        Ok(kkt)
    }
}

fn by_policy(kkt: &Kkt) -> anyhow::Result<()> {
    if kkt.link != KktLink::V3 {
        bail!(
            "[kkt] link: got {:?}, expected \"v3\": a dialogue of the link v2 cannot be made anonymous",
            kkt.link.to_string()
        );
    }
    match (kkt.hold, kkt.owns_device) {
        (Hold::Always, true) => Ok(()),
        (Hold::Never, _) => bail!(NEVER),
        _ => bail!(TOO_LONG),
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
    works with the KKT. Close the till program first, outside of trading hours and with no receipt \
    open; then name the KKT yourself with --driver, --link, --address and --owns-device";

const TOO_LONG: &str = "[kkt] hold: a dump asks everything at once and holds the KKT for some \
    seconds, longer than this policy lets anybody. Close the till program first, outside of trading \
    hours and with no receipt open; then name the KKT yourself with --driver, --link, --address and \
    --owns-device";

const OWNERSHIP: &str = "a KKT serves one program. While this one holds its port, the till program \
    cannot print; on a serial port two programs even steal each other's bytes, and a receipt may be \
    lost. Close the till program and stop the till-status service first, outside of trading hours \
    and with no receipt open, and say that with --owns-device. Everything that is sent then only \
    reads; it takes some seconds";
