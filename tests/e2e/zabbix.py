"""A real Zabbix imports our templates, and watches one demo till with each of them.

Run by `cargo xtask e2e zabbix` as root, which installs Debian's packages.

    python3 zabbix.py TILL_TOOL TEMPLATES_FOLDER
"""

import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from common import call, check, demo, end, free_port, until

TILL_TOOL, TEMPLATES = sys.argv[1:3]
FRONTEND = "/etc/zabbix/zabbix.conf.php"
OURS = "<?php // a test's, removed at its end\n"
DOCUMENT, SEVEN = "Till Status by HTTP", "Till with the seven endpoints by HTTP"
PAPER, SILENT = "No paper in the KKT", "Till does not answer"


def as_user(user, *words):
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *words]


def run(words, **more):
    done = subprocess.run(words, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"{words[0]}: {done.stdout}{done.stderr}")
    return done.stdout


class Api:
    """The JSON-RPC of the front end."""

    def __init__(self, url):
        self.url, self.token = url, None
        self.token = self("user.login", user="Admin", password="zabbix")

    def __call__(self, method, **params):
        body = {"jsonrpc": "2.0", "method": method, "params": params, "auth": self.token, "id": 1}
        answer = json.loads(call(self.url, "POST", body))
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']}")
        return answer["result"]


def database(folder, processes):
    """PostgreSQL with Zabbix's schema; its port."""
    binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    print(run([f"{binaries}/postgres", "--version"]).strip())
    data, port = f"{folder}/pg", free_port()
    os.mkdir(data, 0o700)
    shutil.chown(data, "postgres", "postgres")
    run(as_user("postgres", f"{binaries}/initdb", "-D", data, "-A", "trust", "-E", "UTF8"), cwd="/")
    words = [f"{binaries}/postgres", "-D", data, "-p", str(port)]
    for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"]:
        words += ["-c", setting]
    with open(f"{folder}/pg.log", "w") as log:
        server = subprocess.Popen(as_user("postgres", *words), stdout=log, stderr=log, cwd="/")
    processes.append((server, signal.SIGINT))
    psql = ["psql", "-q", "-h", "127.0.0.1", "-p", str(port), "-v", "ON_ERROR_STOP=1"]

    def ready():
        said = subprocess.run([*psql, "-U", "postgres", "-c", ""], capture_output=True)
        return said.returncode

    until("PostgreSQL", 0, ready, 60)
    words = ["-c", "create role zabbix login", "-c", "create database zabbix owner zabbix"]
    run([*psql, "-U", "postgres", *words])
    for name in ["schema", "images", "data"]:
        sql = run(["zcat", f"/usr/share/zabbix-server-pgsql/{name}.sql.gz"])
        run([*psql, "-U", "zabbix", "zabbix"], input=sql)
    return port


def low_port():
    """Zabbix takes no port above 32767, where the system's own choice mostly lies."""
    for port in range(20051, 32768):
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            continue
    return sys.exit("no free port from 20051 on")


def server(folder, sql, processes):
    """The server of Zabbix; its port."""
    port, log = low_port(), f"{folder}/zabbix/server.log"
    os.mkdir(f"{folder}/zabbix")
    shutil.chown(f"{folder}/zabbix", "zabbix", "zabbix")
    settings = {
        "ListenPort": port, "ListenIP": "127.0.0.1", "LogType": "file", "LogFile": log,
        "PidFile": f"{folder}/zabbix/pid", "SocketDir": f"{folder}/zabbix", "DBHost": "127.0.0.1",
        "DBPort": sql, "DBName": "zabbix", "DBUser": "zabbix", "StartPollers": 2, "StartPingers": 1,
        "StartDiscoverers": 1, "StartTrappers": 1, "StartPreprocessors": 1, "StartLLDProcessors": 1,
        "CacheUpdateFrequency": 3, "FpingLocation": "/bin/true", "Fping6Location": "/bin/true",
    }  # fmt: skip
    with open(f"{folder}/server.conf", "w") as file:
        file.writelines(f"{key}={value}\n" for key, value in settings.items())
    binary = shutil.which("zabbix_server", path="/usr/sbin")
    print(run([binary, "--version"]).splitlines()[0])
    words = as_user("zabbix", binary, "-f", "-c", f"{folder}/server.conf")
    with open(f"{folder}/server.out", "w") as said:
        processes.append((subprocess.Popen(words, stdout=said, stderr=said), signal.SIGTERM))
    return port


