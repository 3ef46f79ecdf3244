//! Disks that are full, read-only or somebody else's: answers go on, and the problem is named until the
//! state is safe again.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::till::{Service, Till, as_nobody, await_answer};

/// Events are taken, the answers are those of the events, and the rest of the till is looked at.
fn goes_on(service: &mut Service, number: u32, saved: bool) {
    let at = 1_795_485_600 + i64::from(number);
    let wall = jiff::Timestamp::from_second(at).unwrap();
    service.told(&format!(r#"{{"event":"receipt-closed","at":"{wall}","id":"{number}"}}"#));
    assert_eq!(service.answer("downtime"), (200, at.to_string()));
    await_answer(service, "vision", (200, "1"));
    assert_eq!(service.has_problem("state-not-saved"), !saved, "{}", service.log());
    service.is_well();
}

fn till(name: &str) -> (Till, TcpListener) {
    let vision = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = vision.local_addr().unwrap();
    (Till::new(name, &format!("[vision]\ntarget = \"tcp://{address}\"\nevery = 1\n")), vision)
}

/// No byte can be written to any file, as on a full disk.
#[test]
fn a_file_that_cannot_grow() {
    let (till, _vision) = till("limit");
    goes_on(&mut till.start(), 1, true);
    let none = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    let mut service = till.start_by(&["sh", "-c", none]);
    assert_eq!(service.answer("downtime").0, 200, "it can be read");
    goes_on(&mut service, 2, false);
    goes_on(&mut service, 3, false);
    assert_eq!(service.log().matches("the state cannot be kept").count(), 1, "told once");
    drop(service);
    let mut service = till.start();
    assert_eq!(service.answer("downtime"), (200, "1795485601".to_owned()), "what is safe");
    goes_on(&mut service, 4, true);
}

#[test]
fn a_folder_that_cannot_be_written_and_then_can() {
    let (till, _vision) = till("folder");
    let folder = till.folder.0.join("state");
    let allow = |mode| {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let mut service = till.start_by(&as_nobody());
    goes_on(&mut service, 1, true);
    allow(0o555);
    goes_on(&mut service, 2, false);
    // Not even looked into.
    allow(0o000);
    goes_on(&mut service, 3, false);
    allow(0o777);
    goes_on(&mut service, 4, true);
    std::fs::remove_dir_all(&folder).unwrap();
    goes_on(&mut service, 5, false);
    std::fs::create_dir(&folder).unwrap();
    allow(0o777);
    goes_on(&mut service, 6, true);
}

/// A file system of its own, where the system lets us mount one: full, with room again, read-only, and
/// writable again.
#[test]
fn a_file_system_that_is_full_or_read_only() {
    let (till, _vision) = till("tmpfs");
    let folder = till.folder.0.join("state");
    let folder = folder.to_str().unwrap();
    let mount = format!("mount -t tmpfs -o size=64k none {folder}");
    let may = Command::new("unshare").args(["-m", "sh", "-c", &mount]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        println!("nothing may be mounted here; the other tests of this file stand in");
        return;
    }
    let full = format!("{mount} && (cat /dev/zero > {folder}/fill || true) 2>/dev/null");
    let script = format!("{full}; exec \"$0\" \"$@\"");
    let mut service = till.start_by(&["unshare", "-m", "sh", "-c", &script]);
    let process = service.process.0.id().to_string();
    let inside = |script: String| {
        let status =
            Command::new("nsenter").args(["-m", "-t", &process, "sh", "-c", &script]).status();
        assert!(status.unwrap().success(), "{script}");
    };
    goes_on(&mut service, 1, false);
    inside(format!("rm {folder}/fill"));
    goes_on(&mut service, 2, true);
    inside(format!("mount -o remount,ro {folder}"));
    goes_on(&mut service, 3, false);
    inside(format!("mount -o remount,rw {folder}"));
    goes_on(&mut service, 4, true);
}
