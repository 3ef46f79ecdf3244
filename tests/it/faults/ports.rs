//! Ports that break, hang, are busy or are not there: that device's answers turn unknown, never false,
//! and the others go on at once.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kkt_atol::Link;
use till_port::{Fake, Line};

use super::amount;
use super::line::Breaking;
use super::till::{LIMIT, Service, Till, as_nobody, await_answer, signal};
use crate::support::{Folder, Running, simulator};

type Kkt = Breaking<kkt_atol::sim::Simulator>;
type Scale = Breaking<scale_proto::sim::Simulator>;

const POLLS: &str = "[poll]\nfast = 1\npaper = 1\nofd = 1\n\
                     [max_age]\nweight = 3\nreceipt = 3\npaper = 3\nvision = 3\nofd = 3\n";
const CLOSED: &str =
    r#"{"event":"hello","receipt":"closed","last_closed_at":"2026-11-24T02:00:00Z"}"#;

fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn kkt(link: Link) -> Arc<Mutex<Kkt>> {
    Arc::new(Mutex::new(Breaking::new(kkt_atol::sim::Simulator::new(Default::default(), link))))
}

fn scale() -> Arc<Mutex<Scale>> {
    let scale = scale_proto::sim::Simulator::of("massa-k-100", Default::default()).unwrap();
    Arc::new(Mutex::new(Breaking::new(scale)))
}

fn kkt_section(link: Link, address: &str) -> String {
    format!(
        "[kkt]\ndriver = \"atol\"\nlink = \"{link}\"\naddress = \"{address}\"\nhold = \"always\"\n\
         owns_device = true\n"
    )
}

fn scale_section(address: &str) -> String {
    format!("[scale]\nprotocol = \"massa-k-100\"\naddress = \"{address}\"\n")
}

/// The receipt's answers and Vision's need none of the devices below.
fn others_go_on(service: &Service, rounds: u32) {
    for _ in 0..rounds {
        assert_eq!(service.answer("downtime"), (200, "1795485600".to_owned()));
        assert_eq!(service.answer("last_receipt_time"), (204, String::new()));
        assert_eq!(service.answer("vision"), (200, "1".to_owned()));
    }
}

/// A Vision end that takes every connection, until the test ends; the till program has nothing to tell
/// for as long.
fn vision() -> String {
    let vision = TcpListener::bind(any()).unwrap();
    let address = vision.local_addr().unwrap();
    std::thread::spawn(move || vision.incoming().for_each(drop));
    format!("silence_seconds = 0\n[vision]\ntarget = \"tcp://{address}\"\nevery = 1\n")
}

fn start(till: &Till) -> Service {
    let service = till.start();
    service.told(CLOSED);
    await_answer(&service, "vision", (200, "1"));
    service
}

/// Row 1: the pty is gone after each number of bytes of the KKT's answers, by both links, and of the
/// scale's. What the device knows changes with each break.
#[test]
fn a_line_that_breaks_after_every_byte() {
    std::thread::scope(|scope| {
        for link in [Link::V2, Link::V3] {
            scope.spawn(move || breaking_kkt(link));
        }
        scope.spawn(breaking_scale);
    });
}

fn breaking_kkt(link: Link) {
    let (device, vision) = (kkt(link), vision());
    let till = Till::new("break", "");
    let fake = Fake::pty(Some(till.folder.0.join("kkt")), Arc::clone(&device)).unwrap();
    let section = kkt_section(link, &fake.address().to_string());
    let till = till.with(&format!("{vision}{section}{POLLS}"));
    let mut service = start(&till);
    let mut known = 0_u16;
    device.lock().unwrap().sim.state_mut().unsent.count = known;
    await_answer(&service, "ofd", (200, "0"));
    // Over the link v2 a KKT that was left in the middle of an exchange is given ten seconds to end it.
    let (least, most) = if link == Link::V2 { (29, 40) } else { (31, 96) };
    let step = usize::try_from(amount(least, 1)).unwrap();
    for bytes in (0..most).step_by(step) {
        let next = known + 1;
        {
            let mut device = device.lock().unwrap();
            device.after(bytes);
            device.sim.state_mut().unsent.count = next;
        }
        let end = Instant::now() + LIMIT;
        loop {
            let (status, body) = service.answer("ofd");
            match status {
                200 if body == next.to_string() && device.lock().unwrap().is_broken() => break,
                200 => assert!(body == known.to_string() || body == next.to_string(), "{body}"),
                503 => {}
                other => panic!("{other} {body} after {bytes} bytes"),
            }
            assert_ne!(service.answer("paper").0, 204, "after {bytes} bytes");
            others_go_on(&service, 1);
            assert!(Instant::now() < end, "after {bytes} bytes: {}", service.log());
            std::thread::park_timeout(Duration::from_millis(20));
        }
        known = next;
    }
    service.is_well();
}

