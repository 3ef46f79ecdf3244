//! `GET /metrics` of a whole till: the table of docs/metrics.md, and counts against what the devices saw.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::support::{Demo, get, request, root, until};

const LIMIT: Duration = Duration::from_secs(20);

/// Samples by name and labels, as they are written.
fn samples(api: SocketAddr) -> BTreeMap<String, f64> {
    let answer = get(api, "/metrics");
    assert_eq!(answer.status, 200, "{answer:?}");
    let lines = answer.body.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// Waits until a sample has a value, or is absent.
#[track_caller]
fn await_sample(api: SocketAddr, name: &str, wanted: Option<f64>) {
    until(LIMIT, || (samples(api).get(name).copied() == wanted).then_some(()));
}

/// A metric: its type as the table has it, and its labels.
type Metric = (String, BTreeSet<String>);

/// The metrics that a text serves.
fn served(text: &str, metrics: &mut BTreeMap<String, Metric>) {
    let mut kinds = BTreeMap::new();
    for line in text.lines() {
        if let Some(words) = line.strip_prefix("# TYPE ") {
            let (name, kind) = words.split_once(' ').unwrap();
            let twice = kinds.insert(name.to_owned(), kind.to_owned());
            assert_eq!(twice, None, "{name} comes twice");
        } else if !line.starts_with('#') {
            let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
            let labels = rest.split("=\"").filter_map(|part| part.rsplit(['{', ',']).next());
            let mut labels: BTreeSet<_> = labels.map(str::to_owned).collect();
            labels.retain(|label| {
                label.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
            });
            let kind = match kinds.get(name).map(String::as_str) {
                Some("gauge") if name.ends_with("_info") => "info",
                Some(kind) => kind,
                None => panic!("{name} has no type before it"),
            };
            let known = metrics.entry(name.to_owned()).or_default();
            known.0 = kind.to_owned();
            known.1.extend(labels);
        }
    }
}

/// The rows of the tables of docs/metrics.md.
fn documented() -> BTreeMap<String, Metric> {
    let page = std::fs::read_to_string(root().join("docs/metrics.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `till_"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let word = |cell: &str| cell.trim_matches('`').to_owned();
        let labels = cells[2].split(", ").map(word).filter(|label| !label.is_empty());
        (word(cells[0]), (cells[1].to_owned(), labels.collect()))
    })
    .collect()
}

#[test]
fn the_page_lists_what_is_served_and_nothing_else() {
    let mut metrics = BTreeMap::new();
    let demo = Demo::start();
    demo.event(r#"{"event":"receipt-opened"}"#);
    demo.event(r#"{"event":"item-added"}"#);
    await_sample(demo.api, "till_receipt_open", Some(1.0));
    served(&get(demo.api, "/metrics").body, &mut metrics);
    demo.event(r#"{"event":"receipt-closed"}"#);
    let unsent = r#"{"unsent_documents":3,"first_unsent_at":"2026-11-20T10:00:00+03:00","paper":"near-end"}"#;
    demo.patch("kkt", unsent);
    demo.patch("scale", r#"{"weight_grams":1234,"tare_grams":20}"#);
    await_sample(demo.api, "till_scale_weight_grams", Some(1234.0));
    await_sample(demo.api, "till_ofd_unsent_documents", Some(3.0));
    await_sample(demo.api, "till_paper_near_end", Some(1.0));
    served(&get(demo.api, "/metrics").body, &mut metrics);
    let documented = documented();
    for (name, metric) in &metrics {
        assert_eq!(documented.get(name), Some(metric), "{name} is served, and not on the page so");
    }
    for name in documented.keys() {
        assert!(metrics.contains_key(name), "{name} is on the page, and not served");
    }
}

#[test]
fn a_device_that_is_away_has_no_values_and_says_so() {
    let demo = Demo::start();
    await_sample(demo.api, "till_paper_present", Some(1.0));
    await_sample(demo.api, "till_vision_up", Some(1.0));
    demo.patch("kkt", r#"{"paper":"out"}"#);
    await_sample(demo.api, "till_paper_present", Some(0.0));
    await_sample(
        demo.api,
        "till_problem_active{code=\"paper-out\",source=\"kkt\",severity=\"critical\"}",
        Some(1.0),
    );
    demo.patch("kkt", r#"{"link":"unplugged"}"#);
    demo.patch("scale", r#"{"link":"silent"}"#);
    demo.patch("vision", r#"{"link":"unplugged"}"#);
    for name in ["till_paper_present", "till_ofd_unsent_documents", "till_scale_weight_grams"] {
        await_sample(demo.api, name, None);
    }
    await_sample(demo.api, "till_vision_up", Some(0.0));
    await_sample(demo.api, "till_device_state{device=\"kkt\",state=\"not-connected\"}", Some(1.0));
    let samples = samples(demo.api);
    assert_eq!(samples["till_device_state{device=\"kkt\",state=\"online\"}"], 0.0);
    assert!(samples.contains_key("till_device_last_success_timestamp_seconds{device=\"kkt\"}"));
    assert!(samples["till_device_errors_total{device=\"kkt\",reason=\"cannot-open\"}"] >= 1.0);
    assert!(samples["till_device_errors_total{device=\"scale\",reason=\"silent\"}"] >= 1.0);
}

#[test]
fn our_impact_is_what_the_device_saw() {
    let begun = Instant::now();
    let demo = Demo::start();
    let count = |name: &str| samples(demo.api)[&format!("{name}{{device=\"kkt\"}}")];
    let seen = |key: &str| demo.seen()["kkt"][key].as_f64().unwrap();
    assert_eq!(count("till_device_opens_total"), seen("connections"));
    until(LIMIT, || (count("till_device_cycles_total") >= 3.0).then_some(()));
    // The device counts the query of its state, which each round has; either number may be one ahead.
    let (before, cycles, after) =
        (seen("cycles"), count("till_device_cycles_total"), seen("cycles"));
    assert!(before - 1.0 <= cycles && cycles <= after + 1.0, "{before} {cycles} {after}");
    assert!(count("till_device_requests_total") > cycles);
    let held = count("till_device_held_seconds_total");
    assert!(0.0 < held && held <= begun.elapsed().as_secs_f64(), "{held}");
    assert!(count("till_device_longest_hold_seconds") >= held, "opened once");
    let bytes = |way: &str| {
        samples(demo.api)[&format!("till_device_bytes_total{{device=\"kkt\",direction=\"{way}\"}}")]
    };
    assert!(bytes("sent") > 0.0 && bytes("received") > 0.0);

    demo.patch("kkt", r#"{"error":"8C"}"#);
    until(LIMIT, || {
        let errors = "till_device_errors_total{device=\"kkt\",reason=\"refused\"}";
        (samples(demo.api)[errors] >= 1.0).then_some(())
    });
    demo.patch("kkt", r#"{"error":null,"link":"busy"}"#);
    until(LIMIT, || (count("till_device_conflicts_total") >= 1.0).then_some(()));
    demo.patch("kkt", r#"{"link":"ok"}"#);
    await_sample(demo.api, "till_device_state{device=\"kkt\",state=\"online\"}", Some(1.0));
    assert!(count("till_device_opens_total") >= 2.0);
}

#[test]
fn requests_are_counted_by_class_and_listener() {
    let demo = Demo::start();
    let count = |listener: &str, class: &str| {
        let labels = format!("listener=\"{listener}\",class=\"{class}\"");
        samples(demo.api)[&format!("till_http_requests_total{{{labels}}}")]
    };
    let (bad, events) = (count("api", "4xx"), count("pos", "4xx"));
    for _ in 0..5 {
        assert_eq!(get(demo.api, "/nowhere").status, 404);
    }
    assert_eq!(request(demo.pos, "POST", "/till/v1/pos/events", &[], "{").status, 400);
    assert_eq!((count("api", "4xx") - bad, count("pos", "4xx") - events), (5.0, 1.0));
    let before = count("api", "2xx");
    assert_eq!(count("api", "2xx") - before, 1.0, "a scrape counts itself in the next one");
    assert_eq!(samples(demo.api)["till_http_connections_refused_total{listener=\"api\"}"], 0.0);
    let held: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(demo.api).unwrap()).collect();
    let refused = "till_http_connections_refused_total{listener=\"api\"}";
    drop(held);
    until(LIMIT, || {
        let answer = get_if_served(demo.api)?;
        let line = answer.lines().find_map(|line| line.strip_prefix(refused))?;
        (line.trim().parse::<f64>().unwrap() >= 1.0).then_some(())
    });
}

/// Nothing, while too many connections are open.
fn get_if_served(api: SocketAddr) -> Option<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(api).ok()?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {api}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.1 200").then_some(answer)
}

#[test]
fn open_metrics_by_wish_only() {
    let demo = Demo::start();
    let plain = get(demo.api, "/metrics");
    assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(plain.header("cache-control"), Some("no-store"));
    assert!(plain.body.contains("\n# TYPE till_device_opens_total counter\n"), "{}", plain.body);
    let wish = ("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    let open = request(demo.api, "GET", "/metrics", &[wish], "");
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(open.header("content-type"), Some(kind));
    assert!(open.body.contains("\n# TYPE till_device_opens counter\n"), "{}", open.body);
    assert!(open.body.ends_with("\n# EOF\n"));
    assert_eq!(request(demo.api, "POST", "/metrics", &[], "").status, 405);
    let head = request(demo.api, "HEAD", "/metrics", &[], "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}
