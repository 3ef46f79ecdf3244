//! A made-up `/proc`, and the real one.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::{Evidence, Meaning, Prober};

/// A `/proc` with a first process, removed at the end.
struct Proc(PathBuf);

impl Proc {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vision-probe-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("net")).unwrap();
        let proc = Self(path);
        proc.process(1, "systemd", "/sbin/init", "/usr/lib/systemd/systemd", 'S', "/init.scope");
        proc
    }

    fn process(&self, id: u32, comm: &str, arguments: &str, exe: &str, state: char, group: &str) {
        let folder = self.0.join(id.to_string());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("comm"), format!("{comm}\n")).unwrap();
        fs::write(folder.join("cmdline"), arguments.replace(' ', "\0") + "\0").unwrap();
        fs::write(folder.join("stat"), format!("{id} ({comm}) {state} 1 1 0\n")).unwrap();
        fs::write(folder.join("cgroup"), format!("0::{group}\n")).unwrap();
        symlink(exe, folder.join("exe")).unwrap();
    }

    #[track_caller]
    fn check(&self, source: &str, wanted: &str, meaning: Meaning) {
        let evidence = self.look(source);
        assert!(evidence.to_string().starts_with(wanted), "{source}: {evidence}, not {wanted}");
        assert_eq!(evidence.meaning(), meaning, "{source}: {evidence}");
    }

    fn look(&self, source: &str) -> Evidence {
        let mut prober = Prober::new().reading_proc(&self.0);
        prober.look(&source.parse().unwrap(), Duration::from_secs(5))
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn processes_by_name_and_by_unit() {
    use Meaning::{Down, Up};
    let proc = Proc::new("names");
    let group = "/system.slice/vision.service";
    proc.process(
        812,
        "visiond",
        "/opt/vision/visiond --port 9000",
        "/opt/vision/visiond",
        'S',
        group,
    );
    proc.process(813, "worker ) R 1", "visiond: worker", "/opt/vision/visiond", 'R', group);
    proc.process(
        900,
        "recognition-ser",
        "x",
        "/opt/recognition-server (deleted)",
        'D',
        "/user.slice",
    );
    proc.process(
        901,
        "python3",
        "python3 visiond-tool",
        "/usr/bin/python3.11",
        'S',
        "/a/b.service/sub",
    );
    proc.process(902, "gone", "", "/opt/gone", 'Z', "/system.slice/gone.service");
    for (source, wanted, meaning) in [
        ("process:visiond", "process 812 is alive", Up),
        ("process:worker ) R 1", "process 813 is alive", Up),
        ("process:recognition-server", "process 900 is alive", Up),
        ("process:python3", "process 901 is alive", Up),
        ("process:visiond-tool", "no process of visiond-tool is alive", Down),
        ("process:vision", "no process of vision is alive", Down),
        ("process:gone", "no process of gone is alive", Down),
        ("unit:vision", "process 812 is alive", Up),
        ("unit:b.service", "process 901 is alive", Up),
        ("unit:gone.service", "no process of gone.service is alive", Down),
        ("unit:ision.service", "no process of ision.service is alive", Down),
    ] {
        proc.check(source, wanted, meaning);
    }
    fs::remove_dir_all(proc.0.join("812")).unwrap();
    proc.check("process:visiond", "process 813 is alive", Up);
    fs::remove_dir_all(proc.0.join("813")).unwrap();
    proc.check("process:visiond", "no process of visiond is alive", Down);
}

#[test]
fn who_sees_only_his_own_processes_knows_nothing_of_others() {
    let proc = Proc::new("hidden");
    proc.process(812, "visiond", "visiond", "/opt/visiond", 'S', "/");
    fs::remove_dir_all(proc.0.join("1")).unwrap();
    proc.check("process:visiond", "process 812 is alive", Meaning::Up);
    let why = "no process of other is seen, but those of other users are hidden";
    proc.check("process:other", why, Meaning::Nothing);
    let absent = Proc(proc.0.join("no-such-folder"));
    assert_eq!(absent.look("unit:vision").meaning(), Meaning::Nothing);
}

#[test]
fn connections_by_host_and_port() {
    use Meaning::{Missed, Nothing, Up};
    let word = |ip: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(ip));
    let row =
        |ip: &str, state| format!("   0: 00000000:1F9A {ip}:2328 {state} 00000000:00000000 00\n");
    let head = "  sl  local_address rem_address   st\n";
    let proc = Proc::new("net");
    let table = |name: &str, rows: &str| {
        fs::write(proc.0.join("net").join(name), format!("{head}{rows}")).unwrap();
    };
    proc.check("connection:10.0.0.7:9000", "could not try: ", Nothing);
    table(
        "tcp",
        &format!("{}{}", row(&word([10, 0, 0, 7]), "01"), row(&word([10, 0, 0, 8]), "06")),
    );
    for (source, wanted, meaning) in [
        ("connection:10.0.0.7:9000", "a connection to 10.0.0.7:9000 is established", Up),
        ("connection:10.0.0.7", "a connection to 10.0.0.7:9000 is established", Up),
        ("connection:10.0.0.7:9001", "no connection to the host is established", Missed),
        ("connection:10.0.0.8:9000", "no connection to the host is established", Missed),
        ("connection:no-such-host.invalid:1", "the name does not resolve", Nothing),
    ] {
        proc.check(source, wanted, meaning);
    }
    let zero = word([0; 4]);
    let six = |last| format!("{zero}{zero}{zero}{}", word(last));
    let mapped = format!("{zero}{zero}{}{}", word([0, 0, 255, 255]), word([10, 0, 0, 9]));
    table("tcp6", &format!("{}{}", row(&six([0, 0, 0, 1]), "01"), row(&mapped, "01")));
    proc.check("connection:[::1]:9000", "a connection to [::1]:9000 is established", Up);
    proc.check("connection:10.0.0.9", "a connection to 10.0.0.9:9000 is established", Up);
    // Something new in a table may be the connection; one that is found is found all the same.
    table("tcp6", "a new form\n");
    proc.check("connection:10.0.0.7:9000", "a connection to", Up);
    proc.check("connection:10.0.0.8:9000", "could not try: line 2 of ", Nothing);
}

