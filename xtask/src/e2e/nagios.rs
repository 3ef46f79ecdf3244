//! The plugin in a real Nagios and under the programs of monitoring-plugins; Icinga 2 reads its definitions.

use anyhow::ensure;

use crate::run::output;

/// Text and exit code of each state.
pub(super) fn run() -> anyhow::Result<()> {
    let user = output(std::process::Command::new("id").arg("-u"))?;
    ensure!(user.trim() == "0", "Nagios runs as a user of its own: root starts it");
    super::install::debian(&["monitoring-plugins-basic", "nagios4-core", "icinga2-bin"])?;
    let tool = super::build(&["-p", "till-tool"], "till-tool")?;
    let monitor = super::build(&["-p", "till-monitor"], "till-monitor")?;
    let samples = xtask::root().join("crates/till-monitor/engines/icinga");
    let arguments = [tool.as_os_str(), monitor.as_os_str(), samples.as_os_str()];
    super::script("python3", "nagios.py", &arguments)
}
