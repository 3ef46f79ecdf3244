use super::sample::everything;
use super::*;

#[test]
fn no_text_makes_it_panic() {
    check("[api\n", &[(1, "this is not TOML")]);
    check("[api]\nrate = \n", &[(2, "this is not TOML")]);
    check("api = 1\n", &[(1, "api: got 1, expected a section [api]")]);
    check("[[api]]\n", &[(1, "expected a section [api]")]);
    let deep = format!("[api]\nallow = {}{}\n", "[".repeat(1000), "]".repeat(1000));
    assert!(Config::parse(&deep).is_err());
    // Each byte of the sample, changed to each of some others: an error with a line, or a config.
    let text = everything();
    for (at, _) in text.char_indices().step_by(13) {
        for byte in ["\"", "[", "=", "0", "\n", "\u{fffd}"] {
            let changed = format!("{}{byte}{}", &text[..at], text.get(at + 1..).unwrap_or(""));
            if let Err(error) = Config::parse(&changed) {
                assert!(error.faults().iter().all(|fault| fault.line >= 1), "{error}");
            }
        }
    }
}

#[test]
fn the_hash_is_that_of_the_file() {
    assert_eq!(
        Config::default().hash,
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_ne!(parse("[till]").hash, parse("[till]\n").hash);
}

#[test]
fn a_file_is_named_in_its_faults() {
    let error = Config::load(Path::new("/nonexistent/till.toml")).unwrap_err();
    assert!(error.to_string().starts_with("/nonexistent/till.toml: "), "{error}");
    let path = std::env::temp_dir().join(format!("till-status-{}.toml", std::process::id()));
    std::fs::write(&path, "[api]\nrate = 0\n\n[log]\nlevel = 1\n").unwrap();
    let error = Config::load(&path).unwrap_err().to_string();
    std::fs::remove_file(&path).unwrap();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with(&format!("{}:2: [api] rate", path.display())), "{error}");
    assert!(lines[1].starts_with(&format!("{}:5: [log] level", path.display())), "{error}");
}
