//! A real Prometheus and a real Alertmanager on a demo till and a monitor, and our alerts.

/// Scrapes, and waits for alerts to come and to go.
pub(super) fn run() -> anyhow::Result<()> {
    super::install::debian(&["prometheus", "prometheus-alertmanager"])?;
    let tool = super::build(&["-p", "till-tool"], "till-tool")?;
    let monitor = super::build(&["-p", "till-monitor"], "till-monitor")?;
    let rules = xtask::root().join("crates/till-monitor/engines/prometheus");
    let arguments = [tool.as_os_str(), monitor.as_os_str(), rules.as_os_str()];
    super::script("python3", "prometheus.py", &arguments)
}
