//! `till-tool sim sp80x-…`: the simulated KKT of the program, asked by the drivers' clients over real
//! sockets, and the safety of everything that was asked.

use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use kkt_sp80x::{Arm, ArmSettings, CivilDateTime, Client, Error, Fault, Pirit, Pone, StxSettings};

use crate::support::{Running, first_line, program};

/// The simulator on a port that the system chose, and a connection to it.
fn simulated(kind: &str, state: &str) -> (Running, TcpStream) {
    let (running, address) = simulator(kind, &["--state", state]);
    (running, connected(&address))
}

fn simulator(kind: &str, arguments: &[&str]) -> (Running, String) {
    let mut command = program("till-tool");
    command.args(["sim", kind, "--listen", "127.0.0.1:0"]).args(arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut running = Running(child.unwrap());
    let line = first_line(&mut running.0);
    let address = line.trim().strip_prefix("ready tcp:").unwrap_or_else(|| panic!("{line}"));
    (running, address.to_owned())
}

fn connected(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    stream
}

fn time() -> CivilDateTime {
    CivilDateTime::new(2026, 11, 24, 9, 30, 15).unwrap()
}

#[test]
fn a_pone_kkt_with_an_open_receipt() {
    let state = r#"{"receipt":"open","shift":"expired","model":802}"#;
    let (_running, stream) = simulated("sp80x-pone", state);
    let mut client = Client::<_, Pone>::new(stream, StxSettings::default());
    let status = client.status().unwrap();
    assert_eq!(status.document_open(), Some(true));
    assert_eq!(status.current.text(), "12");
    assert_eq!(client.model().unwrap().to_string(), "model 802");
    assert_eq!(client.shift_number().unwrap(), 17);
}

#[test]
fn a_pone_kkt_without_paper() {
    let (_running, stream) = simulated("sp80x-pone", r#"{"error":"08"}"#);
    let mut client = Client::<_, Pone>::new(stream, StxSettings::default());
    let error = client.status().unwrap_err();
    assert!(matches!(&error, Error::Refused(fault) if fault.is_paper()), "{error}");
}

#[test]
fn a_pirit_kkt_without_paper_and_with_a_queue() {
    let state = r#"{"paper":"out","unsent_documents":3,"receipt":"open"}"#;
    let (_running, stream) = simulated("sp80x-pirit", state);
    let mut client = Client::<_, Pirit>::new(stream, StxSettings::default());
    assert_eq!(client.printer().unwrap().paper_present(), Some(false));
    assert_eq!(client.ofd_queue().unwrap().unsent_documents, 3);
    assert!(client.status().unwrap().document.is_open());
}

#[test]
fn an_arm_kkt_with_fields_from_a_file() {
    let folder = std::env::temp_dir();
    let file = folder.join(format!("till-sp80x-fields-{}.json", std::process::id()));
    let fields = r#"{"fields":[{"command":44,"path":["200000","1097"],"type":4,"text":"3"}]}"#;
    std::fs::write(&file, fields).unwrap();
    let (_running, stream) = simulated("sp80x-arm", &format!("@{}", file.display()));
    std::fs::remove_file(file).unwrap();
    let mut client = Client::<_, Arm>::new(stream, ArmSettings::new(time));
    let status = client.status().unwrap();
    assert_eq!(status.data.field(&["1097"]), Ok(None), "in the answer to 44 only");
    let short = client.short_status().unwrap();
    let unsent = short.data.at(&["200000", "1097"]).unwrap().expect("the field of the file");
    assert_eq!(unsent.unsigned(), Ok(3));
}

#[test]
fn an_arm_kkt_with_an_error_of_its_own() {
    let state = r#"{"error":"Нет связи с ФН","nul":true}"#;
    let (_running, stream) = simulated("sp80x-arm", state);
    let mut client = Client::<_, Arm>::new(stream, ArmSettings::new(time));
    for _ in 0..2 {
        let Err(Error::Refused(Fault::Arm(fault))) = client.status() else { panic!() };
        assert_eq!(fault.description.as_deref(), Some("Нет связи с ФН"));
    }
}

#[test]
fn each_lives_by_its_script() {
    let changed = |kind: &str, change: &str, changed: &mut dyn FnMut(TcpStream) -> bool| {
        let name = format!("till-{kind}-life-{}.txt", std::process::id());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, format!("+0s {change}\n")).unwrap();
        let (_running, address) = simulator(kind, &["--script", file.to_str().unwrap()]);
        let deadline = Instant::now() + Duration::from_secs(20);
        while !changed(connected(&address)) {
            assert!(Instant::now() < deadline, "{kind}: nothing changed");
        }
        std::fs::remove_file(file).unwrap();
    };
    changed("sp80x-pone", r#"{"shift_number":99}"#, &mut |stream| {
        Client::<_, Pone>::new(stream, StxSettings::default()).shift_number().unwrap() == 99
    });
    changed("sp80x-pirit", r#"{"paper":"out"}"#, &mut |stream| {
        let mut client = Client::<_, Pirit>::new(stream, StxSettings::default());
        client.printer().unwrap().paper_present() == Some(false)
    });
    changed("sp80x-arm", r#"{"error":"Нет связи с ФН"}"#, &mut |stream| {
        let mut client = Client::<_, Arm>::new(stream, ArmSettings::new(time));
        matches!(client.status(), Err(Error::Refused(Fault::Arm(_))))
    });
}

#[test]
fn a_state_that_is_no_state_is_a_clear_error() {
    for (kind, state, named) in [
        ("sp80x-arm", r#"{"paper":"out"}"#, "unknown key \"paper\""),
        ("sp80x-pone", "@/no/such/file", "/no/such/file"),
    ] {
        let arguments = ["sim", kind, "--listen", "127.0.0.1:0", "--state", state];
        let output = program("till-tool").args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(named), "{text}");
    }
}
