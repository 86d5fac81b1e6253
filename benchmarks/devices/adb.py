"""adb, with a one-line error for each reason that a phone is unavailable."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args

from benchmarks.records.row import Reading, Thermal
from benchmarks.records.run import Hardware, OperatingSystem
from pix2phone.errors import UserError
from pix2phone.processor import of_cpuinfo

THERMAL: tuple[Thermal, ...] = get_args(Thermal)  # Android's levels 0 to 6
ANSWER_SECONDS = 60.0
GONE = ("not found", "no devices/emulators found", "device offline", "unauthorized", "closed", "disconnected")


class Adb:
    """The only phone of adb, or the one in ANDROID_SERIAL. UserError, one line, for an unusable phone."""

    def __init__(self) -> None:
        program = shutil.which("adb")
        if program is None:
            raise UserError("--device adb: no adb on PATH; install it (Debian: apt-get install adb)")
        self.program = program
        self.serial = self._choose()

    def shell(self, *words: str, seconds: float = ANSWER_SECONDS) -> str:
        """The output of a shell command on the phone. UserError when it fails or the connection is lost."""
        done = self.run("shell", *words, seconds=seconds)
        if done.returncode:
            raise self.error(f"{words[0]} failed ({_last_line(done.stderr or done.stdout)})")
        return done.stdout.strip()

    def succeeds(self, *words: str) -> bool:
        """Whether a command on the phone ends with exit code 0."""
        return self.run("shell", *words).returncode == 0

    def push(self, file: Path, place: str) -> None:
        """Copy `file` to the phone."""
        self._copy("push", str(file), place)

    def pull(self, place: str, file: Path) -> None:
        """Copy from the phone to `file`."""
        self._copy("pull", place, str(file))

    def run(self, *words: str, seconds: float = ANSWER_SECONDS) -> subprocess.CompletedProcess[str]:
        """Run an adb command for this phone. UserError when the connection is lost."""
        done = self._adb("-s", self.serial, *words, seconds=seconds)
        said = _last_line(done.stderr)
        if done.returncode and said.startswith(("error:", "adb: error:", "adb: device")) and said.endswith(GONE):
            raise self.error(f"lost in mid-run ({said}); connect it again and repeat the command")
        return done

    def error(self, what: str) -> UserError:
        """A one-line error that names the phone."""
        return UserError(f"--device adb: {self.serial}: {what}")

    def _choose(self) -> str:
        found = dict(
            re.findall(r"^(\S+)\s+(device|unauthorized|offline|no permissions|\w+)", self._list(), re.MULTILINE)
        )
        wanted = os.environ.get("ANDROID_SERIAL")
        if wanted and wanted not in found:
            raise UserError(f"--device adb: {wanted}: no such device (ANDROID_SERIAL); there are: {', '.join(found)}")
        if not found:
            raise UserError("--device adb: no device; connect a phone by USB with USB debugging switched on")
        if len(found) > 1 and not wanted:
            raise UserError(f"--device adb: several devices; set ANDROID_SERIAL to one of {', '.join(found)}")
        serial = wanted or next(iter(found))
        if found[serial] == "unauthorized":
            raise UserError(f"--device adb: {serial}: unauthorised; unlock the phone and accept this computer's key")
        if found[serial] != "device":
            raise UserError(
                f"--device adb: {serial}: {found[serial]}; connect it again, or restart adb (adb kill-server)"
            )
        return serial

    def _list(self) -> str:
        done = self._adb("devices")
        if done.returncode:
            raise UserError(f"--device adb: adb devices failed ({_last_line(done.stderr)}); try adb kill-server")
        return done.stdout.partition("List of devices attached")[2]

    def _copy(self, *words: str) -> None:
        done = self.run(*words, seconds=600)
        if done.returncode:
            raise self.error(f"{words[0]} of {words[1]} failed ({_last_line(done.stderr or done.stdout)})")

    def _adb(self, *words: str, seconds: float = ANSWER_SECONDS) -> subprocess.CompletedProcess[str]:
        try:
            command = [self.program, *words]
            return subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            raise UserError(f"--device adb: adb {' '.join(words[:4])} did not answer in {seconds:.0f} s") from None


def phone(adb: Adb) -> tuple[Hardware, OperatingSystem]:
    """Hardware and operating system of the phone."""
    maker, model, soc, release = (
        adb.shell("getprop", f"ro.{name}")
        for name in ("product.manufacturer", "product.model", "soc.model", "build.version.release")
    )
    memory = re.search(r"MemTotal:\s+(\d+) kB", adb.shell("cat", "/proc/meminfo"))
    cores = adb.shell("nproc")
    about: dict[str, Any] = {"device": f"{maker} {model}".strip() or adb.serial}
    about |= {"cpu": soc} if soc else {}
    about |= of_cpuinfo(adb.shell("cat", "/proc/cpuinfo"))
    about |= {"cores": int(cores)} if cores.isdigit() else {}
    about |= {"memory_bytes": int(memory[1]) * 1024} if memory else {}
    return Hardware.model_validate(about), OperatingSystem(name="Android", version=release or None)


def reading(adb: Adb, at_s: float) -> Reading:
    """Read thermal status, battery and load by other processes."""
    battery, thermal, load = (adb.shell("dumpsys", name) for name in ("battery", "thermalservice", "cpuinfo"))
    found = Reading(at_s=round(at_s, 2))
    if status := re.search(r"Thermal Status: (\d)", thermal):
        found.thermal = THERMAL[min(int(status[1]), len(THERMAL) - 1)]
    if level := re.search(r"^\s*level: (\d+)", battery, re.MULTILINE):
        found.battery_percent = int(level[1])
    if heat := re.search(r"^\s*temperature: (-?\d+)", battery, re.MULTILINE):
        found.celsius = int(heat[1]) / 10
    if powered := re.findall(r"^\s*\w+ powered: (true|false)", battery, re.MULTILINE):
        found.charging = "true" in powered
    if total := re.search(r"([\d.]+)% TOTAL", load):
        found.background_percent = float(total[1])
    return found


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
