//! A real Zabbix with our templates on a demo till.

use anyhow::ensure;

use crate::run::output;

/// The server, its database and its front end, as Debian has them.
const PACKAGES: &[&str] = &[
    "postgresql",
    "zabbix-server-pgsql",
    "zabbix-frontend-php",
    "php-cli",
    "php-pgsql",
    "php-gd",
    "php-xml",
    "php-mbstring",
    "php-bcmath",
    "php-curl",
];

/// Imports both templates, and waits for an alarm of each.
pub(super) fn run() -> anyhow::Result<()> {
    let user = output(std::process::Command::new("id").arg("-u"))?;
    ensure!(
        user.trim() == "0",
        "PostgreSQL and Zabbix run as users of their own: root starts them"
    );
    super::install::debian(PACKAGES)?;
    let tool = super::build(&["-p", "till-tool"], "till-tool")?;
    let templates = xtask::root().join("crates/till-monitor/engines/zabbix");
    super::script("python3", "zabbix.py", &[tool.as_os_str(), templates.as_os_str()])
}
