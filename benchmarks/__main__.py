"""python -m benchmarks: time, size and fidelity of every artefact, compared with the paper's networks."""

import argparse
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.devices import DEVICES
from benchmarks.systems.paper import ITERATIONS, SIZES, TRIM_PERCENT
from benchmarks.timing.protocol import BenchmarkPlan
from pix2phone.artefacts import ARTIFACTS, BENCHMARKS, write_json
from pix2phone.errors import CheckFailed, OneLineParser, UserError, run_command
from pix2phone.external.formats import ONNX, TORCHSCRIPT, how_to_export

if TYPE_CHECKING:
    from benchmarks.records.run import Run
    from benchmarks.systems.system import System

QUICK = BenchmarkPlan((20,), (256, 512), warm_ups=0, seconds=2.0, photos=6, longest=512, close=2, quick=True)
ADDABLE = (*ONNX, ".tflite", *TORCHSCRIPT)


def main() -> None:
    """Parse, measure, write JSON, page and Markdown, print the table."""
    args = _parser().parse_args()
    plan = _plan(args)
    source, out = args.source or ARTIFACTS, args.out or args.source or ARTIFACTS
    _check_paths(args)
    from pix2phone.console import hush

    hush()
    old = _old_run(args)  # fail before the run, which may take an hour
    if args.device:
        run = _measure_device(args, source, out, plan)
    else:
        from benchmarks import bench

        run = bench.run(_chosen(args, source, plan), plan, source, out, args.profile)
        _report(run, out)
    slower = False
    if old:
        from benchmarks import compare

        slower = compare.show(compare.compare(old, run), str(args.compare))
    _report_failures(run, slower)


def _report(run: "Run", out: Path) -> None:
    """Write page and Markdown of the run in `out`, and print its tables."""
    from benchmarks.records.pivot import by_system
    from benchmarks.report import render
    from pix2phone.console import say

    record = by_system(run)
    render.print_profiles(record)
    render.write(out)
    render.print_table(record)
    say(f"wrote {', '.join(str(out / name) for name in (BENCHMARKS.name, render.PAGE, render.MARKDOWN))}")


def _measure_device(args: argparse.Namespace, folder: Path, out: Path, plan: BenchmarkPlan) -> "Run":
    """Measure on a phone or in a browser, write `out`/adb.json, ios.json or web.json, and print the table."""
    from benchmarks.devices import measure_on
    from benchmarks.records.pivot import by_system
    from benchmarks.report import render
    from pix2phone.console import say

    models = sorted({*folder.glob("*.tflite"), *(path for path in args.system if path.suffix == ".tflite")})
    run = measure_on(args.device, plan, models, args.benchmark_model, args.export)
    written = out / f"{args.device}.json"
    write_json(written, run.plain())
    render.print_table(by_system(run))
    say(f"wrote {written}")
    return run


def _old_run(args: argparse.Namespace) -> "Run | None":
    """Read the run of --compare. UserError if it is broken or comes from another kind of processor."""
    if not args.compare:
        return None
    from benchmarks.compare import check_same_kind
    from benchmarks.schema import read_run
    from benchmarks.timing import machine

    old = read_run(args.compare)
    if not args.device:
        check_same_kind(old.hardware, machine.this_machine().hardware)
    return old


def _plan(args: argparse.Namespace) -> BenchmarkPlan:
    given = {name: getattr(args, name) for name in ("threads", "trim_percent", "sustained")}
    given |= {name: getattr(args, name) and tuple(getattr(args, name)) for name in ("iterations", "sizes")}
    plan = QUICK if args.quick else BenchmarkPlan()
    return replace(plan, **{name: value for name, value in given.items() if value is not None})


