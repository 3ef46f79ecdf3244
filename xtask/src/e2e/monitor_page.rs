//! The monitor's page in a real Chromium, over simulated fleets.

use std::ffi::OsStr;

/// Problems have to show and to go, for everybody who looks, and with 5,000 tills.
pub(super) fn run() -> anyhow::Result<()> {
    super::install::debian(&["chromium"])?;
    let packages = super::install::npm("browser")?;
    let monitor = super::build(&["-p", "till-monitor"], "till-monitor")?;
    let pictures = super::target().join("e2e-pictures");
    std::fs::create_dir_all(&pictures)?;
    let arguments: [&OsStr; 3] = [packages.as_ref(), monitor.as_ref(), pictures.as_ref()];
    super::script("node", "monitor_page.mjs", &arguments)?;
    println!("pictures: {}", pictures.display());
    Ok(())
}
