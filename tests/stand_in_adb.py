#!/usr/bin/env python3
"""A stand-in for adb that speaks its real command forms; its phone is described in the JSON that $STAND_IN names.

{"devices": {serial: state}, "app": true, "result": path, "looks": 2, "lose_after": n, "thermal": 0, "broken": false}
"""

import json
import os
import sys
from pathlib import Path

RESULT = "/sdcard/Android/data/org.pix2phone.demo/files/benchmark.json"
PROPERTIES = {
    "ro.product.manufacturer": "Acme",
    "ro.product.model": "Phone 9",
    "ro.soc.model": "SM9000",
    "ro.build.version.release": "16",
}
BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: true
  Wireless powered: false
  status: 2
  level: 81
  scale: 100
  temperature: 305
"""
CPU = """Load: 1.5 / 1.2 / 1.0
CPU usage from 10000ms to 5000ms ago:
  1.2% 1234/system_server: 0.8% user + 0.4% kernel
3.4% TOTAL: 2% user + 1.2% kernel + 0.2% softirq
"""

ANSWERS: dict[tuple[str, ...], str] = {
    ("cat", "/proc/meminfo"): "MemTotal:        7812345 kB\nMemFree:          312345 kB",
    ("cat", "/proc/cpuinfo"): "processor\t: 0\nFeatures\t: fp asimd asimddp\nCPU part\t: 0xd4d",
    ("nproc",): "8",
    ("dumpsys", "battery"): BATTERY,
    ("dumpsys", "cpuinfo"): CPU,
    ("dumpsys", "thermalservice"): "IsStatusOverride: false\nThermal Status: {thermal}",
    ("am", "start"): "Starting: Intent {{ cmp=org.pix2phone.demo/.BenchmarkActivity (has extras) }}\nStatus: ok",
}


def main() -> int:
    home = Path(os.environ["STAND_IN"])
    phone, words = json.loads(home.read_text()), sys.argv[1:]
    log = home.with_suffix(".log")
    with log.open("a") as lines:
        lines.write(json.dumps(words) + "\n")
    asked = len(log.read_text().splitlines())
    if words == ["devices"]:
        print("* daemon not running; starting now at tcp:5037\n* daemon started successfully", file=sys.stderr)
        print("List of devices attached")
        for serial, state in phone["devices"].items():
            print(f"{serial}\t{state}")
        print()
        return 0
    assert words[0] == "-s", f"a phone must be named: {words}"
    serial, command, rest = words[1], words[2], words[3:]
    if serial not in phone["devices"] or asked > phone.get("lose_after", 10**9):
        what = f"device '{serial}' not found"
        copying = command in ("push", "pull")
        print(f"adb: error: failed to get feature set: {what}" if copying else f"error: {what}", file=sys.stderr)
        return 1
    if command == "shell":
        return shell(" ".join(rest).split(), phone, log)
    if command == "push":
        print(f"{rest[0]}: 1 file pushed, 0 skipped. 30.1 MB/s (147432 bytes in 0.005s)")
        return 0
    if command == "pull" and rest[0] == RESULT:
        Path(rest[1]).write_text(Path(phone["result"]).read_text())
        return 0
    print(f"adb: unknown command {command}", file=sys.stderr)
    return 1


def shell(words: list[str], phone: dict, log: Path) -> int:  # type: ignore[type-arg]
    if words[0] == "getprop":
        print(PROPERTIES.get(words[1], ""))
    elif words[0] == "ls":
        return look(words[1], phone, log)
    elif words[0].endswith("/benchmark_model"):
        return benchmark_model(phone, log)
    elif words[0] in ("rm", "mkdir", "chmod"):
        return 0
    elif words[0] == "pidof" or words[:2] == ["pm", "path"]:
        return int(bool(phone.get("ended"))) if words[0] == "pidof" else int(not phone.get("app"))
    elif tuple(words[:2]) in ANSWERS:
        print(ANSWERS[(words[0], *words[1:2])].format(thermal=phone.get("thermal", 0)))
    else:
        print(f"/system/bin/sh: {words[0]}: inaccessible or not found", file=sys.stderr)
        return 127
    return 0


def look(place: str, phone: dict, log: Path) -> int:  # type: ignore[type-arg]
    looked = sum('"ls"' in line for line in log.read_text().splitlines())
    if not phone.get("result") or looked <= phone.get("looks", 0):
        print(f"ls: {place}: No such file or directory", file=sys.stderr)
        return 1
    print(place)
    return 0


def benchmark_model(phone: dict, log: Path) -> int:  # type: ignore[type-arg]
    if phone.get("broken"):
        print("ERROR: Failed to initialize the interpreter", file=sys.stderr)
        return 1
    runs = sum("--graph" in line for line in log.read_text().splitlines())
    print("INFO: STARTING!\nINFO: Loaded model\nINFO: The input model file size (MB): 0.147")
    print(
        f"INFO: Inference timings in us: Init: 5685, First inference: 18535, Warmup (avg): 14462.3, Inference (avg): {1000 + runs}"
    )
    print("INFO: Memory footprint delta from the start of the tool (MB): init=1.7 overall=3.1", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