def frontend(sql, server_port, processes):
    """The front end, by PHP's own server; its URL."""
    port = free_port()
    with open(FRONTEND, "w") as file:
        file.write(
            OURS + "$DB['TYPE'] = 'POSTGRESQL'; $DB['SERVER'] = '127.0.0.1';"
            f" $DB['PORT'] = '{sql}'; $DB['DATABASE'] = 'zabbix'; $DB['USER'] = 'zabbix';"
            " $DB['PASSWORD'] = ''; $DB['SCHEMA'] = ''; $ZBX_SERVER = '127.0.0.1';"
            f" $ZBX_SERVER_PORT = '{server_port}'; $ZBX_SERVER_NAME = 'test';\n"
        )
    words = ["php"]
    for setting in ["max_execution_time=300", "memory_limit=512M", "post_max_size=16M"]:
        words += ["-d", setting]
    words += ["-d", "max_input_time=300", "-d", "date.timezone=UTC"]
    words += ["-S", f"127.0.0.1:{port}", "-t", "/usr/share/zabbix"]
    php = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    processes.append((php, signal.SIGTERM))
    url = f"http://127.0.0.1:{port}/api_jsonrpc.php"
    until("the front end", True, lambda: serves(url), 60)
    return Api(url)


def serves(url):
    body = {"jsonrpc": "2.0", "method": "apiinfo.version", "params": [], "id": 1}
    try:
        return "result" in json.loads(call(url, "POST", body))
    except OSError:
        return False


class Host:
    """A till as a host of Zabbix."""

    def __init__(self, api, name, template, port, delay):
        self.api, self.name = api, name
        found = api("template.get", filter={"host": [template]})
        group = api("hostgroup.get", filter={"name": ["Linux servers"]})[0]["groupid"]
        interface = {"type": 1, "main": 1, "useip": 1, "ip": "127.0.0.1", "dns": "", "port": "1"}
        self.id = api(
            "host.create",
            host=name,
            groups=[{"groupid": group}],
            interfaces=[interface],
            templates=[{"templateid": found[0]["templateid"]}],
            macros=[
                {"macro": "{$TILL.PORT}", "value": port},
                {"macro": "{$TILL.DELAY}", "value": delay},
                {"macro": "{$TILL.LANGUAGE}", "value": "en"},
            ],
        )["hostids"][0]

    def items(self):
        output = ["itemid", "key_", "lastvalue", "lastclock", "state", "error"]
        items = self.api("item.get", hostids=self.id, output=output)
        return {item["key_"]: item for item in items}

    def value(self, key):
        item = self.items().get(key)
        return item and item["lastclock"] != "0" and item["lastvalue"]

    def unsupported(self):
        rules = self.api("discoveryrule.get", hostids=self.id, output=["key_", "state", "error"])
        both = [*self.items().values(), *rules]
        return {item["key_"]: item["error"] for item in both if item["state"] != "0"}

    def problems(self):
        return sorted(it["name"] for it in self.api("problem.get", hostids=self.id))

    def expect(self, values, limit=60):
        for key, wanted in values.items():
            until(f"{self.name} {key}", wanted, lambda key=key: self.value(key), limit)

    def all_supported(self, when):
        check(f"{self.name}, {when}: items that are not supported", self.unsupported(), {})


def imported(api, name):
    both = {"createMissing": True, "updateExisting": True}
    missing = {"createMissing": True}
    kinds = ["templates", "items", "triggers", "discoveryRules", "valueMaps", "templateDashboards"]
    rules = {kind: both for kind in kinds} | {"groups": missing}
    with open(f"{TEMPLATES}/{name}") as file:
        source = file.read()
    # A second time, as when it is updated: nothing may be there twice.
    for turn in ["imported", "imported again"]:
        done = api("configuration.import", format="yaml", rules=rules, source=source)
        check(f"{name} {turn}", done, True)


def apart(host, delay):
    """The seven requests of a till are made in different seconds."""
    items = host.items()
    masters = [int(items[key]["itemid"]) for key in items if key.startswith("till.seven[")]
    check("requests for the seven", len(masters), 7)
    # Zabbix asks for an item in the second that its number leaves when divided by the interval.
    check("seconds in which they are due", len({number % delay for number in masters}), 7)

    def asked():
        """Zabbix may be late now and then, so some round has to show it."""
        codes = [it for key, it in host.items().items() if ".code[" in key]
        return len({int(it["lastclock"]) % delay for it in codes})

    until("seconds in which they were asked", 7, asked, 60)


