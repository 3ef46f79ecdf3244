"""A real Prometheus scrapes a demo till, and an alert of ours fires and clears.

Run by `cargo xtask e2e prometheus`, which installs Debian's package.

    python3 prometheus.py TILL_TOOL RULES_FOLDER
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

TILL_TOOL, RULES = sys.argv[1:3]


def check(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: got {got!r}, expected {wanted!r}")
    print(f"ok      {what}: {got!r}")


def until(what, wanted, look, limit):
    """Looks until it is so; says after how long."""
    begun, got = time.monotonic(), None
    while time.monotonic() - begun < limit:
        got = look()
        if got == wanted:
            print(f"ok      {what}: {got!r} after {time.monotonic() - begun:.1f} s")
            return
        time.sleep(0.2)
    sys.exit(f"{what}: still {got!r} after {limit} s, expected {wanted!r}")


def call(url, method="GET", body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def promtool(*words, text=None):
    done = subprocess.run(["promtool", *words], input=text, capture_output=True, text=True)
    check(f"promtool {' '.join(map(os.path.basename, words))}", done.returncode, 0)
    said = (done.stdout + done.stderr).strip()
    if "lint" in said.lower() or words == ("check", "metrics"):
        check("what it says of the metrics", said, "")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def end(process):
    process.send_signal(signal.SIGTERM)
    process.wait(20)


def main(folder, processes):
    versions = subprocess.run(["prometheus", "--version"], capture_output=True, text=True)
    print((versions.stdout + versions.stderr).splitlines()[0])
    promtool("check", "rules", f"{RULES}/till-rules.yml")
    promtool("test", "rules", f"{RULES}/till-rules-test.yml")

    words = [TILL_TOOL, "demo", "--api", "127.0.0.1:0", "--pos", "127.0.0.1:0"]
    demo = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    processes.append(demo)
    ready = demo.stdout.readline()
    api, pos = re.search(r"api=(\S+)", ready)[1], re.search(r"pos=(\S+)", ready)[1]
    target = api.removeprefix("http://")
    promtool("check", "metrics", text=call(f"{api}/metrics"))

    port = free_port()
    with open(f"{folder}/prometheus.yml", "w") as config:
        config.write(
            "global: { scrape_interval: 1s, evaluation_interval: 1s }\n"
            f"rule_files: ['{RULES}/till-rules.yml']\n"
            "scrape_configs:\n"
            "  - job_name: till\n"
            f"    static_configs: [{{ targets: ['{target}'] }}]\n"
        )
    promtool("check", "config", f"{folder}/prometheus.yml")
    prometheus = f"http://127.0.0.1:{port}"
    with open(f"{folder}/log", "w") as log:
        processes.append(
            subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={folder}/prometheus.yml",
                    f"--storage.tsdb.path={folder}/data",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                stdout=log,
                stderr=log,
            )
        )

    def answers():
        try:
            return call(f"{prometheus}/-/ready").strip()
        except OSError:
            return None

    def query(expression):
        words = urllib.parse.urlencode({"query": expression})
        result = json.loads(call(f"{prometheus}/api/v1/query?{words}"))["data"]["result"]
        return [sample["value"][1] for sample in result]

    def alert(code):
        alerts = json.loads(call(f"{prometheus}/api/v1/alerts"))["data"]["alerts"]
        return [it["state"] for it in alerts if it["labels"].get("code") == code]

    until("Prometheus", "Prometheus Server is Ready.", answers, 60)
    until("up", ["1"], lambda: query("up"), 30)
    targets = json.loads(call(f"{prometheus}/api/v1/targets"))["data"]["activeTargets"]
    check("its last error", [it["lastError"] for it in targets], [""])
    # Prometheus asks for OpenMetrics; every sample of that text has to arrive.
    text = call(f"{api}/metrics", Accept="application/openmetrics-text")
    samples = sum(1 for line in text.splitlines() if not line.startswith("#"))
    check("samples of the text", text.endswith("\n# EOF\n") and samples > 100, True)
    until("samples scraped", [str(samples)], lambda: query("scrape_samples_scraped"), 20)
    version = query('count(till_build_info{version!="",config=~"sha256:.+"}) or vector(0)')
    check("a version and the hash of a configuration", version, ["1"])
    check("till_paper_present", query("till_paper_present"), ["1"])
    check("openings of the KKT", query('till_device_opens_total{device="kkt"}'), ["1"])
    check("alerts about paper", alert("paper-out"), [])

    call(f"{pos}/demo/kkt", "PATCH", {"paper": "out"})
    until("till_paper_present without paper", ["0"], lambda: query("till_paper_present"), 20)
    until("the alert", ["pending"], lambda: alert("paper-out"), 20)
    until("the alert", ["firing"], lambda: alert("paper-out"), 60)
    call(f"{pos}/demo/kkt", "PATCH", {"paper": "present"})
    until("the alert with paper again", [], lambda: alert("paper-out"), 20)
    check("till_paper_present", query("till_paper_present"), ["1"])

    # A value that is too old is gone in Prometheus too, at once and not after its five minutes.
    call(f"{pos}/demo/kkt", "PATCH", {"link": "unplugged"})
    until("till_paper_present of a KKT that is away", [], lambda: query("till_paper_present"), 30)
    away = 'till_device_state{device="kkt",state="not-connected"}'
    until(away, ["1"], lambda: query(away), 30)
    call(f"{pos}/demo/kkt", "PATCH", {"link": "ok"})
    until("till_paper_present again", ["1"], lambda: query("till_paper_present"), 30)


with tempfile.TemporaryDirectory() as folder:
    processes = []
    try:
        main(folder, processes)
    finally:
        for process in reversed(processes):
            end(process)
