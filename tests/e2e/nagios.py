"""Our plugin, run by the programs of monitoring-plugins, by a real Nagios, and read by a real Icinga 2.

Run by `cargo xtask e2e nagios`, which installs Debian's packages.

    python3 nagios.py TILL_TOOL TILL_MONITOR FOLDER_OF_SAMPLES
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from common import call, check, demo, end, free_port, until

TILL_TOOL, TILL_MONITOR, SAMPLES = sys.argv[1:4]
PLUGINS = "/usr/lib/nagios/plugins"


def plugin(*words, before=()):
    """The exit code and the line: there is one, whatever happens."""
    done = subprocess.run([*before, TILL_MONITOR, "check", *words], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    if len(lines) != 1:
        sys.exit(f"check {' '.join(words)}: got {lines}, expected one line")
    return done.returncode, lines[0]


def expect(pos, till, device, state, words, code, pattern):
    """Changes the demo, until the plugin says so."""
    if state:
        call(f"{pos}/demo/{device}", "PATCH", state)
    said = []

    def look():
        said[:] = plugin("-H", till, *words)
        return said[0], bool(re.fullmatch(pattern, said[1]))

    until(f"check {' '.join(words)} with {state}", (code, True), look, 40)
    print(f"        {said[1]}")


def states(till, pos):
    """Text and exit code of each state."""
    seven = ["--seven", "--only", "paper,ofd", "-w", "ofd=10", "-c", "ofd=100"]
    ofd = r"'ofd'=%s;10;100;0;"
    expect(pos, till, "kkt", None, [], 0, r"TILL OK: .*paper present.* \| .*'ofd'=0;;;0;.*")
    expect(pos, till, "kkt", {"unsent_documents": 3}, seven, 0,
           r"TILL OK: 3 documents not sent to the OFD, paper present \| " + ofd % 3)  # fmt: skip
    expect(pos, till, "kkt", {"unsent_documents": 11}, seven, 1,
           r"TILL WARNING: 11 documents .*, paper present \| " + ofd % 11)  # fmt: skip
    expect(pos, till, "kkt", {"unsent_documents": 101}, seven, 2,
           r"TILL CRITICAL: 101 documents .*, paper present \| " + ofd % 101)  # fmt: skip
    expect(pos, till, "kkt", {"unsent_documents": 0, "paper": "near-end"}, [], 1,
           r"TILL WARNING: paper-near-end: .*")  # fmt: skip
    expect(pos, till, "kkt", {"paper": "out"}, [], 2, r"TILL CRITICAL: (paper-out: |no paper).*")
    expect(pos, till, "kkt", None, seven, 2, r"TILL CRITICAL: no paper, 0 documents .* \| .*")
    # Unknown is a state of its own, and never "no paper".
    expect(pos, till, "kkt", {"link": "unplugged"}, seven, 3,
           r"TILL UNKNOWN: (?!.*no paper).*paper unknown \(.*")  # fmt: skip
    expect(pos, till, "kkt", {"link": "ok", "paper": "present"}, seven, 0, r"TILL OK: .*")
    expect(pos, till, "vision", {"link": "unplugged"}, ["--only", "vision"], 1,
           r"TILL WARNING: no link to SuperMag Vision")  # fmt: skip
    expect(pos, till, "vision", {"link": "ok"}, ["--only", "vision"], 0, r"TILL OK: vision up")
    dead = f"127.0.0.1:{free_port()}"
    code, line = plugin("-H", dead)
    check(f"a till that does not answer: {line}", code, 2)
    check("the same, which may be off", plugin("-H", dead, "--no-answer", "unknown")[0], 3)
    code, line = plugin("-H", till, "--only", "papper")
    check(f"an argument that is wrong: {line}", (code, line[:13]), (3, "TILL UNKNOWN:"))
    # A program of monitoring-plugins that runs plugins: it reads code and text of ours.
    code, line = plugin("-H", till, "--only", "paper", before=[f"{PLUGINS}/negate"])
    check(f"negate of monitoring-plugins: {line}", code, 2)


# What an installation has besides our sample: the contact group that it names.
CONTACTS = """
define command {
 command_name tell
 command_line /bin/true
}
define contact {
 contact_name root
 host_notification_commands tell
 service_notification_commands tell
 host_notification_period till-always
 service_notification_period till-always
 host_notification_options d,u,r
 service_notification_options w,u,c,r
}
define contactgroup {
 contactgroup_name admins
 alias admins
 members root
}
"""


def nagios(folder, till, pos, processes):
    """A real Nagios runs the plugin by our sample, and writes down what it understood."""
    with open(f"{SAMPLES}/nagios.cfg") as file:
        text = file.read()
    text = text.replace("/usr/bin/till-monitor", TILL_MONITOR).replace("10.0.12.3:8480", till)
    text = text.replace("10.0.12.4:8480", till)
    with open(f"{folder}/tills.cfg", "w") as file:
        file.write(text + CONTACTS)
    os.mkdir(f"{folder}/results")
    settings = {
        "cfg_file": f"{folder}/tills.cfg", "log_file": f"{folder}/log", "temp_path": folder,
        "object_cache_file": f"{folder}/objects", "precached_object_file": f"{folder}/precached",
        "status_file": f"{folder}/status", "status_update_interval": 1, "interval_length": 1,
        "command_file": f"{folder}/command", "lock_file": f"{folder}/lock", "check_for_updates": 0,
        "temp_file": f"{folder}/temp", "check_result_path": f"{folder}/results",
        "state_retention_file": f"{folder}/retention", "query_socket": f"{folder}/query",
        "nagios_user": "nagios", "nagios_group": "nagios", "illegal_macro_output_chars": "`~$&|'\"<>",
    }  # fmt: skip
    with open(f"{folder}/nagios.cfg", "w") as file:
        file.writelines(f"{key}={value}\n" for key, value in settings.items())
    for where, _, files in os.walk(folder):
        for path in [where, *(f"{where}/{name}" for name in files)]:
            shutil.chown(path, "nagios", "nagios")
    done = subprocess.run(["nagios4", "-v", f"{folder}/nagios.cfg"], capture_output=True, text=True)
    if done.returncode:
        print(done.stdout)
    print(next(line for line in done.stdout.splitlines() if "Nagios Core" in line))
    found = re.findall(r"Total (Warnings|Errors):\s+(\d+)", done.stdout)
    check("nagios4 -v", (done.returncode, found), (0, [("Warnings", "0"), ("Errors", "0")]))
    words = ["setpriv", "--reuid=nagios", "--regid=nagios", "--init-groups"]
    words += ["nagios4", f"{folder}/nagios.cfg"]
    with open(f"{folder}/out", "w") as log:
        processes.append(subprocess.Popen(words, stdout=log, stderr=log))

    def understood():
        """State, text and performance data of both services, as Nagios has them."""
        try:
            with open(f"{folder}/status") as file:
                blocks = re.findall(r"servicestatus \{(.*?)\n\s*\}", file.read(), re.DOTALL)
        except FileNotFoundError:
            return {}
        found = {}
        for block in blocks:
            values = dict(line.strip().split("=", 1) for line in block.splitlines() if "=" in line)
            if values["has_been_checked"] == "1":
                found[values["host_name"]] = values
        return found

    def state():
        return {host: it["current_state"] for host, it in understood().items()}

    both = ["store-12-till-3", "store-12-till-4"]
    until("Nagios: both tills are well", dict.fromkeys(both, "0"), state, 60)
    data = {host: "'ofd'=0;" in it["performance_data"] for host, it in understood().items()}
    check("Nagios: performance data", data, dict.fromkeys(both, True))
    call(f"{pos}/demo/kkt", "PATCH", {"paper": "out"})
    until("Nagios: both are without paper", dict.fromkeys(both, "2"), state, 60)
    for host, values in understood().items():
        print(f"        {host}: {values['plugin_output']} | {values['performance_data']}")
    call(f"{pos}/demo/kkt", "PATCH", {"link": "unplugged"})
    until("Nagios: unknown of the seven", "3", lambda: state().get(both[1]), 60)
    call(f"{pos}/demo/kkt", "PATCH", {"link": "ok", "paper": "present"})
    until("Nagios: both are well again", dict.fromkeys(both, "0"), state, 60)


def icinga(folder):
    """A real Icinga 2 reads our definitions, and gives each kind of till its service."""
    hosts = "".join(
        f'object Host "{name}" {{ address = "127.0.0.1"\n check_command = "till"\n'
        f' vars.till = "{kind}" }}\n'
        for name, kind in [("ours", "status"), ("other", "seven")]
    )
    with open(f"{folder}/icinga2.conf", "w") as file:
        file.write('include <itl>\nobject Zone "master" { }\nconst NodeName = "test"\n')
        file.write(f'include "{SAMPLES}/icinga2.conf"\n{hosts}')
    os.mkdir(f"{folder}/data")
    words = ["icinga2", "daemon", "-C", "-c", f"{folder}/icinga2.conf"]
    for name in ["DataDir", "CacheDir", "SpoolDir", "InitRunDir", "LogDir"]:
        words += ["-D", f"{name}={folder}/data"]
    words += ["-D", "RunAsUser=root", "-D", "RunAsGroup=root"]
    done = subprocess.run(words, capture_output=True, text=True)
    said = done.stdout + done.stderr
    if done.returncode:
        print(said)
    version = subprocess.run(["icinga2", "--version"], capture_output=True, text=True).stdout
    print(version.splitlines()[0])
    check("icinga2 daemon -C", done.returncode, 0)
    check("warnings", [line for line in said.splitlines() if "warning/" in line], [])
    check("services", "Instantiated 2 Services" in said, True)


with tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o755)
    os.mkdir(f"{folder}/nagios")
    processes = []
    try:
        url, pos = demo(TILL_TOOL, processes)
        till = url.removeprefix("http://")
        states(till, pos)
        icinga(folder)
        nagios(f"{folder}/nagios", till, pos, processes)
    finally:
        for process in reversed(processes):
            end(process, signal.SIGTERM)
