use std::time::Duration;

use status_core::{Barred, document};

use super::*;

const KKT: &str = "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"tcp:127.0.0.1:9\"\n\
                   hold = \"always\"\nowns_device = true\n";

/// A hanging KKT cannot be had; a thread that has shown no sign of life for an hour is none other.
#[test]
fn a_kkt_that_hangs_ends_the_process_and_rests_in_the_next_one() {
    let folder = std::env::temp_dir().join(format!("till-hangs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let state = folder.join("state");
    let text = format!("[till]\nstate_file = \"{}\"\n{KKT}", state.display());
    let service = || {
        let mut config = Config::parse(&text).unwrap();
        config.api.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
        Service::bind(config, None).unwrap()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

    let first = service();
    let Some(long_ago) = Instant::now().checked_sub(Duration::from_secs(3600)) else { return };
    first.shared.watch().pulses().works("kkt", Duration::ZERO, long_ago);
    let error = runtime.block_on(first.run(std::future::pending())).unwrap_err();
    assert!(matches!(error, StartError::Hangs(stuck) if stuck.device == "kkt"), "{error}");
    assert!(state.exists(), "the state is saved");

    let second = service();
    let (snapshot, shared) = (second.snapshot(), Arc::clone(&second.shared));
    let deadline = Instant::now() + Duration::from_secs(20);
    let told = async {
        loop {
            let now = shared.now();
            let document = document(&snapshot.lock().unwrap(), now, &TimeZone::UTC, Language::En);
            let text = serde_json::to_string(&document).unwrap();
            if text.contains("it is left alone for a while, because a call to it hung") {
                return;
            }
            assert!(Instant::now() < deadline, "{text}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    runtime.block_on(second.run(told)).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}

/// An address that another program has a part of is waited for, and the kill switch does not wait.
#[test]
fn a_pause_does_not_wait_for_another_configuration() {
    let other = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let file = std::env::temp_dir().join(format!("till-pause-reload-{}", std::process::id()));
    let config = |listen: &str| {
        let till = format!("[till]\npause_file = \"{}\"\n", file.display());
        Config::parse(&format!("{till}[api]\nlisten = \"{listen}:{port}\"\n")).unwrap()
    };
    let service = Service::bind(config("127.0.0.1"), None).unwrap();
    let (reloader, snapshot) = (service.reloader(), service.snapshot());
    let paused = || snapshot.lock().unwrap().paused();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ended = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert!(!paused());
            std::fs::write(&file, "").unwrap();
            let error = reloader.reload(Ok(config("0.0.0.0"))).await.unwrap_err();
            assert!(error.contains("cannot listen on 0.0.0.0"), "{error}");
            assert!(paused());
        };
        service.run(ended).await.unwrap();
    });
    std::fs::remove_file(&file).unwrap();
}

/// Between two listeners a receipt may be opened that nobody hears of.
#[test]
fn a_feed_that_moves_is_heard_before_the_kkt_is_opened_again() {
    let folder = std::env::temp_dir().join(format!("till-moves-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = |socket: &str| {
        let kkt = KKT.replace("always", "per-poll").replace("owns_device = true\n", "");
        let listen = folder.join(socket);
        let pos = format!("[pos]\nsource = \"events\"\nlisten = \"unix:{}\"\n", listen.display());
        let mut config = Config::parse(&format!("{kkt}{pos}")).unwrap();
        config.api.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
        config
    };
    let service = Service::bind(config("one"), None).unwrap();
    let (reloader, shared) = (service.reloader(), Arc::clone(&service.shared));
    let tell = |events: &str| {
        shared.tell(&status_core::parse_events(events.as_bytes()).unwrap());
        shared.snapshot().kkt_barred(shared.now())
    };
    assert_eq!(tell(r#"[{"event":"hello","receipt":"closed"}]"#), None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ended = async {
            reloader.reload(Ok(config("two"))).await.unwrap();
            let barred = shared.snapshot().kkt_barred(shared.now());
            assert!(matches!(barred, Some(Barred::ReceiptUnknown(_))), "{barred:?}");
            assert_eq!(tell(r#"[{"event":"alive"}]"#), None);
        };
        service.run(ended).await.unwrap();
    });
    std::fs::remove_dir_all(&folder).unwrap();
}
