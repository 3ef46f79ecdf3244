"""The Debian package in a Debian that a real systemd runs: ready, sandbox, watchdog, reload, update, stop.

booted.py PACKAGE BASE: BASE is a tar of a Debian with systemd. Needs root and systemd-nspawn.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 60
GET = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())"


def expect(holds, what):
    if not holds:
        raise SystemExit(f"not so: {what}")
    print(f"  {what}")


def until(what, look):
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.2)
    raise SystemExit(f"not within {LIMIT} s: {what}")


class Machine:
    """A container that systemd runs, with a network of its own."""

    def __init__(self, root):
        words = ["systemd-nspawn", "--quiet", "--directory", root, "--register=no", "--keep-unit"]
        words += ["--private-network", "--boot"]
        self.log = open(root.parent / "console.log", "w+")
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.leader = until("the container has a first process", self.first)

    def first(self):
        if self.process.poll() is not None:
            self.log.seek(0)
            print(f"SKIPPED: this machine cannot boot a container\n{self.log.read()[-500:]}")
            sys.exit(0)
        words = ["pgrep", "--parent", str(self.process.pid), "systemd"]
        return subprocess.run(words, capture_output=True, text=True).stdout.strip()

    def run(self, *words, check=True):
        enter = ["nsenter", "--target", self.leader, "--all"]
        done = subprocess.run(enter + list(words), capture_output=True, text=True)
        if check and done.returncode != 0:
            raise SystemExit(f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def show(self, key):
        return self.run("systemctl", "show", "till-status", "--property", key, "--value", check=False)

    def get(self, path):
        words = ["nsenter", "--target", self.leader, "--net", sys.executable, "-c", GET]
        done = subprocess.run(words + ["http://127.0.0.1:8480" + path], capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else None

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def serves(machine):
    until("the unit is active", lambda: machine.show("ActiveState") == "active")
    expect(machine.get("/healthz") is not None, "once it is active it serves")
    expect(machine.show("StatusText") == "api 127.0.0.1:8480; no problem", "the status line tells how it is")
    return machine.show("MainPID")


def main(package, base):
    work = Path(tempfile.mkdtemp(prefix="till-booted-"))
    root = work / "root"
    root.mkdir()
    subprocess.run(["tar", "-C", root, "-xf", base], check=True)
    shutil.copy(package, root / "till-status.deb")
    install = ["dpkg", "--install", "/till-status.deb"]
    subprocess.run(["chroot", str(root)] + install, check=True, stdout=subprocess.DEVNULL)
    machine = Machine(root)
    try:
        first = serves(machine)
        status = machine.run("cat", f"/proc/{first}/status")
        expect(re.search(r"CapEff:\s+0+\n", status), "it has no capability")
        expect(re.search(r"Seccomp:\s+2", status), "its system calls are filtered")
        document = json.loads(machine.get("/till/v1/status"))
        name = machine.run("cat", "/proc/sys/kernel/hostname")
        expect(document["till"]["name"] == name, "the sandbox lets it see the name of the till")

        machine.run("systemctl", "reload", "till-status")
        until("it is active after a reload", lambda: machine.show("ActiveState") == "active")
        log = machine.run("journalctl", "-u", "till-status", "-o", "cat")
        expect("203/EXEC" not in log, "a reload finds its program")

        first = serves(machine)
        restarts = int(machine.show("NRestarts"))
        machine.run("sh", "-c", f"kill -STOP {first}")
        until("the watchdog ends it", lambda: int(machine.show("NRestarts") or 0) > restarts)
        expect(serves(machine) != first, "a service that hangs is started anew by the watchdog")

        first = serves(machine)
        machine.run(*install)
        expect(serves(machine) != first, "an update starts it anew")
        began = time.monotonic()
        machine.run("systemctl", "stop", "till-status")
        expect(machine.show("Result") == "success", f"it stops in {time.monotonic() - began:.1f} s by itself")

        machine.run("systemctl", "disable", "till-status")
        machine.run(*install)
        enabled = machine.run("systemctl", "is-enabled", "till-status", check=False)
        expect(enabled == "disabled", "what was switched off stays so after an update")
        machine.run("dpkg", "--purge", "till-status")
        expect("till-status" not in machine.run("systemctl", "list-units", "--all", "--plain"), "nothing is left of it")
    finally:
        machine.end()
        shutil.rmtree(work)


main(*sys.argv[1:])
