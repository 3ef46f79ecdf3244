//! A real Prometheus on a demo till, and our alerts.

/// Scrapes, and waits for an alert.
pub(super) fn run() -> anyhow::Result<()> {
    super::install::debian(&["prometheus"])?;
    let tool = super::build(&["-p", "till-tool"], "till-tool")?;
    let rules = xtask::root().join("crates/till-status/dist/prometheus");
    super::script("python3", "prometheus.py", &[tool.as_os_str(), rules.as_os_str()])
}
