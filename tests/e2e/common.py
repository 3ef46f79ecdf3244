"""What the scripts of this folder share: what was seen is printed, anything else ends the run."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request


def check(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: got {got!r}, expected {wanted!r}")
    print(f"ok      {what}: {got!r}", flush=True)


def until(what, wanted, look, limit):
    """Looks until it is so; says after how long."""
    begun, got = time.monotonic(), None
    while time.monotonic() - begun < limit:
        got = look()
        if got == wanted:
            print(f"ok      {what}: {got!r} after {time.monotonic() - begun:.1f} s", flush=True)
            return
        time.sleep(0.2)
    sys.exit(f"{what}: still {got!r} after {limit} s, expected {wanted!r}")


def call(url, method="GET", body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def answers(url):
    """What a server says that may not serve yet."""
    try:
        return call(url).strip()
    except OSError:
        return None


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def end(process, how=signal.SIGTERM):
    process.send_signal(how)
    process.wait(30)


def demo(till_tool, processes):
    """A demo till: the addresses of its API and of its controls."""
    words = [till_tool, "demo", "--api", "127.0.0.1:0", "--pos", "127.0.0.1:0"]
    till = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    processes.append(till)
    ready = till.stdout.readline()
    return re.search(r"api=(\S+)", ready)[1], re.search(r"pos=(\S+)", ready)[1]