#[test]
fn the_kernel_shows_a_connection_and_its_end() {
    if !cfg!(target_os = "linux") {
        return;
    }
    for place in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = TcpListener::bind(place) else { continue };
        let address = listener.local_addr().unwrap();
        let mut prober = Prober::new();
        let mut look = || {
            let source = format!("connection:{address}").parse().unwrap();
            prober.look(&source, Duration::from_secs(5))
        };
        assert_eq!(look(), Evidence::NotEstablished);
        let stream = TcpStream::connect(address).unwrap();
        assert_eq!(look(), Evidence::Established { to: address });
        drop(stream);
        assert_eq!(look(), Evidence::NotEstablished);
    }
}

#[test]
fn a_real_process_is_seen_until_it_ends() {
    if !cfg!(target_os = "linux") {
        return;
    }
    // Under a name that no other program has.
    let name = format!("vision-probe-{}", std::process::id());
    let mut sleep = std::process::Command::new("sleep");
    let quiet = std::process::Stdio::null;
    sleep.arg0(&name).arg("60").stdin(quiet()).stdout(quiet()).stderr(quiet());
    let mut child = sleep.spawn().unwrap();
    let source = format!("process:{name}").parse().unwrap();
    let until = |wanted: Evidence| {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let evidence = Prober::new().look(&source, Duration::from_secs(5));
            if evidence == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{evidence}, not {wanted}");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    };
    // It has its name a moment after it was started.
    until(Evidence::Running { id: child.id() });
    child.kill().unwrap();
    // Nobody has waited for it yet: its number is still there.
    until(Evidence::Gone { wanted: name.clone() });
    assert!(fs::exists(format!("/proc/{}", child.id())).unwrap());
    child.wait().unwrap();
}
