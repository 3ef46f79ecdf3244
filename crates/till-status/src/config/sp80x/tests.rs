use kkt_sp80x::profile::Value;
use status_core::Hold;

use crate::Config;
use crate::config::{Kkt, Layers};

const ARM: &str = "[kkt]\ndriver = \"sp80x\"\nmodel = \"SP802\"\ndialect = \"arm\"\n";
const TCP: &str = "address = \"tcp:192.168.250.2:6667\"\n";

#[track_caller]
fn kkt(text: &str) -> Kkt {
    Config::parse(text).unwrap().kkt.unwrap()
}

#[track_caller]
fn check(text: &str, faults: &[(usize, &str)]) {
    let error = Config::parse(text).unwrap_err();
    assert_eq!(error.faults().len(), faults.len(), "{error}");
    for (fault, (line, text)) in error.faults().iter().zip(faults) {
        assert_eq!(fault.line, *line, "{fault:?}");
        assert!(fault.text.contains(text), "{}\nhas not: {text}", fault.text);
    }
}

#[test]
fn a_kkt_of_each_dialect() {
    let arm = kkt(&format!("{ARM}{TCP}"));
    assert_eq!((arm.driver(), arm.hold), ("sp80x", Hold::Never), "never opened by default");
    let sp80x = arm.sp80x.unwrap();
    assert_eq!((sp80x.dialect.as_str(), sp80x.model), ("arm", Some("SP802")));
    let serial = kkt(&format!("{ARM}address = \"/dev/ttyS0\"\n")).address.line();
    assert_eq!(serial, "serial 115200 8N1");
    let pone = ARM.replace("\"arm\"", "\"pone\"").replace("SP802", "SP801");
    let serial = kkt(&format!("{pone}address = \"/dev/ttyS0?baud=19200\"\n"));
    assert_eq!(serial.address.line(), "serial 19200 8N1");
    assert_eq!(serial.sp80x.unwrap().dialect.as_str(), "pone");
    #[cfg(feature = "pirit")]
    {
        let pirit = kkt("[kkt]\ndriver = \"pirit\"\naddress = \"/dev/ttyS0\"\n");
        assert_eq!((pirit.driver(), pirit.address.line()), ("pirit", "serial 57600 8N1".into()));
    }
}

#[test]
fn a_dialect_is_said_and_never_chosen() {
    let head = "[kkt]\ndriver = \"sp80x\"\n";
    check(
        &format!("{head}{TCP}"),
        &[(1, "model is missing"), (1, "dialect is missing: the dialect is in the KKT's papers")],
    );
    let pirit = format!("{}{TCP}", ARM.replace("\"arm\"", "\"pirit\""));
    check(&pirit, &[(4, "expected \"arm\" or \"pone\": no SP model speaks pirit")]);
    check(
        &format!("{}{TCP}", ARM.replace("\"arm\"", "\"xml\"")),
        &[(4, "expected \"arm\" or \"pone\"")],
    );
    check(&format!("{}{TCP}", ARM.replace("SP802", "SP999")), &[(3, "\"SP801\" or \"SP802\"")]);
    #[cfg(feature = "pirit")]
    check(
        &format!("{}{TCP}", ARM.replace("sp80x", "pirit")),
        &[
            (3, "model is only for driver = \"sp80x\": a Service Plus KKT never speaks pirit"),
            (4, "dialect is only"),
        ],
    );
    let atol = "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\ndialect = \"arm\"\n";
    check(&format!("{atol}{TCP}"), &[(4, "dialect is only for driver = \"sp80x\"")]);
    check(
        &format!("{ARM}{TCP}link = \"v3\"\naccess_password = \"0000\"\n"),
        &[(6, "link is only for driver = \"atol\""), (7, "access_password is only")],
    );
}

#[test]
fn a_speed_that_is_not_known_is_not_guessed() {
    let pone = ARM.replace("\"arm\"", "\"pone\"");
    check(
        &format!("{pone}address = \"/dev/ttyS0\"\n"),
        &[(5, "which speed such a KKT has by default is not known")],
    );
    kkt(&format!("{pone}address = \"tcp:192.168.0.5:4001\"\n"));
}

#[test]
fn what_a_dialect_cannot_tell_is_refused() {
    check(
        &format!("{ARM}{TCP}receipt = \"line-by-line\"\n"),
        &[(6, "the till program sends a receipt whole")],
    );
    check(
        &format!("{ARM}{TCP}[kkt.operators]\n30 = \"12\"\n"),
        &[(6, "the dialect arm is not known to tell the operator")],
    );
    let pone = ARM.replace("\"arm\"", "\"pone\"");
    kkt(&format!("{pone}address = \"tcp:kkt:4001\"\nreceipt = \"line-by-line\"\n"));
}

#[test]
fn a_profile_is_read_with_the_configuration() {
    let path = std::env::temp_dir().join(format!("till-profile-{}.toml", std::process::id()));
    let config = format!("{ARM}{TCP}profile = \"{}\"\n", path.display());
    check(&config, &[(6, "No such file")]);
    let entry = "[[value]]\nname = \"paper_present\"\ndialect = \"arm\"\ncommand = \"44\"\n\
        path = [\"*\", \"Paper\"]\nread = { equals = \"1\" }\nevidence = \"device\"\n";
    std::fs::write(&path, entry).unwrap();
    let sp80x = kkt(&config).sp80x.unwrap();
    assert_eq!(sp80x.profile.entries(Value::PaperPresent).count(), 1);
    assert_eq!(sp80x.profile_file.as_ref(), Some(&path));
    std::fs::write(&path, entry.replace("\"44\"", "\"46\"")).unwrap();
    check(&config, &[(6, ":1: entry 1: the request 46 is refused")]);
    std::fs::remove_file(path).unwrap();
}

/// Tills that differ in their profiles only differ.
#[test]
fn the_hash_covers_the_profile() {
    let path = std::env::temp_dir().join(format!("till-status-hash-{}.toml", std::process::id()));
    let config = format!("{ARM}{TCP}profile = \"{}\"\n", path.display());
    let hash = |profile: &str| {
        std::fs::write(&path, profile).unwrap();
        Config::parse(&config).unwrap().hash
    };
    let (empty, other) = (hash(""), hash("# another\n"));
    assert_ne!(empty, other);
    let _ = std::fs::remove_file(&path);
    // As `cat till-status.toml profile.toml | sha256sum` says.
    assert_eq!(other, Layers::of_text(&format!("{config}# another\n")).hash(""));
    assert_eq!(empty, Layers::of_text(&config).hash(""));
}
