//! `till-tool sim --script` and `--second`: simulated devices with a life of their own.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use kkt_atol::{Client, v3};
use till_port::{Address, OpenOptions, Port};

use crate::support::{Folder, Running, program, simulator, until};

fn client(address: &str) -> Client<Port> {
    let address: Address = address.parse().unwrap();
    let mut port = Port::new(address, OpenOptions::default());
    port.open().unwrap();
    Client::new(port, v3::Settings::default())
}

#[test]
fn a_kkt_lives_by_its_script() {
    for place in [&["--listen", "127.0.0.1:0"][..], &["--pty"]] {
        let folder = Folder::new("script-kkt");
        let life = "# paper comes and goes\n+200ms {\"paper\":\"out\"} # gone\n\n\
                    +200ms {\"paper\":\"present\"}\n+100ms repeat\n";
        let life = folder.file("life.txt", life);
        let (_kkt, address) = simulator(&[&["atol-v3", "--script", &life], place].concat());
        let mut client = client(&address);
        // Twice, since it repeats.
        for paper in [false, true, false, true] {
            until(Duration::from_secs(20), || {
                (client.status().unwrap().paper_present() == paper).then_some(())
            });
        }
    }
}

#[test]
fn a_scale_tells_each_change_when_it_is_made() {
    let folder = Folder::new("script-scale");
    let life = folder.file("life.txt", "+0s {\"weight_grams\":500}\n+10ms {\"stable\":false}\n");
    let mut command = program("till-tool");
    command.args(["sim", "massa-k-100", "--pty", "--script", &life]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let _scale = Running(child);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        stderr.lines().map_while(Result::ok).for_each(|line| {
            let _ = sender.send(line);
        })
    });
    for line in ["line 1: {\"weight_grams\":500}", "line 2: {\"stable\":false}"] {
        assert_eq!(receiver.recv_timeout(Duration::from_secs(20)).unwrap(), line);
    }
}

#[test]
fn a_pty_that_comes_back_is_said_where() {
    let folder = Folder::new("script-pty");
    let life = "+100ms {\"link\":\"unplugged\"}\n+100ms {\"link\":\"ok\"}\n";
    let life = folder.file("life.txt", life);
    let mut command = program("till-tool");
    command.args(["sim", "atol-v3", "--pty", "--script", &life]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let _kkt = Running(child);
    let first = lines.next().unwrap().unwrap();
    assert!(first.starts_with("ready serial:/dev/pts/"), "{first}");
    // The system may give the same name again; then there is nothing new to say.
    let address = first.strip_prefix("ready ").unwrap().to_owned();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = sender.send(lines.next());
    });
    let again = until(Duration::from_secs(20), || match receiver.try_recv() {
        Ok(line) => Some(line.unwrap().unwrap().strip_prefix("ready ").unwrap().to_owned()),
        Err(_) => {
            let address: Address = address.parse().unwrap();
            address.open(&OpenOptions::default()).is_ok().then(|| address.to_string())
        }
    });
    assert!(again.starts_with("serial:/dev/pts/"), "{again}");
}

#[test]
fn a_script_is_checked_before_anything_starts() {
    let folder = Folder::new("script-faults");
    for (kind, life, said) in [
        ("atol-v3", "+1s {}\n+5s {\"paper\":\"gone\"}\n", "line 2: paper: got \"gone\""),
        ("atol-v3", "+1s {\"weight_grams\":1}\n", "line 1: unknown key \"weight_grams\""),
        ("massa-k-100", "\n5s {}\n", "line 2: got \"5s\", expected a time"),
        ("massa-k-100", "# nothing\n", "nothing changes"),
    ] {
        let life = folder.file("life.txt", life);
        let mut command = program("till-tool");
        command.args(["sim", kind, "--listen", "127.0.0.1:0", "--script", &life]);
        let output = command.output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(said) && error.contains("life.txt"), "{error}, expected {said}");
        assert!(output.stdout.is_empty(), "it was never ready");
    }
    let mut command = program("till-tool");
    let none = folder.0.join("none");
    command.args(["sim", "atol-v3", "--pty", "--script"]).arg(&none);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("none"));
}

#[test]
fn the_example_of_the_help_is_a_script() {
    let help = program("till-tool").args(["sim", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, example) = help.split_once("A script, life.txt:\n").expect("an example");
    let folder = Folder::new("script-help");
    let life = folder.file("life.txt", &example.replace("+5s ", "+0s "));
    let (_kkt, address) = simulator(&["atol-v3", "--listen", "127.0.0.1:0", "--script", &life]);
    let mut client = client(&address);
    until(Duration::from_secs(20), || client.status().unwrap().receipt_open().then_some(()));
}

#[test]
fn a_second_connection_waits_or_is_turned_away() {
    for (policy, closed) in [("waits", false), ("turned-away", true)] {
        let listen = ["atol-v3", "--listen", "127.0.0.1:0", "--second", policy];
        let (_kkt, address) = simulator(&listen);
        let mut first = client(&address);
        first.status().unwrap();
        let place = address.strip_prefix("tcp:").unwrap();
        let mut second = TcpStream::connect(place).unwrap();
        // Long enough to be closed, and all that a wait can show.
        let limit = Duration::from_millis(if closed { 20_000 } else { 300 });
        second.set_read_timeout(Some(limit)).unwrap();
        let heard = second.read(&mut [0; 8]);
        assert_eq!(matches!(heard, Ok(0)), closed, "{policy}: {heard:?}");
        first.status().unwrap();
    }
    let output = program("till-tool")
        .args(["sim", "atol-v3", "--pty", "--second", "turned-away"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "a pty has no second connection");
}
