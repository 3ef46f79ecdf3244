//! State files that nobody would write: the service starts, says so, and knows nothing that is not sure.

use std::path::Path;
use std::process::Command;

use jiff::tz::TimeZone;
use status_core::{Answer, Endpoint, Language, Moment, Snapshot, answer, document, problems};
use till_status::config::PosListen;
use till_status::{Config, Service};

use super::till::{Till, as_nobody, await_answer};
use super::{Random, amount};
use crate::support::Folder;

const TOLD: [&str; 2] = [
    r#"[{"event":"receipt-opened","id":"a","at":"2026-11-24T01:46:00Z"},
        {"event":"user-signed-in","role_id":"12"}]"#,
    r#"{"event":"receipt-closed","id":"b","at":"2026-11-24T01:47:39Z"}"#,
];
const OF_THE_STATE: [Endpoint; 3] =
    [Endpoint::LastReceiptTime, Endpoint::Downtime, Endpoint::UserRoleId];

/// What happened to the file, how, and whether the next write can mend it.
type Damage = (&'static str, fn(&Path), bool);

const DAMAGES: [Damage; 12] = [
    ("empty", |path| std::fs::write(path, "").unwrap(), true),
    ("cut in the middle", |path| rewrite(path, |text| text.truncate(text.len() / 2)), true),
    ("zeroed", |path| rewrite(path, |text| text.fill(0)), true),
    ("garbage", |path| rewrite(path, |text| text.iter_mut().for_each(|byte| *byte ^= 0xA5)), true),
    ("of a future version", |path| rewrite(path, |text| text[18] = b'2'), true),
    ("of another program", |path| std::fs::write(path, "[till]\nname = \"x\"\n").unwrap(), true),
    ("far too large", |path| std::fs::File::create(path).unwrap().set_len(1 << 40).unwrap(), true),
    ("gone, with the one before it left", |path| std::fs::remove_file(path).unwrap(), true),
    ("without permission", |path| allow(path, 0), true),
    ("a folder", |path| replace(path, "mkdir"), false),
    ("a FIFO", |path| replace(path, "mkfifo"), false),
    ("a device without an end", |path| link(path, "/dev/zero"), false),
];

#[test]
fn a_damaged_state_file_is_a_problem_and_stops_nothing() {
    for (what, damage, mends) in DAMAGES {
        let till = Till::new("damaged", "");
        // Root reads what it has no permission for.
        let starter = as_nobody();
        let mut before = till.start_by(&starter);
        TOLD.iter().for_each(|events| before.told(events));
        assert_eq!(before.terminate(), Some(0), "{}", before.log());
        damage(&till.state());

        let mut service = till.start_by(&starter);
        for (name, kind) in [
            ("last_receipt_time", "receipt-state-unknown"),
            ("downtime", "receipt-state-unknown"),
            ("user_role_id", "never-seen"),
        ] {
            assert_eq!(service.answer(name), (503, kind.to_owned()), "{what}: {name}");
        }
        assert!(service.has_problem("state-not-saved"), "{what}: {}", service.log());
        // The id is known if the one before was sound; the receipt is told anew all the same.
        service.told(r#"[{"event":"receipt-opened","at":"2026-11-24T02:00:00Z","id":"c"}]"#);
        await_answer(&service, "last_receipt_time", (200, "1795485600"));
        assert_eq!(service.answer("downtime"), (204, String::new()), "{what}");
        assert_eq!(service.has_problem("state-not-saved"), !mends, "{what}: {}", service.log());
        service.is_well();
        if mends {
            drop(service);
            let mut service = till.start_by(&starter);
            await_answer(&service, "last_receipt_time", (200, "1795485600"));
            assert!(!service.has_problem("state-not-saved"), "{what}: {}", service.log());
            service.is_well();
        }
    }
}

/// Through the door by which the service itself starts; half of them with a checksum that is right.
#[test]
fn ten_thousand_changed_files_give_no_answer_that_is_not_in_them() {
    let till = Till::new("mutated", "");
    let mut before = till.start();
    TOLD.iter().for_each(|events| before.told(events));
    assert_eq!(before.terminate(), Some(0));
    let good = std::fs::read(till.state()).unwrap();
    let json = good.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let folder = Folder::new("mutated");
    let mut random = Random(2);
    let mut refused = 0;
    for number in 0..amount(2_000, 10_000) {
        let mut bad = good.clone();
        for _ in 0..=random.below(4) {
            mutate(&mut bad, &mut random);
        }
        let mended = number % 2 == 0;
        if mended {
            let mut whole = good[..json].to_vec();
            whole.extend_from_slice(bad.get(json..).unwrap_or_default());
            let sum = format!("{:08x}", crc32(&whole[json..]));
            whole[json - 9..json - 1].copy_from_slice(sum.as_bytes());
            bad = whole;
        }
        if bad == good {
            continue;
        }
        let path = folder.0.join("state");
        std::fs::write(&path, &bad).unwrap();
        let shown = String::from_utf8_lossy(&bad).into_owned();
        let (snapshot, now) = load(&path);
        let known = OF_THE_STATE
            .map(|endpoint| answer(endpoint, &snapshot, now))
            .iter()
            .any(|answer| !matches!(answer, Answer::Unknown(_)));
        let told = problems(&snapshot, now, &TimeZone::UTC, Language::Ru);
        let told = told.iter().any(|problem| problem.code == "state-not-saved");
        document(&snapshot, now, &TimeZone::UTC, Language::Ru);
        assert!(mended || (told && !known), "{shown}");
        assert!(!told || !known, "{shown}");
        refused += u64::from(told);
    }
    println!("{refused} files were refused");
    assert!(refused > amount(1_000, 5_000));
}

/// What the service knows as it starts with that file, and the moment after.
fn load(path: &Path) -> (Snapshot, Moment) {
    let place = path.to_str().unwrap();
    let text = format!("[till]\nstate_file = \"{place}\"\n[pos]\nsource = \"events\"\n");
    let mut config = Config::parse(&text).unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    config.api.listen = vec![any];
    config.pos.listen = PosListen::Tcp(any);
    let service = Service::bind(config, None).unwrap();
    let snapshot = service.snapshot().lock().unwrap().clone();
    (snapshot, Moment { mono: std::time::Duration::ZERO, wall: jiff::Timestamp::now() })
}

/// A byte changes, goes or comes; something is repeated; the end is missing.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len() as u64;
    let place = usize::try_from(random.below(length)).unwrap();
    let other = usize::try_from(random.below(length)).unwrap();
    let byte = u8::try_from(random.below(256)).unwrap();
    match random.below(6) {
        0 => bytes[place] = byte,
        1 => bytes[place] ^= 1 << (byte % 8),
        2 => drop(bytes.remove(place)),
        3 => bytes.insert(place, byte),
        4 => bytes.extend_from_within(place.min(other)..place.max(other)),
        _ => bytes.truncate(place.max(1)),
    }
}

/// The checksum of the file's form, by another way than the service's.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}

fn rewrite(path: &Path, change: fn(&mut Vec<u8>)) {
    let mut text = std::fs::read(path).unwrap();
    change(&mut text);
    std::fs::write(path, text).unwrap();
}

fn allow(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn replace(path: &Path, by: &str) {
    std::fs::remove_file(path).unwrap();
    assert!(Command::new(by).arg(path).status().unwrap().success());
}

fn link(path: &Path, to: &str) {
    std::fs::remove_file(path).unwrap();
    std::os::unix::fs::symlink(to, path).unwrap();
}
