"""The simulated scales read by programs that others wrote, and our client against an emulator.

Run by `cargo xtask e2e`, which installs what requirements.txt lists.

    python scales.py TILL_TOOL WEIGH

| protocol | program | what it does |
|---|---|---|
| mt-sics | mettler_toledo_device 1.5.0 | reads our simulator over a pty |
| mt-sics | mt-sics-emulator 0.1.1 | is read by our client over TCP |
| pos2 | pyshtrih 2.0.6 | reads our simulator over a pty |

pyshtrih is a driver of cash registers: they have the link layer of POS2 and the command FC in common
with the scales, so what it proves is ENQ, NAK, ACK, STX, the length, the LRC and the answer to FC.
The fields of 3A are taken apart here, from the bytes that it hands over.
"""

import json
import socket
import struct
import subprocess
import sys
import threading
from contextlib import contextmanager

TILL_TOOL, WEIGH = sys.argv[1:3]


@contextmanager
def scale(protocol, **state):
    """A simulated scale on a pty; gives its path."""
    words = [TILL_TOOL, "sim", protocol, "--pty", "--state", json.dumps(state)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip().removeprefix("ready serial:")
    finally:
        process.kill()
        process.wait()


def check(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: got {got!r}, expected {wanted!r}")
    print(f"ok      {what}: {got!r}")


def mettler_toledo_device():
    from mettler_toledo_device import MettlerToledoDevice
    from mettler_toledo_device.mettler_toledo_device import MettlerToledoError

    with scale("mt-sics", weight_grams=1234) as port:
        device = MettlerToledoDevice(port=port)
        check("mettler_toledo_device, serial number", device.get_serial_number(), "1")
        check("mettler_toledo_device, model", device.get_balance_data(), ["simulated", "scale"])
        check("mettler_toledo_device, SI", device.get_weight(), [1.234, "kg", "S"])
        check("mettler_toledo_device, S", device.get_weight_stable(), [1.234, "kg"])
        check("mettler_toledo_device, Z", device.zero_stable(), True)
        check("mettler_toledo_device, SI after Z", device.get_weight(), [0.0, "kg", "S"])
        device.close()
    with scale("mt-sics", weight_grams=-20, stable=False) as port:
        device = MettlerToledoDevice(port=port)
        check("mettler_toledo_device, SI in motion", device.get_weight(), [-0.02, "kg", "D"])
        check("mettler_toledo_device, S in motion", device.get_weight_stable(), None)
        device.close()
    for key, word in (("overload", "overload"), ("underload", "underload")):
        with scale("mt-sics", **{key: True}) as port:
            device = MettlerToledoDevice(port=port)
            try:
                got = device.get_weight()
            except MettlerToledoError as error:
                got = error.value
            check(f"mettler_toledo_device, {key}", got, f"Balance in {word} range.")
            device.close()


def mt_sics_emulator():
    from mtsics.core.state import ScaleState
    from mtsics.profiles import DEFAULT_PROFILE, load
    from mtsics.protocol.engine import MTSICSEngine

    for weight, stable, wanted in (
        (1.5, True, "1.50 kg, stable: Some(true)"),
        (2.25, False, "2.25 kg, stable: Some(false)"),
        (-0.5, True, "no weight: underload"),
        (999, True, "no weight: overload"),
    ):
        state = ScaleState(config=load(DEFAULT_PROFILE))
        state.set_weight(weight, stable=stable)
        engine = MTSICSEngine(state)
        server = socket.create_server(("127.0.0.1", 0))
        said = []

        def serve():
            connection, _ = server.accept()
            with connection, connection.makefile("rw", newline="") as line:
                for command in line:
                    said.append(engine.handle(command.rstrip("\r\n")))
                    line.write(said[-1])
                    line.flush()

        threading.Thread(target=serve, daemon=True).start()
        address = "127.0.0.1:%d" % server.getsockname()[1]
        client = subprocess.Popen([WEIGH, address, "mt-sics"], stdout=subprocess.PIPE, text=True)
        read = client.stdout.readline().strip()
        client.kill()
        client.wait()
        server.close()
        check(f"mt-sics-emulator, {said[0].strip()!r}", read.partition(", tare")[0], wanted)


def pyshtrih():
    from pyshtrih.protocol import Protocol

    with scale("pos2", weight_grams=1544, tare_grams=200) as port:
        host = Protocol(port, 9600, 1)
        host.connect()
        answer = host.command_nopass(0xFC).params
        check("pyshtrih, FC", sorted(map(str, answer.values()))[-1], "simulated scale")
        fields = bytes(host.command_nopass(0x3A, bytearray(b"0030")))
        error, state, counts, tare, _ = struct.unpack("<BHiHB", fields)
        check("pyshtrih, 3A", (error, state, counts, tare), (0, 0b1_1101, 1544, 200))
        fields = bytes(host.command_nopass(0xE8, bytearray(b"\x00")))
        (power,) = struct.unpack_from("<b", fields, 4)
        check("pyshtrih, E8", power, -3)
        fields = bytes(host.command_nopass(0x3A, bytearray(b"9999")))
        check("pyshtrih, a wrong password", fields, b"\x7a")
        host.disconnect()


for program in (mettler_toledo_device, mt_sics_emulator, pyshtrih):
    program()
