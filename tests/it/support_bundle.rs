//! `till-tool support-bundle` beside a running till: everything is in it but what tells whose it is.

use std::time::Duration;

use crate::field_kit::tells_nobody;
use crate::support::{Demo, Folder, program, until};

#[test]
fn a_bundle_tells_the_state_and_nobody() {
    let demo = Demo::start();
    demo.event(r#"{"event":"user-signed-in","role_id":"77","user_id":"90817"}"#);
    demo.event(r#"{"event":"receipt-opened"}"#);
    // The serial number of the KKT is known, so that its absence tells something.
    until(Duration::from_secs(30), || {
        demo.document()["kkt"]["serial_number"].is_string().then_some(())
    });

    let folder = Folder::new("support-bundle");
    let state = folder.file(
        "state",
        "till-status state 1 00000000\n{\"user\":{\"role\":\"90817\"},\"event_ids\":[\"x\"]}",
    );
    folder.file("kkt.tape", "# The last bytes of this device\n> +0ms FE 01\n");
    let config = format!(
        "# the password was 4711\n[till]\nname = \"Store 12\"\nstate_file = \"{}\"\n\
         [api]\nlisten = [\"{}\"]\n[log]\ntrace = \"{}\"\n\
         [kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"tcp:127.0.0.1:1\"\n\
         access_password = \"1357\"\n",
        state,
        demo.api,
        folder.0.display(),
    );
    let config = folder.file("till.toml", &config);
    let out = folder.0.join("bundle.txt");
    let bundle = || {
        let mut tool = program("till-tool");
        tool.arg("support-bundle").arg("--config").arg(&config).arg("--out").arg(&out);
        tool.output().unwrap()
    };
    let output = bundle();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&out).unwrap();
    for part in [
        "till-tool 0.1.0 (",
        "name = \"Store 12\"",
        "access_password = \"***\"",
        "nothing, sha256:",
        "\"state\": \"open\"",
        "\"serial_number\": \"***\"",
        "\"event_ids\": 1",
        "> +0ms FE 01",
        "===== log",
        "===== serial ports",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    tells_nobody(&text);
    for secret in ["4711", "1357", "90817", "\"77\""] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
    let again = bundle();
    assert_eq!(again.status.code(), Some(2), "it is never written over another file");
    assert!(String::from_utf8_lossy(&again.stderr).contains("name another"), "{again:?}");
}

#[test]
fn a_bundle_of_a_till_that_is_broken_says_what_could_not_be_had() {
    let folder = Folder::new("support-bundle-broken");
    let config = folder.file("till.toml", "[kkt]\naccess_password = 24680\nnonsense = 1\n");
    let mut tool = program("till-tool");
    let output = tool.arg("support-bundle").arg("--config").arg(config).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("a fault in a password") && text.contains("nonsense"), "{text}");
    assert!(!text.contains("24680"), "{text}");

    let mut tool = program("till-tool");
    let output = tool.args(["support-bundle", "--config", "/nowhere/till.toml"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("not to be had: "), "{text}");
}

#[test]
fn a_bundle_follows_no_link_of_the_service() {
    let folder = Folder::new("support-bundle-links");
    let secret = folder.file("shadow", "root:secret-of-root:1::\n");
    for name in ["kkt.tape", "state"] {
        std::os::unix::fs::symlink(&secret, folder.0.join(name)).unwrap();
    }
    // Nobody writes into it, so whoever opens it waits for ever.
    let fifo = folder.0.join("scale.tape");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let config = format!(
        "[till]\nstate_file = \"{0}/state\"\n[api]\nlisten = [\"127.0.0.1:1\"]\n\
         [log]\ntrace = \"{0}\"\n",
        folder.0.display()
    );
    let config = folder.file("till.toml", &config);
    let output = program("till-tool").args(["support-bundle", "--config", &config]).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    assert_eq!(text.matches("not to be had: is a link or no file").count(), 3, "{text}");
    assert!(!text.contains("secret-of-root"), "{text}");
}
