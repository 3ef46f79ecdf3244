//! The scales' simulators and our client against programs from PyPI.

/// Weighs with each.
pub(super) fn run() -> anyhow::Result<()> {
    let python = super::install::python("requirements.txt")?;
    let tool = super::build(&["-p", "till-tool"], "till-tool")?;
    let weigh = super::build(&["-p", "scale-proto", "--example", "weigh"], "examples/weigh")?;
    super::script(python, "scales.py", &[tool.as_os_str(), weigh.as_os_str()])
}
