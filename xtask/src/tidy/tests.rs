use std::path::PathBuf;

use super::*;

const TAPE: &str = "\
# Device: toy
# Line: tcp
# Protocol: toy
# Origin: synthetic
# Source: here
# Date: 2026-11-24

> +0ms 01
";

/// A workspace with nothing in it but one tidy tape.
struct Workspace(PathBuf);

impl Workspace {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("tidy-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let workspace = Self(root);
        workspace.file("fixtures/kkt-toy/toy/a--b.tape", TAPE);
        workspace.file("fixtures/kkt-toy/toy/a--b.expect", "> a\n");
        workspace
    }

    fn file(&self, name: &str, content: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// What is said about this file in an otherwise tidy workspace.
    fn findings(&self) -> Vec<String> {
        check(&self.0).unwrap().iter().map(ToString::to_string).collect()
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn finds(name: &str, content: &str, finding: &str) {
    let workspace = Workspace::new(&name.replace('/', "-"));
    assert_eq!(workspace.findings(), [""; 0]);
    workspace.file(name, content);
    assert_eq!(workspace.findings(), [finding]);
}

#[test]
fn text() {
    finds("a.rs", "fn a() {} \n", "a.rs:1: trailing blanks");
    finds("b.rs", "fn a() {}", "b.rs: has no line end at its end");
    finds("c.rs", "a\n\n", "c.rs: ends with blank lines");
    finds("d.md", "a\r\n", "d.md: has carriage returns; expected lines that end with LF alone");
    let ignored = format!("#[test]\n    {}]\nfn a() {{}}\n", concat!("#[", "ignore"));
    finds("e.rs", &ignored, "e.rs:2: a test that does not run");
}

#[test]
fn links() {
    finds("f.md", "see [it](docs/no.md#part)\n", "f.md:1: the link docs/no.md#part leads nowhere");
    let good =
        "[a](https://a/b) [b](#b) [c](g.md) [d](/g.md)\n`[e](no.md)`\n```\n[f](no.md)\n```\n";
    let workspace = Workspace::new("good-links");
    workspace.file("g.md", good);
    assert_eq!(workspace.findings(), [""; 0]);
}

#[test]
fn tapes() {
    let path = "fixtures/kkt-toy/toy/a--b.tape";
    let bad = TAPE.replace("# Device: toy\n", "");
    finds(
        path,
        &bad,
        &format!(
            "{path}:7: got the end of the header, expected the key Device before the first step"
        ),
    );
    finds(
        path,
        &format!("{TAPE}# {}\n", "x".repeat(99)),
        &format!("{path}:9: 101 columns, expected at most 100"),
    );
    let lonely = "fixtures/kkt-toy/toy/c--d.expect";
    finds(lonely, "> a\n", &format!("{lonely}: has no .tape beside it"));
    let workspace = Workspace::new("name");
    workspace.file("fixtures/kkt-toy/toy/Status.tape", TAPE);
    let name = "fixtures/kkt-toy/toy/Status.tape";
    assert_eq!(
        workspace.findings(),
        [
            format!("{name}: has no .expect beside it"),
            format!("{name}: is named otherwise than <what>--<circumstance>.tape"),
        ]
    );
}

#[test]
fn device_tables() {
    let workspace = Workspace::new("devices");
    let stale = "# A\n\n<!-- devices:begin -->\nold\n<!-- devices:end -->\nrest\n";
    for name in ["README.md", "crates/kkt-toy/README.md", "crates/other/README.md"] {
        workspace.file(name, stale);
    }
    let finding = ":3: the device table is out of date: cargo xtask tidy --fix";
    assert_eq!(workspace.findings().len(), 3);
    assert_eq!(workspace.findings()[0], format!("README.md{finding}"));
    devices::fix(&workspace.0).unwrap();
    assert_eq!(workspace.findings(), [""; 0]);
    let row = "| `kkt-toy` | `toy` | 1 | 0 | 0 | 0 | 1 | 0 % |\n<!-- devices:end -->\nrest\n";
    let read = |name: &str| fs::read_to_string(workspace.0.join(name)).unwrap();
    assert!(read("README.md").ends_with(row));
    assert!(read("crates/kkt-toy/README.md").ends_with(row));
    assert!(read("crates/other/README.md").ends_with("--:|\n<!-- devices:end -->\nrest\n"));
    let recorded = TAPE.replace("synthetic", "recorded");
    workspace.file("fixtures/kkt-toy/toy/a--b.tape", &recorded);
    assert_eq!(workspace.findings().len(), 2, "the origin has changed");
}
