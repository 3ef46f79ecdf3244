"""The Debian package in a clean Debian without systemd running: installed, updated, removed, purged.

package.py PACKAGE BASE: BASE is a tar of the clean Debian. Needs root.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

CONFIG = "etc/till-status/till-status.toml"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"}
EDITED = """
[till]
state_file = "/var/lib/till-status/state"
pause_file = "/var/lib/till-status/pause"
[api]
listen = ["127.0.0.1:0"]
[pos]
source = "events"
"""


class Root:
    """A clean Debian of its own."""

    def __init__(self, base):
        self.path = Path(tempfile.mkdtemp(prefix="till-root-"))
        subprocess.run(["tar", "-C", self.path, "-xf", base], check=True)

    def run(self, *words, user=None):
        chroot = ["chroot"] + ([f"--userspec={user}:{user}"] if user else []) + [str(self.path)]
        done = subprocess.run(chroot + list(words), env=ENVIRONMENT, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def serve(self, work):
        """Runs the service as its user, does `work` with the address of its API, and ends it."""
        # What systemd does by StateDirectory= and RuntimeDirectory=.
        for folder in ["var/lib/till-status", "run/till-status"]:
            (self.path / folder).mkdir(exist_ok=True)
            self.run("chown", "till-status:till-status", "/" + folder)
        command = ["chroot", "--userspec=till-status:till-status", str(self.path)]
        command += ["/usr/bin/till-status", "run", "--config", "/" + CONFIG]
        service = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
        try:
            for line in service.stderr:
                if found := re.search(r'serving api="?([0-9.:]+)', line):
                    work(found[1])
                    break
            else:
                raise SystemExit("the service ended without serving")
        finally:
            service.terminate()
            service.stderr.read()
            expect(service.wait(20) == 0, "it ends by SIGTERM with 0")

    def __contains__(self, path):
        return os.path.lexists(self.path / path)


def expect(holds, what):
    if not holds:
        raise SystemExit(f"not so: {what}")
    print(f"  {what}")


def get(api, path):
    try:
        with urllib.request.urlopen(f"http://{api}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def newer(package, folder):
    """The same package with a higher version."""
    root, made = folder / "newer", folder / "newer.deb"
    subprocess.run(["dpkg-deb", "--raw-extract", package, root], check=True)
    control = root / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: (.*)$", r"Version: \1.1", control.read_text()))
    # The packager changed the configuration, too: the administrator's has to stay.
    changed = root / CONFIG
    changed.write_text(changed.read_text() + "# A later version.\n")
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", root, made], check=True, stdout=subprocess.DEVNULL)
    return made


def installed(root):
    groups = root.run("id", "-nG", "till-status").split()
    expect(set(groups) == {"till-status", "dialout"}, "the user is in dialout and in no other group")
    shell = root.run("getent", "passwd", "till-status").strip().rsplit(":")[-1]
    expect(shell.endswith("nologin"), "nobody can sign in as this user")
    wants = "etc/systemd/system/multi-user.target.wants/till-status.service"
    expect(wants in root, "the service starts with the machine")
    said = root.run("till-status", "check-config", "/" + CONFIG, user="till-status")
    expect("can be used" in said, "the configuration can be used by the service's user")
    expect("(unknown)" not in root.run("till-status", "--version"), "the version names a commit")
    root.run("till-tool", "--version")
    for page in ["till-status", "till-status-run", "till-tool", "till-tool-dump"]:
        expect(f"usr/share/man/man1/{page}.1.gz" in root, f"man {page}")
    strange = root.run("find", "/usr/bin", "/etc/till-status", "/lib/systemd", "/usr/share/doc/till-status", "-newer", "/etc/debian_version", "-perm", "/0022", "!", "-type", "l")
    expect(strange == "", "nothing can be written by others")


def nothing_configured(api):
    expect(get(api, "/healthz")[0] == 200, "it serves")
    expect(get(api, "/api/v1/status/ofd")[0] == 501, "nothing is configured")


def main(package, base):
    root = Root(base)
    work = Path(tempfile.mkdtemp(prefix="till-package-"))
    try:
        print("installed")
        before = {path.as_posix() for path in root.path.rglob("*till*")}
        shutil.copy(package, root.path / "first.deb")
        root.run("dpkg", "--install", "/first.deb")
        installed(root)
        config = root.path / CONFIG
        config.write_text(config.read_text().replace("127.0.0.1:8480", "127.0.0.1:0"))
        root.serve(nothing_configured)

        print("updated")
        config.write_text(EDITED)
        closed = []

        def sell(api):
            for event in ["receipt-opened", "receipt-closed"]:
                root.run("till-status", "event", event)
            closed.append(get(api, "/api/v1/status/downtime"))

        root.serve(sell)
        expect(closed[0][0] == 200, "the time of the last receipt is known")
        shutil.copy(newer(package, work), root.path / "second.deb")
        root.run("dpkg", "--force-confdef", "--force-confold", "--install", "/second.deb")
        expect(config.read_text() == EDITED, "the administrator's configuration stays")
        expect(".toml.dpkg-dist" in " ".join(os.listdir(config.parent)), "the packager's lies beside it")
        root.serve(lambda api: closed.append(get(api, "/api/v1/status/downtime")))
        expect(closed[1] == closed[0], "the time of the last receipt is the same afterwards")

        print("removed")
        root.run("dpkg", "--remove", "till-status")
        expect("usr/bin/till-status" not in root, "the program is gone")
        expect(CONFIG in root and "var/lib/till-status/state" in root, "configuration and state stay")
        root.run("dpkg", "--install", "/second.deb")
        root.serve(lambda api: closed.append(get(api, "/api/v1/status/downtime")))
        expect(closed[2] == closed[0], "installed again it goes on where it was")

        print("purged")
        root.run("dpkg", "--purge", "till-status")
        left = {path.as_posix() for path in root.path.rglob("*till*")} - before
        expect(not left, f"no file is left {sorted(left) or ''}".strip())
        users = (root.path / "etc/passwd").read_text() + (root.path / "etc/group").read_text()
        expect("till-status" not in users, "the user and its group are gone")
    finally:
        shutil.rmtree(root.path)
        shutil.rmtree(work)


main(*sys.argv[1:])
