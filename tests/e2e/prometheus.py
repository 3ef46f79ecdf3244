"""A real Prometheus and a real Alertmanager, configured by our samples, on a demo till and a monitor.

The till is there twice: once it is scraped, once it has only the seven endpoints and the monitor tells.
Run by `cargo xtask e2e prometheus`, which installs Debian's packages.

    python3 prometheus.py TILL_TOOL TILL_MONITOR RULES_FOLDER
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

from common import answers, call, check, demo, end, free_port, until

TILL_TOOL, TILL_MONITOR, RULES = sys.argv[1:4]


def promtool(*words, text=None, program="promtool"):
    done = subprocess.run([program, *words], input=text, capture_output=True, text=True)
    said = (done.stdout + done.stderr).strip()
    if done.returncode:
        print(said)
    check(f"{program} {' '.join(map(os.path.basename, words))}", done.returncode, 0)
    if "lint" in said.lower() or words == ("check", "metrics"):
        check("what it says of the metrics", said, "")


def monitor(folder, target, processes):
    """A monitor with the demo as two tills; its address."""
    config = f"{folder}/monitor.toml"
    with open(config, "w") as file:
        file.write("[monitor]\nlisten = '127.0.0.1:0'\n[store.12]\n[type.staffed]\ninterval = '1s'\n")
        for name, api in [("12/1", "auto"), ("12/2", "seven")]:
            file.write(f"[[till]]\nname = '{name}'\nstore = '12'\ntype = 'staffed'\n")
            file.write(f"address = '{target}'\napi = '{api}'\n")
    words = [TILL_MONITOR, "run", "--config", config]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    processes.append(process)
    return process.stdout.readline().strip().removeprefix("ready page=http://")


def sample(folder, name, **addresses):
    """A sample of ours with other addresses, and faster."""
    with open(f"{RULES}/{name}") as file:
        text = file.read()
    changes = {"15s": "1s", "30s": "1s"} | addresses
    for old, new in changes.items():
        text = text.replace(old, new)
    with open(f"{folder}/{name}", "w") as file:
        file.write(text)


def start(folder, processes, *words):
    with open(f"{folder}/{words[0]}.log", "w") as log:
        processes.append(subprocess.Popen(words, stdout=log, stderr=log, cwd=folder))
    said = subprocess.run([words[0], "--version"], capture_output=True, text=True)
    print((said.stdout + said.stderr).splitlines()[0])


def main(folder, processes):
    for name in ["till-rules", "monitor-rules"]:
        promtool("check", "rules", f"{RULES}/{name}.yml")
        promtool("test", "rules", f"{RULES}/{name}-test.yml")
        shutil.copy(f"{RULES}/{name}.yml", folder)
    api, pos = demo(TILL_TOOL, processes)
    target = api.removeprefix("http://")
    watcher = monitor(folder, target, processes)
    promtool("check", "metrics", text=call(f"{api}/metrics"))
    promtool("check", "metrics", text=call(f"http://{watcher}/metrics"))

    def discovered():
        groups = json.loads(call(f"http://{watcher}/monitor/v1/http-sd"))
        return {it["labels"]["till"]: it["labels"]["__meta_till_api"] for it in groups}

    until("tills by http-sd", {"12/1": "combined", "12/2": "seven"}, discovered, 30)

    web, alerts = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    sample(folder, "prometheus.yml", **{"127.0.0.1:8490": watcher, "127.0.0.1:9093": alerts})
    sample(folder, "alertmanager.yml")
    promtool("check", "config", f"{folder}/prometheus.yml")
    promtool("check-config", f"{folder}/alertmanager.yml", program="amtool")
    start(
        folder, processes, "prometheus-alertmanager", "--config.file=alertmanager.yml",
        "--storage.path=alerts", f"--web.listen-address={alerts}", "--cluster.listen-address=",
    )  # fmt: skip
    start(
        folder, processes, "prometheus", "--config.file=prometheus.yml",
        "--storage.tsdb.path=data", f"--web.listen-address={web}",
    )  # fmt: skip
    prometheus = f"http://{web}"

    def query(expression):
        words = urllib.parse.urlencode({"query": expression})
        result = json.loads(call(f"{prometheus}/api/v1/query?{words}"))["data"]["result"]
        return [it["value"][1] for it in result]

    def alert(code):
        found = json.loads(call(f"{prometheus}/api/v1/alerts"))["data"]["alerts"]
        return sorted(it["state"] for it in found if it["labels"].get("code") == code)

    def told(code):
        """What Alertmanager has, by the name of the alert and by till."""
        found = json.loads(call(f"http://{alerts}/api/v2/alerts?active=true"))
        found = [it["labels"] for it in found if it["labels"].get("code") == code]
        return sorted((it["alertname"], it["store"], it["till"], it["severity"]) for it in found)

    ready = f"{prometheus}/-/ready"
    until("Prometheus", "Prometheus Server is Ready.", lambda: answers(ready), 60)
    until("Alertmanager", "OK", lambda: answers(f"http://{alerts}/-/ready"), 60)
    until("up of the till", ["1"], lambda: query('up{job="till",till="12/1",store="12"}'), 30)
    until("up of the monitor", ["1"], lambda: query('up{job="till-monitor"}'), 30)
    # A till with only the seven is not scraped, so it cannot be missed.
    check("up of all", query("count(up)"), ["2"])
    targets = json.loads(call(f"{prometheus}/api/v1/targets"))["data"]["activeTargets"]
    check("their last errors", [it["lastError"] for it in targets], ["", ""])
    rules = json.loads(call(f"{prometheus}/api/v1/rules"))["data"]["groups"]
    health = [rule["health"] for group in rules for rule in group["rules"]]
    check("how many rules there are", len(health) >= 14, True)
    until("rules that are well", ["1"], lambda: query('store:tills_up:sum{store="12"}'), 30)
    # Prometheus asks for OpenMetrics; every sample of that text has to arrive.
    text = call(f"{api}/metrics", Accept="application/openmetrics-text")
    samples = sum(1 for line in text.splitlines() if not line.startswith("#"))
    check("samples of the text", text.endswith("\n# EOF\n") and samples > 100, True)
    scraped = 'scrape_samples_scraped{job="till"}'
    until("samples scraped", [str(samples)], lambda: query(scraped), 20)
    version = query('count(till_build_info{version!="",config=~"sha256:.+"}) or vector(0)')
    check("a version and the hash of a configuration", version, ["1"])
    check("till_paper_present", query("till_paper_present"), ["1"])
    check("openings of the KKT", query('till_device_opens_total{device="kkt"}'), ["1"])
    check("alerts about paper", alert("paper-out"), [])
    check("those of Alertmanager", told("paper-out"), [])

    call(f"{pos}/demo/kkt", "PATCH", {"paper": "out"})
    until("till_paper_present without paper", ["0"], lambda: query("till_paper_present"), 20)
    until("till_monitor_till_up", ["1", "1"], lambda: query("till_monitor_till_up"), 20)
    paper = [
        ("TillCriticalProblem", "12", "12/1", "critical"),
        ("TillProblemByMonitor", "12", "12/2", "critical"),
    ]
    until("the alerts of Alertmanager", paper, lambda: told("paper-out"), 60)
    check("those of Prometheus", alert("paper-out"), ["firing", "firing"])
    call(f"{pos}/demo/kkt", "PATCH", {"paper": "present"})
    until("the alerts with paper again", [], lambda: alert("paper-out"), 30)
    until("those of Alertmanager", [], lambda: told("paper-out"), 60)
    check("till_paper_present", query("till_paper_present"), ["1"])

    # A value that is too old is gone in Prometheus too, at once and not after its five minutes.
    call(f"{pos}/demo/kkt", "PATCH", {"link": "unplugged"})
    until("till_paper_present of a KKT that is away", [], lambda: query("till_paper_present"), 30)
    away = 'till_device_state{device="kkt",state="not-connected"}'
    until(away, ["1"], lambda: query(away), 30)
    call(f"{pos}/demo/kkt", "PATCH", {"link": "ok"})
    until("till_paper_present again", ["1"], lambda: query("till_paper_present"), 30)

    rules = json.loads(call(f"{prometheus}/api/v1/rules"))["data"]["groups"]
    sick = {r["name"]: r.get("lastError") for g in rules for r in g["rules"] if r["health"] != "ok"}
    check("rules that are not well", sick, {})


with tempfile.TemporaryDirectory() as folder:
    processes = []
    try:
        main(folder, processes)
    finally:
        for process in reversed(processes):
            end(process)