fn breaking_scale() {
    let (device, vision) = (scale(), vision());
    let till = Till::new("break", "");
    let fake = Fake::pty(Some(till.folder.0.join("scale")), Arc::clone(&device)).unwrap();
    let section = scale_section(&fake.address().to_string());
    let till = till.with(&format!("{vision}{section}{POLLS}"));
    let mut service = start(&till);
    let mut known = "0.000".to_owned();
    await_answer(&service, "weight", (200, &known));
    let step = usize::try_from(amount(11, 1)).unwrap();
    for bytes in (0..32).step_by(step) {
        let grams = 1000 + i32::try_from(bytes).unwrap();
        let next = format!("1.{:03}", grams - 1000);
        {
            let mut device = device.lock().unwrap();
            device.after(bytes);
            device.sim.state_mut().weight_grams = grams;
        }
        let end = Instant::now() + LIMIT;
        loop {
            let (status, body) = service.answer("weight");
            match status {
                200 if body == next && device.lock().unwrap().is_broken() => break,
                200 => assert!(body == known || body == next, "{body} after {bytes} bytes"),
                503 => {}
                other => panic!("{other} {body} after {bytes} bytes"),
            }
            others_go_on(&service, 1);
            assert!(Instant::now() < end, "after {bytes} bytes: {}", service.log());
            std::thread::park_timeout(Duration::from_millis(20));
        }
        known = next;
    }
    service.is_well();
}

