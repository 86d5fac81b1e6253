"""python -m benchmarks.demo: all stages on the built-in photos, as run by `make demo`."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.report.reference import photo_scores
from pix2phone.artefacts import ARTIFACTS, BENCHMARKS, CONVERTED, read_json
from pix2phone.console import say, table
from pix2phone.errors import CheckFailed, OneLineParser, run_command


@dataclass(frozen=True)
class DemoStage:
    """One command of the demo.

    `short`: flags that reduce its work. `makes`: patterns of files in `ARTIFACTS`; a successful stage writes at least
    one of them.
    """

    command: str
    short: str
    makes: tuple[str, ...]
    about: str

    @property
    def name(self) -> str:
        """train, compress, convert or benchmarks."""
        return self.command.split()[0]

    def written(self) -> int:
        """Modification time of its newest file, nanoseconds; 0 without files."""
        found = (path for pattern in self.makes for path in ARTIFACTS.glob(pattern))
        return max((path.stat().st_mtime_ns for path in found), default=0)


LINE = (
    DemoStage(
        "train --preset quick --no-pretrained",
        "--steps 2",
        ("trained.safetensors",),
        "The big U-Net learns for under a minute. It shows the stage; its pictures are not yet worth looking at.",
    ),
    DemoStage(
        "compress --distill --preset student-quick --int8",
        "--steps 200",
        ("compressed.safetensors",),
        "The student for phones learns from what the look's own program painted, not from the U-Net.",
    ),
    DemoStage(
        "convert --target coreml tflite onnx",
        "--sizes 128",
        ("model*", "Model*"),
        "Each file runs beside the network in torch, and is kept only if it paints the same.",
    ),
    DemoStage(
        "benchmarks --quick --sizes 512 --profile",
        "--sizes 128 --iterations 3",
        ("benchmarks.json",),
        "Every file is timed beside the paper's U-Net and judged on photos that nothing was trained on.",
    ),
)
SHOWN = (".tflite", ".onnx", ".mlpackage", ".html", ".md", ".jpg")
NEXT = (
    ("your own pictures through the shipped model", "python -m convert.run train/pretrained/small.safetensors PHOTO"),
    ("your own pairs (a/ and b/ with equal names)", "python -m train --pairs DIR --preset student --minutes 60"),
    ("the paper's recipe for real, for hours", "python -m train"),
)


def main() -> None:
    """Parse, run all stages, print the outcome."""
    parser = OneLineParser(prog="python -m benchmarks.demo", description=__doc__)
    parser.add_argument("--short", action="store_true", help="small work in every stage: does the line run here?")
    args = parser.parse_args()
    run(LINE, args.short)


def run(line: Sequence[DemoStage], short: bool) -> None:
    """Run all stages in order, then print the paths and scores.

    A stage that exits with code 1 but wrote some of its files does not stop the run. Raises CheckFailed with the
    failures at the end, or at once when a stage wrote nothing.
    """
    seconds: dict[str, float] = {}
    failed: list[str] = []
    for number, stage in enumerate(line, start=1):
        command = f"{stage.command} {stage.short}" if short else stage.command
        say(f"\n[{number} of {len(line)}] python -m {command}\n{stage.about}")
        begun, before = time.monotonic(), stage.written()
        code = subprocess.run([sys.executable, "-m", *command.split()], check=False).returncode
        seconds[stage.name] = time.monotonic() - begun
        ending = f"python -m {stage.command} ended with exit code {code}"
        if code and (code != 1 or stage.written() <= before):
            raise CheckFailed(f"{ending} and made nothing to go on with; its message is above")
        failed += [ending] if code else []
    record = _read_record()
    _show_files(short)
    _show_seconds(seconds)
    failed = [*_bad_files(), *_bad_rows(record), *_bad_student(record), *failed]
    _show_scores(record)
    if failed:
        raise CheckFailed(f"{'; '.join(failed)}. All else is made; {ARTIFACTS}/report.html shows it")


def _read_record() -> dict[str, Any]:
    from benchmarks.records.pivot import by_system
    from benchmarks.schema import read_run

    return by_system(read_run(BENCHMARKS))


def _bad_files() -> list[str]:
    """The files refused by `convert`, with reasons."""
    return [f"{row['file']}: {row['reason']}" for row in read_json(CONVERTED)["rows"] if row["refused"]]


def _bad_rows(record: dict[str, Any]) -> list[str]:
    """The rows that failed timing or judging, with reasons."""
    return [f"{row['key']}: {row['reason']}" for row in record["rows"] if row["status"] in ("failed", "crashed")]


def _student(record: dict[str, Any]) -> dict[str, Any] | None:
    from benchmarks.records.pivot import headline_row

    row = headline_row(record)
    return row if row and "fidelity" in row else None


def _bad_student(record: dict[str, Any]) -> list[str]:
    """A warning if the student's pictures are no closer to the targets than the photos are."""
    student = _student(record)
    if student is None:
        return ["no file of the student could be judged"]
    ours, photo = student["fidelity"]["psnr"], photo_scores(record)["psnr"]
    return [f"{student['key']}: {ours:.2f} dB, no better than the photo's {photo:.2f}"] if ours <= photo else []


def _show_files(short: bool) -> None:
    say(f"\nEverything is in {ARTIFACTS.resolve()}:\n")
    for path in sorted(path for path in ARTIFACTS.iterdir() if path.suffix in SHOWN):
        say(f"  {path.name}")
    say(f"\nOpen {ARTIFACTS}/report.html to see what was lost. Next:\n")
    for purpose, command in NEXT:
        say(f"  {purpose}:\n    .venv/bin/{command}\n")
    if short:
        say("This was the short form: the student has learnt for seconds. make demo takes ten minutes.\n")


def _show_seconds(seconds: dict[str, float]) -> None:
    total = sum(seconds.values())
    rows = [(name, f"{taken:.0f}", f"{taken / total:.0%}") for name, taken in seconds.items()]
    table("what each stage took", ("stage", "seconds", "share"), [*rows, ("total", f"{total:.0f}", "100%")])
    say(f"{total / 60:.1f} minutes in all")


def _show_scores(record: dict[str, Any]) -> None:
    """Print the student's scores between the photo's and the committed reference's, judged at a larger size."""
    from benchmarks.report.formatting import label
    from benchmarks.systems.names import NAMES

    student, found = _student(record), record["reference"]
    shown = [(NAMES["photo"], photo_scores(record))]
    shown += [(f"{label(student, record)}, made here", student["fidelity"])] if student else []
    if found:
        what = f"the U-Net after {found['minutes']} minutes, committed, at up to {found['longest']} px"
        shown.append((what, found))
    rows = [(name, f"{row['psnr']:.2f}", f"{row['ssim']:.3f}", f"{row['gradient_error']:.2f}") for name, row in shown]
    held_out = record["held_out"]
    title = f"{held_out['photos']} test photos of at most {held_out['longest']} px, against their targets"
    table(title, ("", "PSNR dB", "SSIM", "gradient error"), rows)


if __name__ == "__main__":
    run_command(main)