def _check_paths(args: argparse.Namespace) -> None:
    if args.source and not args.source.is_dir():
        raise UserError(f"--from: {args.source}: no such folder; name the one that holds the artefacts")
    for flag, path, device in (("--export", args.export, "ios"), ("--benchmark-model", args.benchmark_model, "adb")):
        if path and args.device != device:
            raise UserError(f"{flag}: {path}: goes with --device {device}; add that")
    for path in args.system:
        if path.suffix.lower() not in ADDABLE:
            remedy = how_to_export(path) or f"name one that ends in {', '.join(ADDABLE)}"
            raise UserError(f"--system: {path}: not a file that can be added; {remedy}")
        if not path.is_file():
            raise UserError(f"--system: {path}: no such file; check the path")


def _chosen(args: argparse.Namespace, source: Path, plan: BenchmarkPlan) -> "list[System]":
    """The systems of `--only`, all without it. UserError when none matches."""
    from benchmarks.systems.catalog import all_systems
    from pix2phone.console import say

    systems = all_systems(source, plan.threads, args.system, plan.quick)
    chosen = [system for system in systems if any(fnmatch(system.key, pattern) for pattern in args.only)]
    if not chosen:
        names = ", ".join(system.key for system in systems)
        raise UserError(f"--only: {' '.join(args.only)}: fits no system; there are {names}")
    files = dict.fromkeys(str(system.path) for system in chosen if system.path)
    say(f"timing {len(chosen)} systems, of them made: {', '.join(files)}")
    return chosen


def _report_failures(run: "Run", slower: bool) -> None:
    reasons = dict.fromkeys(f"{row.system}: {row.reason}" for row in run.rows if row.failed)
    if reasons:
        raise CheckFailed(f"{'; '.join(reasons)}; the other rows stand")
    if slower:
        raise CheckFailed("slower than before; the table above says what")


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m benchmarks",
        description="Time every artefact, the paper's networks and its peers by the paper's protocol, in one "
        "interleaved run, and judge their pictures on test photos. An interrupted run goes on when the same "
        "command is typed again. Exit code 1 when a row failed (the others stand) or became slower.",
    )
    sizes = " ".join(map(str, SIZES))
    counts = f"timed runs of a row, ten times as many on a GPU; one number, or one for each size ({ITERATIONS})"
    added = f"other networks, {', '.join(ADDABLE)} (TorchScript), which are only timed"
    trim = f"left out at each end before the mean is taken ({TRIM_PERCENT:g})"
    sustained = "then run the fastest artefact without a pause for so long"
    add = parser.add_argument
    add(
        "--quick",
        action="store_true",
        help="a first look in minutes: few iterations and photos, 256 and 512 px, no peers",
    )
    add("--iterations", type=int, nargs="+", metavar="N", help=counts)
    add("--sizes", type=int, nargs="+", metavar="PX", help=f"sides of the square picture ({sizes})")
    add("--threads", type=int, metavar="N", help="threads of every runtime; LiteRT with 1 to N (all cores)")
    add("--trim", dest="trim_percent", type=float, metavar="PERCENT", help=trim)
    add("--system", type=Path, nargs="+", default=[], metavar="FILE", help=added)
    add("--only", nargs="+", default=["*"], metavar="NAME", help="only systems with these names; * is any text")
    add("--sustained", type=float, metavar="SECONDS", help=sustained)
    add("--profile", action="store_true", help="also say where the milliseconds go, layer by layer")
    add("--compare", type=Path, metavar="OLD.json", help="say which rows became slower or faster than in that run")
    add("--device", choices=DEVICES, help="measure on another device: Android over adb, an iPhone, or in Chromium")
    add("--benchmark-model", type=Path, metavar="FILE", help="adb without the app: LiteRT's own program for Android")
    add("--export", type=Path, metavar="FILE", help="ios: the JSON that the app exported")
    add("--from", dest="source", type=Path, metavar="DIR", help=f"folder of artefacts ({ARTIFACTS})")
    add("--out", type=Path, metavar="DIR", help="where results go (the folder of artefacts)")
    return parser


if __name__ == "__main__":
    run_command(main)
