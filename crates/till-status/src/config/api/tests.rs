use crate::config::Config;

#[test]
fn networks_that_are_written_as_ipv6_are_those_of_ipv4() {
    for (written, wanted) in [
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:10.0.0.5/128", "10.0.0.5/32"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("fd00::/8", "fd00::/8"),
        // Wider than IPv4 as a whole.
        ("::ffff:0.0.0.0/95", "::ffff:0.0.0.0/95"),
    ] {
        let text = format!("[api]\nallow = \"{written}\"\nmonitors = \"{written}\"\n");
        let api = Config::parse(&text).unwrap_or_else(|error| panic!("{error}")).api;
        let wanted: ipnet::IpNet = wanted.parse().unwrap();
        assert_eq!((api.allow, api.monitors), (vec![wanted], vec![wanted]), "{written}");
    }
}

#[test]
fn addresses_that_cannot_be_listened_on_together() {
    for (listen, good) in [
        (r#"["127.0.0.1:8480", "127.0.0.1:8480"]"#, false),
        (r#"["0.0.0.0:8480", "10.0.0.5:8480"]"#, false),
        (r#"["[fd00::1]:8480", "[::]:8480"]"#, false),
        (r#"["0.0.0.0:8480", "[::]:8480"]"#, true),
        (r#"["127.0.0.1:8480", "10.0.0.5:8480"]"#, true),
        (r#"["127.0.0.1:8480", "127.0.0.1:8481"]"#, true),
        (r#"["127.0.0.1:0", "127.0.0.1:0"]"#, true),
    ] {
        match Config::parse(&format!("[api]\nlisten = {listen}\n")) {
            Ok(_) => assert!(good, "{listen}"),
            Err(error) => {
                assert!(!good, "{listen}: {error}");
                let fault = &error.faults()[0];
                let told = fault.text.contains("expected one of the two");
                assert!(told && fault.line == 2, "{error}");
            }
        }
    }
}

#[test]
fn a_monitor_has_to_be_allowed() {
    let wrong = "[api]\nallow = \"10.0.0.0/24\"\nmonitors = [\"10.0.0.5/32\", \"10.0.0.0/16\"]\n";
    let error = Config::parse(wrong).unwrap_err();
    let [fault] = error.faults() else { panic!("{error}") };
    assert_eq!(fault.line, 3);
    assert!(fault.text.contains("got 10.0.0.0/16, which is in none of the networks"), "{error}");
}
