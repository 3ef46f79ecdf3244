//! The till's own page in a real Chromium, over a demo.

use std::ffi::OsStr;

/// Each problem has to show, and to go, in both languages.
pub(super) fn run() -> anyhow::Result<()> {
    super::install::debian(&["chromium"])?;
    let packages = super::install::npm("browser")?;
    let tool = super::build(&["-p", "till-tool"], "till-tool")?;
    let pictures = super::target().join("e2e-pictures");
    std::fs::create_dir_all(&pictures)?;
    let arguments: [&OsStr; 3] = [packages.as_ref(), tool.as_ref(), pictures.as_ref()];
    super::script("node", "page.mjs", &arguments)?;
    println!("pictures: {}", pictures.display());
    Ok(())
}
