//! The contract read and tried by programs from PyPI.

/// Validates `/openapi.json`, and tries what it promises.
pub(super) fn run() -> anyhow::Result<()> {
    let python = super::install::python("openapi.txt")?;
    let tool = super::build(&["-p", "till-tool"], "till-tool")?;
    let service = super::build(&["-p", "till-status"], "till-status")?;
    super::script(python, "openapi.py", &[tool.as_os_str(), service.as_os_str()])
}
