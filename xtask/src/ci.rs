//! `cargo xtask ci`: all that a change has to pass.

use anyhow::bail;

use crate::run::cargo;

/// The library crates, each of which has to do without the others' features.
const PUBLIC: [&str; 5] = ["kkt-atol", "scale-proto", "vision-probe", "status-core", "till-port"];
/// Those that need no other crate of ours, so that a package of them can be built by itself.
const PACKAGED: [&str; 4] = ["kkt-atol", "scale-proto", "vision-probe", "till-port"];

pub(crate) fn run() -> anyhow::Result<()> {
    let mut steps = vec![
        "fmt --all --check".to_owned(),
        "clippy --workspace --all-targets --all-features -- -D warnings".to_owned(),
        "test --workspace".to_owned(),
        "doc --workspace --no-deps --all-features".to_owned(),
    ];
    for name in PUBLIC {
        steps.push(format!("check --package {name} --no-default-features"));
        steps.push(format!("check --package {name} --all-features"));
    }
    steps.extend(PACKAGED.map(|name| format!("package --allow-dirty --package {name}")));

    let mut failed = Vec::new();
    for step in steps {
        println!("\n== cargo {step}");
        let mut command = cargo();
        command.args(step.split(' ')).env("RUSTDOCFLAGS", "-D warnings");
        if !command.status()?.success() {
            failed.push(format!("cargo {step}"));
        }
    }
    println!("\n== tidy");
    if let Err(error) = xtask::tidy::run(&xtask::root(), false) {
        println!("{error:#}");
        failed.push("cargo xtask tidy".to_owned());
    }
    if !failed.is_empty() {
        bail!("failed:\n  {}", failed.join("\n  "));
    }
    println!("\nall passed");
    Ok(())
}