/// Row 9: the simulators are stopped as they are, and go on.
#[test]
fn devices_that_are_stopped_and_go_on() {
    let ((kkt, kkt_at), (scale, scale_at)) = (
        simulator(&["atol-v3", "--listen", "127.0.0.1:0", "--state", r#"{"unsent_documents":3}"#]),
        simulator(&["massa-k-100", "--pty", "--state", r#"{"weight_grams":1234}"#]),
    );
    let vision = vision();
    let sections = [kkt_section(Link::V3, &kkt_at), scale_section(&scale_at), POLLS.to_owned()];
    let till = Till::new("stopped", &format!("{vision}{}", sections.concat()));
    let mut service = start(&till);
    for (stopped, left) in [
        (vec![&kkt], vec![("weight", "1.234")]),
        (vec![&scale], vec![("ofd", "3")]),
        (vec![&kkt, &scale], vec![]),
    ] {
        await_answer(&service, "ofd", (200, "3"));
        await_answer(&service, "weight", (200, "1.234"));
        stop(&stopped, "-STOP");
        let names = [("ofd", &kkt), ("paper", &kkt), ("weight", &scale)];
        for (name, device) in names {
            if !stopped.iter().any(|stopped| std::ptr::eq(*stopped, device)) {
                continue;
            }
            let end = Instant::now() + LIMIT;
            // It is served until its maximum age, then unknown, and nothing else between.
            loop {
                let answer = service.answer(name);
                match answer.0 {
                    200 => {}
                    503 => break,
                    _ => panic!("{name}: {answer:?}"),
                }
                assert!(Instant::now() < end, "{name} is still {answer:?}");
                others_go_on(&service, 1);
            }
            assert_eq!(service.answer(name).1, "stale", "{}", service.log());
        }
        for (name, value) in left {
            await_answer(&service, name, (200, value));
        }
        others_go_on(&service, 50);
        stop(&stopped, "-CONT");
    }
    await_answer(&service, "ofd", (200, "3"));
    await_answer(&service, "weight", (200, "1.234"));
    service.is_well();
}

fn stop(simulators: &[&Running], how: &str) {
    for simulator in simulators {
        signal(simulator.0.id(), how);
    }
}

/// Row 10: nobody reads the other end of the pty, and it is full, so no write is ever done.
#[test]
fn a_device_that_stops_reading() {
    let (scale, place) =
        simulator(&["massa-k-100", "--pty", "--state", r#"{"weight_grams":1234}"#]);
    signal(scale.0.id(), "-STOP");
    let path = place.strip_prefix("serial:").unwrap().to_owned();
    // It stops when the pty is full, and ends when there is room again.
    let filler = std::thread::spawn(move || {
        let mut port = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        let _ = port.write_all(&[0; 256 << 10]);
    });
    let vision = vision();
    let till = Till::new("full", &format!("{vision}{}{POLLS}", scale_section(&place)));
    let mut service = start(&till);
    let end = Instant::now() + LIMIT;
    while service.document()["scale"]["state"] == "starting" {
        assert!(Instant::now() < end, "{}", service.log());
        others_go_on(&service, 1);
    }
    assert_eq!(service.answer("weight").0, 503);
    others_go_on(&service, 50);
    signal(scale.0.id(), "-CONT");
    filler.join().unwrap();
    await_answer(&service, "weight", (200, "1.234"));
    let (code, took) = service.process.terminate();
    assert_eq!(code, Some(0), "{took:?}: {}", service.log());
}

/// Row 12: each with its text, while the rest of the till is as it was.
#[test]
fn ports_that_cannot_be_used() {
    let (device, weighs) = (kkt(Link::V3), scale());
    let busy = Fake::tcp(any(), Arc::clone(&device)).unwrap();
    busy.set_line(Line::Busy);
    let held = Fake::pty(None, Arc::clone(&device)).unwrap();
    held.set_line(Line::Busy);
    let place = held.address().to_string();
    allow(place.trim_start_matches("serial:").split('?').next().unwrap(), 0o666);
    let wrong_speed = kkt(Link::V3);
    wrong_speed.lock().unwrap().sim.misbehave(kkt_atol::sim::Misbehaviour::Garbage);
    let garbage = Fake::pty(None, wrong_speed).unwrap();
    let fine = Fake::pty(None, weighs).unwrap();
    let folder = Folder::new("forbidden");
    let forbidden = folder.file("port", "");
    allow(&forbidden, 0);
    let nobody = TcpListener::bind(any()).unwrap().local_addr().unwrap();
    for (address, kind, says, anybody) in [
        (busy.address().to_string(), "busy", "another program", true),
        (held.address().to_string(), "busy", "", false),
        (
            "serial:/dev/serial/by-id/usb-no-such-kkt".to_owned(),
            "not-connected",
            "no-such-kkt",
            true,
        ),
        (format!("serial:{forbidden}"), "not-connected", "not permitted", false),
        (format!("tcp:{nobody}"), "not-connected", "refused", true),
        (garbage.address().to_string(), "not-connected", "", true),
    ] {
        let vision = vision();
        let sections = [kkt_section(Link::V3, &address), POLLS.to_owned()];
        let till = Till::new("port", &format!("{vision}{}", sections.concat()));
        // Root may open anything.
        let mut service = if anybody { till.start() } else { till.start_by(&as_nobody()) };
        service.told(CLOSED);
        await_answer(&service, "vision", (200, "1"));
        for name in ["ofd", "paper"] {
            await_answer(&service, name, (503, kind));
            let detail = service.seven(name).json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(says), "{address}: {detail}");
        }
        others_go_on(&service, 50);
        service.is_well();
    }
    // The scale of the same till is none of that.
    let vision = vision();
    let sections = [
        kkt_section(Link::V3, &busy.address().to_string()),
        scale_section(&fine.address().to_string()),
        POLLS.to_owned(),
    ];
    let till = Till::new("port", &format!("{vision}{}", sections.concat()));
    let service = start(&till);
    await_answer(&service, "weight", (200, "0.000"));
    await_answer(&service, "ofd", (503, "busy"));
}

fn allow(path: &str, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