def main(folder, processes):
    sql = database(folder, processes)
    port = server(folder, sql, processes)
    api = frontend(sql, port, processes)
    for name in ["till-status.yaml", "till-seven.yaml"]:
        imported(api, name)
    tills = []
    url, pos = demo(TILL_TOOL, tills)
    processes.extend((till, signal.SIGTERM) for till in tills)
    target = url.rsplit(":", 1)[1]
    for event in ["receipt-opened", "receipt-closed"]:
        call(f"{pos}/till/v1/pos/events", "POST", {"event": event})
    call(f"{pos}/demo/scale", "PATCH", {"weight_grams": 1234})
    call(f"{pos}/demo/kkt", "PATCH", {"unsent_documents": 3})
    ours = Host(api, "document", DOCUMENT, target, "3s")
    seven = Host(api, "seven", SEVEN, target, "10s")

    # A till that is well; nobody signed in (204), and what cannot be told is null.
    ours.expect({
        "till.overall": "0", "till.kkt.paper": "2", "till.receipt": "0", "till.user.role": "nobody",
        "till.ofd.unsent": "3", "till.scale.weight": "1234", "till.kkt.shift": "1",
        "till.kkt.serial": "00106543", "till.device.state[kkt]": "0",
        "till.device.state[scale]": "0", "till.device.state[vision]": "0",
    })  # fmt: skip
    seven.expect({
        "till.seven.code[last_receipt_time]": "204", "till.seven.code[user_role_id]": "204",
        "till.seven.code[downtime]": "200", "till.seven.code[ofd]": "200", "till.receipt.open": "0",
        "till.user.role": "nobody", "till.ofd.unsent": "3", "till.kkt.paper": "1",
        "till.vision.up": "1", "till.scale.weight": "1.234",
    })  # fmt: skip
    quiet = time.time() - int(seven.value("till.receipt.closed"))
    check("the last receipt was closed within the hour", 0 <= quiet < 3600, True)
    apart(seven, 10)
    for host in [ours, seven]:
        host.all_supported("well")
        check(f"problems of {host.name}", host.problems(), [])

    # No paper: 204 of the seven, "out" of the document.
    call(f"{pos}/demo/kkt", "PATCH", {"paper": "out", "cover": "open"})
    until("alarm of document", True, lambda: PAPER in ours.problems(), 60)
    until("alarm of seven", [PAPER], seven.problems, 90)
    seven.expect({"till.seven.code[paper]": "204", "till.kkt.paper": "0"})
    # A problem of the till's own list is discovered, and named in its own words.
    status = json.loads(call(f"{url}/till/v1/status", **{"Accept-Language": "en"}))
    cover = [it["text"] for it in status["problems"] if it["code"] == "cover-open"]
    check("problems with the cover", len(cover), 1)
    until(f"a problem {cover[0]!r}", True, lambda: cover[0] in ours.problems(), 90)
    for host in [ours, seven]:
        host.all_supported("without paper")
    call(f"{pos}/demo/kkt", "PATCH", {"paper": "present", "cover": "closed"})
    until("document with paper again", [], ours.problems, 60)
    until("seven with paper again", [], seven.problems, 90)

    # A KKT that is away: null in the document, 503 of the seven, and never "no paper".
    call(f"{pos}/demo/kkt", "PATCH", {"link": "unplugged"})
    ours.expect({"till.device.state[kkt]": "3", "till.kkt.paper": "9"})
    seven.expect({"till.seven.code[paper]": "503", "till.kkt.paper": "9"})
    seven.expect({"till.seven.code[ofd]": "503"})
    for host in [ours, seven]:
        host.all_supported("without a KKT")
        check(f"an alarm for paper of {host.name}", PAPER in host.problems(), False)
    call(f"{pos}/demo/kkt", "PATCH", {"link": "ok"})
    # A receipt: 204 of downtime and weight.
    events = [{"event": "receipt-opened"}, {"event": "user-signed-in", "role_id": "12"}]
    call(f"{pos}/till/v1/pos/events", "POST", events)
    ours.expect({"till.receipt": "1", "till.user.role": "12"})
    seven.expect({"till.receipt.open": "1", "till.user.role": "12"})
    seven.expect({"till.seven.code[weight]": "204"})
    for host in [ours, seven]:
        host.all_supported("with a receipt")

    # A till that does not answer is one problem, and its items stay supported.
    till = tills[0]
    processes.remove((till, signal.SIGTERM))
    end(till)
    until("alarm of document", True, lambda: SILENT in ours.problems(), 60)
    until("alarm of seven", True, lambda: SILENT in seven.problems(), 60)
    ours.expect({"till.overall": "4", "till.kkt.paper": "9"})
    seven.expect({"till.seven.code[paper]": "0", "till.kkt.paper": "9"})
    for host in [ours, seven]:
        host.all_supported("dead")
        check(f"an alarm for paper of {host.name}", PAPER in host.problems(), False)


def present():
    """A configuration of a front end that is not this test's is not touched."""
    try:
        with open(FRONTEND) as file:
            return not file.read().startswith(OURS)
    except FileNotFoundError:
        return False


if present():
    sys.exit(f"{FRONTEND} exists: this machine has a Zabbix, which is left alone")
with tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o755)
    processes = []
    done = False
    try:
        main(folder, processes)
        done = True
    finally:
        if not done:
            for log in glob.glob(f"{folder}/server.out") + glob.glob(f"{folder}/zabbix/server.log"):
                print(*open(log).read().splitlines()[-40:], sep="\n", file=sys.stderr)
        # The database last: the children of the server hang when it goes first.
        for process, how in reversed(processes):
            end(process, how)
        if os.path.exists(FRONTEND):
            os.remove(FRONTEND)
