"""The Android demo's benchmark screen: started by intent, its JSON pulled when complete."""

import tempfile
import time
from pathlib import Path

from benchmarks.devices.adb import Adb
from benchmarks.records.run import Run
from benchmarks.schema import read_run
from benchmarks.timing.protocol import BenchmarkPlan
from pix2phone.console import progress

PACKAGE = "org.pix2phone.demo"
ACTIVITY = f"{PACKAGE}/.BenchmarkActivity"
RESULT = f"/sdcard/Android/data/{PACKAGE}/files/benchmark.json"
LOOK_SECONDS = 2.0
PATIENCE_SECONDS = 3600.0  # in addition to the sustained curve


def run_app(adb: Adb, plan: BenchmarkPlan) -> Run:
    """The app's run. UserError when the app is missing, ends without a result, or writes an invalid one."""
    if not adb.succeeds("pm", "path", PACKAGE):
        remedy = "install android_demo on it, or time files without the app by --benchmark-model"
        raise adb.error(f"the app {PACKAGE} is not installed; {remedy}")
    adb.shell("rm", "-f", RESULT)
    adb.shell("am", "start", "-W", "-S", "-n", ACTIVITY, *_extras(plan))
    _wait(adb, PATIENCE_SECONDS + plan.sustained)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "benchmark.json"
        adb.pull(RESULT, file)
        return read_run(file)


def _extras(plan: BenchmarkPlan) -> list[str]:
    sizes, counts = (",".join(map(str, numbers)) for numbers in (plan.sizes, plan.iterations))
    quick = "true" if plan.quick else "false"
    return [
        *("--ez", "quick", quick, "--eia", "sizes", sizes, "--eia", "iterations", counts),
        *("--ef", "sustained", f"{plan.sustained:g}"),
    ]


def _wait(adb: Adb, patience: float) -> None:
    """Wait for the result, which the app moves into place once complete."""
    begun = time.monotonic()
    with progress(f"{PACKAGE} measures on {adb.serial}", patience) as update:
        while not adb.succeeds("ls", RESULT):
            spent = time.monotonic() - begun
            if not adb.succeeds("pidof", PACKAGE) and not adb.succeeds("ls", RESULT):
                raise adb.error(f"the app ended without a result after {spent:.0f} s; look at adb logcat")
            if spent > patience:
                raise adb.error(f"no result after {spent:.0f} s; look at the phone's screen")
            update(spent, "")
            time.sleep(LOOK_SECONDS)
