use crate::Config;

const START: &str = "[pos]\nsource = \"log\"\n[pos.log]\npath = \"/var/log/till.log\"\n";
const RULE: &str = "[[pos.log.rule]]\nevent = \"alive\"\npattern = \"x\"\n";

#[test]
fn a_log_is_read_whole() {
    let text = format!(
        "{START}encoding = \"cp1251\"\ntime = [\"%d.%m.%Y %H:%M:%S\", \"rfc3339\"]\nzone = \"+05:00\"\n\
         every = \"200ms\"\n{RULE}[[pos.log.rule]]\nevent = \"user-signed-in\"\n\
         pattern = 'role (?<role_id>\\d+)'\n"
    );
    let config = Config::parse(&text).unwrap();
    let log = config.pos.log.unwrap();
    assert_eq!((log.rules.rules.len(), log.rules.times.len()), (2, 2));
    assert!(log.zone.is_some() && log.rules.are_dated());
    let config = Config::parse(&format!("{START}{RULE}")).unwrap();
    assert_eq!(config.settings().pos_place, "/var/log/till.log");
}

#[test]
fn what_is_wrong_with_a_log_is_said_at_its_line() {
    for (text, line, wanted) in [
        ("[pos]\nsource = \"log\"\n", 2, "got \"log\" without a section [pos.log]"),
        (&format!("[pos.log]\npath = \"/l\"\n{RULE}"), 1, "only for [pos] source = \"log\""),
        (START, 3, "got 0 of them, expected 1 to 64 sections [[pos.log.rule]]"),
        (&format!("{START}{}", RULE.repeat(65)), 5, "got 65 of them"),
        (&format!("{START}colour = 1\n{RULE}"), 5, "unknown key; known keys are"),
        (&format!("{START}encoding = \"koi8-r\"\n{RULE}"), 5, "\"utf-8\", \"cp1251\" or \"cp866\""),
        (&format!("{START}time = \"noon\"\n{RULE}"), 5, "a pattern with a time of the day"),
        (&format!("{START}rule = 1\n"), 5, "expected sections [[pos.log.rule]]"),
        (&format!("{START}{RULE}colour = 1\n"), 8, "[pos.log.rule] colour: unknown key"),
        (
            &format!("{START}[[pos.log.rule]]\nevent = \"hello\"\npattern = \"x\"\n"),
            6,
            "got \"hello\"",
        ),
        (&format!("{START}[[pos.log.rule]]\nevent = \"alive\"\n"), 5, "pattern is missing"),
        (
            &format!("{START}[[pos.log.rule]]\nevent = \"alive\"\npattern = \"(\"\n"),
            7,
            "a regular expression (unclosed group)",
        ),
        (&START.replace("/var", "var"), 4, "expected an absolute path"),
        (
            &format!(
                "{START}{RULE}[kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"tcp:h:1\"\nhold = \"per-poll\"\n"
            ),
            12,
            "needs [pos] source = \"events\"",
        ),
    ] {
        let error = Config::parse(text).unwrap_err();
        let fault = error.faults().iter().find(|fault| fault.text.contains(wanted));
        let fault = fault.unwrap_or_else(|| panic!("{text}\n{error}"));
        assert_eq!(fault.line, line, "{text}\n{error}");
    }
}
