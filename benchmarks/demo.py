"""python -m benchmarks.demo: the whole line on the built-in photos, as `make demo` runs it."""

import subprocess
import sys
import time

from pix2phone.artefacts import ARTIFACTS
from pix2phone.console import say
from pix2phone.errors import CheckFailed, run_command

LINE = (
    "train --preset quick --no-pretrained",
    "compress --distill --preset student-quick --int8",
    "convert --target coreml tflite onnx",
    "benchmarks --quick --profile",
)
NEXT = (
    ("your own pictures through the shipped model", "python -m convert.run train/pretrained/small.safetensors PHOTO"),
    ("your own pairs (a/ and b/ with equal names)", "python -m train --pairs DIR --minutes 60"),
    ("the paper's recipe for real, for hours", "python -m train"),
)


def main() -> None:
    """Run the line, command by command, and say where everything is."""
    started = time.monotonic()
    for number, command in enumerate(LINE, start=1):
        say(f"\n[{number} of {len(LINE)}] python -m {command}")
        begun = time.monotonic()
        done = subprocess.run([sys.executable, "-m", *command.split()], check=False)
        if done.returncode:
            raise CheckFailed(f"python -m {command} ended with exit code {done.returncode}; its message is above")
        say(f"    {time.monotonic() - begun:.0f} s")
    say(f"\nDone in {(time.monotonic() - started) / 60:.1f} minutes. Everything is in {ARTIFACTS.resolve()}:\n")
    for path in sorted(ARTIFACTS.iterdir()):
        if path.suffix in (".tflite", ".onnx", ".mlpackage", ".html", ".md", ".jpg"):
            say(f"  {path.name}")
    say("\nThe table is above; open artifacts/report.html to see what was lost. Next:\n")
    for purpose, command in NEXT:
        say(f"  {purpose}:\n    .venv/bin/{command}\n")


if __name__ == "__main__":
    run_command(main)
