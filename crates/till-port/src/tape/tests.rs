use super::*;

const HEADER: &str = "\
# Device: none - toy protocol
# Line: serial 115200 8N1
# Protocol: toy
# Origin: synthetic
# Source: written by hand
# Date: 2026-11-24
";

const TOY: &str = "
# An ordinary comment: it has a colon.
> +0ms    02 02            # start, length
          \"hi\"             # payload
# a comment between the lines of a step

          01               # check byte
< +12ms   02 02 \"o#k\" 04#done
! +500ms close             # unplugged
";

fn parse(steps: &str) -> Result<Tape, TapeError> {
    format!("{HEADER}{steps}").parse()
}

/// `line` counts from the first line after the header.
#[track_caller]
fn refused(steps: &str, line: usize, message: &str) {
    let error = parse(steps).unwrap_err();
    let line = line + HEADER.lines().count();
    assert_eq!(error.to_string(), format!("line {line}: {message}"));
}

#[test]
fn steps_of_the_toy_dialogue() {
    let tape = parse(TOY).unwrap();
    let wanted = [
        (0, Action::Host(b"\x02\x02hi\x01".to_vec())),
        (12, Action::Device(b"\x02\x02o#k\x04".to_vec())),
        (500, Action::Close),
    ];
    let wanted = wanted.map(|(ms, action)| Step { after: Duration::from_millis(ms), action });
    assert_eq!(tape.steps, wanted);
    assert_eq!(tape.messages(), 2);
    assert_eq!(tape.header.origin, Origin::Synthetic);
    assert_eq!(tape.header.line, "serial 115200 8N1");
}

#[test]
fn printing_and_reading_again_gives_the_same_tape() {
    let header = format!(
        "{HEADER}# Firmware: 1.2\n# Host: kkt-atol\n# Scrubbed: INN\n# Note: one\n# Note: two: b\n"
    );
    let long: String = (0..=255).map(|byte| format!("{byte:02x} ")).collect();
    let steps = format!("> +0ms 22 \"Max=150/300 kg\" 0D\n< +3ms {long}\n! +7ms close\n");
    let tape: Tape = format!("{header}{steps}").parse().unwrap();
    let printed = tape.to_string();
    assert_eq!(printed.parse::<Tape>().unwrap(), tape);
    assert!(printed.lines().all(|line| line.len() <= 100), "{printed}");
    assert!(printed.contains("> +0ms 22 \"Max=150/300 kg\" 0D\n"), "{printed}");
    assert_eq!(tape.header.notes, ["one", "two: b"]);
}

#[test]
fn every_required_key_is_required() {
    for key in ["Device", "Line", "Protocol", "Origin", "Source", "Date"] {
        let header: String = HEADER
            .lines()
            .filter(|line| !line.starts_with(&format!("# {key}:")))
            .map(|line| format!("{line}\n"))
            .collect();
        let error = format!("{header}> +0ms 01\n").parse::<Tape>().unwrap_err();
        assert!(error.to_string().contains(&format!("expected the key {key}")), "{error}");
    }
}

#[test]
fn unknown_doubled_and_empty_keys() {
    let keys = "Device, Firmware, Line, Protocol, Host, Origin, Source, Date, Scrubbed or Note";
    refused("# Devise: x\n> +0ms 01", 1, &format!("got the key `Devise`, expected {keys}"));
    refused("# Date: 2026-11-24\n", 1, "got Date a second time, expected each key once, but Note");
    refused("# Host:\n", 1, "got Host without a value, expected it filled in");
    refused("# Host: \n", 1, "got Host without a value, expected it filled in");
}

#[test]
fn values_of_origin_and_date() {
    for (from, to, message) in [
        (
            "synthetic",
            "guessed",
            "line 4: got Origin `guessed`, expected recorded, documented, derived or synthetic",
        ),
        ("2026-11-24", "24.11.2026", "line 6: got Date `24.11.2026`, expected YYYY-MM-DD"),
        ("2026-11-24", "2026-13-24", "line 6: got Date `2026-13-24`, expected YYYY-MM-DD"),
        ("2026-11-24", "2026-+1-24", "line 6: got Date `2026-+1-24`, expected YYYY-MM-DD"),
    ] {
        let error = HEADER.replace(from, to).parse::<Tape>().unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_key_after_the_first_step_is_a_comment() {
    assert!(parse("> +0ms 01\n# Devise: x\n").is_ok());
}

#[test]
fn malformed_bytes() {
    let bytes = "two hex digits, a \"text\" or a # comment";
    refused("> +0ms 0", 1, &format!("got `0`, expected {bytes}"));
    refused("> +0ms 02\n  3g", 2, &format!("got `3g`, expected {bytes}"));
    refused("> +0ms 0202", 1, &format!("got `0202`, expected {bytes}"));
    refused("> +0ms +1", 1, &format!("got `+1`, expected {bytes}"));
    refused("> +0ms \"hi", 1, "got `\"hi`, expected a closing quote");
    refused("> +0ms \"hi\"01", 1, "got `01`, expected a blank between bytes");
    refused(
        "> +0ms \"вес\"",
        1,
        "got 'в' between quotes, expected printable ASCII there, all else in hex",
    );
    refused("> +0ms # none\n< +1ms 01", 1, &format!("got a step without bytes, expected {bytes}"));
}

#[test]
fn malformed_steps() {
    let step = "> +<n>ms <bytes>, < +<n>ms <bytes> or ! +<n>ms close";
    refused("> 01", 1, &format!("got `> 01`, expected {step}"));
    refused(">+0ms 01", 1, &format!("got `>+0ms 01`, expected {step}"));
    refused("> +0ms01", 1, &format!("got `> +0ms01`, expected {step}"));
    refused("> +1.5ms 01", 1, "got `+1.5ms`, expected whole milliseconds, such as +12ms");
    refused("> +ms 01", 1, "got `+ms`, expected whole milliseconds, such as +12ms");
    refused("> +99999999999ms 01", 1, "got `+99999999999ms`, expected at most +4294967295ms");
    refused("! +0ms open", 1, "got `open`, expected close");
    refused("! +0ms close\n> +0ms 01", 2, "got a step, expected nothing after a close");
    refused("  01", 1, "got `01`, expected a step before the bytes that continue it");
    refused("! +0ms close\n  01", 2, "got `01`, expected a step before the bytes that continue it");
    refused("x", 1, "got 'x', expected a line that begins with >, <, !, # or a blank");
    refused(
        "\u{feff}",
        1,
        "got '\u{feff}', expected a line that begins with >, <, !, # or a blank",
    );
    refused("> +0ms 01\r\n", 1, "got a carriage return, expected lines that end with LF alone");
    refused("", 0, "got the end, expected at least one step");
}

#[test]
fn a_missing_file_is_named() {
    let error = Tape::load("/nowhere/a.tape").unwrap_err().to_string();
    assert!(error.starts_with("cannot read the tape /nowhere/a.tape: "), "{error}");
}
