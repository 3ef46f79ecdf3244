"""/openapi.json read by programs that others wrote: is it OpenAPI 3.1, and is it true?

Run by `cargo xtask e2e openapi`, which installs what openapi.txt lists.

    python openapi.py TILL_TOOL TILL_STATUS

schemathesis asks a whole demo till everything that the document promises, with good and with bad
requests. What the till program tells needs a token, so it is told to a service of its own.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib.metadata import version

from openapi_spec_validator import OpenAPIV31SpecValidator

TILL_TOOL, TILL_STATUS = sys.argv[1:3]
SEED = "20261124"
EVENTS = "/till/v1/pos/events"
TOKEN = "secret-of-this-till"


def schemathesis(folder, what, url, document, *words):
    here = os.path.dirname(os.path.abspath(__file__))
    command = [os.path.join(os.path.dirname(sys.executable), "schemathesis")]
    command += ["--config-file", f"{here}/schemathesis.toml", "run", document, "--url", url]
    command += ["--seed", SEED, "--max-examples", "200", "--generation-database", "none"]
    command += ["--continue-on-failure", "--no-color", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    tail = done.stdout[done.stdout.find("= SUMMARY") :]
    cases = re.search(r"(\d+) generated", tail)
    if done.returncode != 0 or cases is None:
        sys.exit(f"{what}: schemathesis ended with {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"ok      {what}: {cases[1]} requests, seed {SEED}, no failures")


def call(url, body=None, **headers):
    data = None if body is None else body.encode()
    headers = {"Content-Type": "application/json"} | headers
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
        return answer.read().decode()


def end(process):
    process.send_signal(signal.SIGTERM)
    process.wait(20)


def service(folder):
    """A service that only hears the till program; gives where."""
    with open(f"{folder}/token", "w") as token:
        token.write(TOKEN)
    with open(f"{folder}/till-status.toml", "w") as config:
        config.write(
            '[api]\nlisten = ["127.0.0.1:0"]\n'
            '[pos]\nsource = "events"\nlisten = "127.0.0.1:0"\n'
            f'token_file = "{folder}/token"\n'
        )
    with open(f"{folder}/log", "w") as log:
        words = [TILL_STATUS, "run", "--config", f"{folder}/till-status.toml"]
        process = subprocess.Popen(words, stdout=log, stderr=log)
    end_of_waiting = time.monotonic() + 30
    while time.monotonic() < end_of_waiting:
        with open(f"{folder}/log") as log:
            place = re.search(r"takes events of the till program place=([\d.:]+)\n", log.read())
        if place:
            return process, f"http://{place[1]}"
        time.sleep(0.1)
    end(process)
    sys.exit("the service does not say where it takes events")


def main(folder, processes):
    for name in ("schemathesis", "openapi-spec-validator"):
        print(name, version(name))
    words = [TILL_TOOL, "demo", "--api", "127.0.0.1:0", "--pos", "127.0.0.1:0"]
    demo = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    processes.append(demo)
    ready = demo.stdout.readline()
    api, pos = re.search(r"api=(\S+)", ready)[1], re.search(r"pos=(\S+)", ready)[1]
    document = f"{folder}/openapi.json"
    with open(document, "w") as file:
        file.write(call(f"{api}/openapi.json"))
    with open(document) as file:
        contract = json.load(file)
    errors = [error.message for error in OpenAPIV31SpecValidator(contract).iter_errors()]
    if errors:
        sys.exit(f"openapi-spec-validator: {errors}")
    print(f"ok      openapi-spec-validator: OpenAPI {contract['openapi']}, {len(contract['paths'])} paths")

    # Of the demo everything is known, once a receipt was seen to close.
    call(f"{pos}{EVENTS}", '{"event":"receipt-closed"}')
    schemathesis(folder, "the API", api, document, "--exclude-path", EVENTS)
    own, place = service(folder)
    processes.append(own)
    authorised = ("--include-path", EVENTS, "--header", f"Authorization: Bearer {TOKEN}")
    schemathesis(folder, "what the till program tells", place, document, *authorised)


with tempfile.TemporaryDirectory() as folder:
    processes = []
    try:
        main(folder, processes)
    finally:
        for process in reversed(processes):
            end(process)
