"""An iPhone: JSON exported by its app, or fetched from the app by xcrun devicectl on a Mac."""

import json
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.records.run import Run
from benchmarks.schema import read_run
from pix2phone.errors import UserError, first_line

BUNDLE = "org.pix2phone.demo"
RESULT = "Documents/benchmark.json"


def read_ios(export: Path | None) -> Run:
    """The run in the file `export`, else in the app of the one connected iPhone.

    UserError, one line, without an iPhone or a Mac to fetch it, or if the run does not match schema.json.
    """
    if export:
        return _of_an_iphone(read_run(export), export)
    if platform.system() != "Darwin" or shutil.which("xcrun") is None:
        remedy = "share the JSON from the app's benchmark screen and name it with --export FILE"
        raise UserError(f"--device ios: not run (xcrun devicectl is only on macOS with Xcode); {remedy}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "benchmark.json"
        device = _device(Path(folder) / "devices.json")
        where = ("--domain-type", "appDataContainer", "--domain-identifier", BUNDLE)
        _devicectl("device", "copy", "from", "--device", device, *where, "--source", RESULT, "--destination", str(file))
        return _of_an_iphone(read_run(file), file)


def _device(listing: Path) -> str:
    _devicectl("list", "devices", "--json-output", str(listing))
    devices = json.loads(listing.read_text())["result"]["devices"]
    ready = [device for device in devices if device["connectionProperties"].get("pairingState") == "paired"]
    if len(ready) != 1:
        raise UserError(
            f"--device ios: {len(ready)} paired devices of {len(devices)}; connect one iPhone and trust this Mac"
        )
    return ready[0]["identifier"]


def _devicectl(*words: str) -> None:
    done = subprocess.run(["xcrun", "devicectl", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        remedy = f"install ios_demo ({BUNDLE}), run its benchmark once, and unlock the phone"
        raise UserError(f"--device ios: devicectl {words[0]} {words[1]} failed ({first_line(done.stderr)}); {remedy}")


def _of_an_iphone(run: Run, file: Path) -> Run:
    if run.by != "ios":
        raise UserError(f"--export: {file}: a run by {run.by!r}, not by an iPhone; name the one that its app exported")
    return run
