"""python -m benchmarks: how fast, how large and how faithful every made file is, beside the paper's networks."""

import argparse
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.devices import DEVICES
from benchmarks.systems.paper import ITERATIONS, SIZES, TRIM_PERCENT
from benchmarks.timing.protocol import Plan
from pix2phone.artefacts import ARTIFACTS, BENCHMARKS, write_json
from pix2phone.errors import CheckFailed, OneLineParser, UserError, run_command
from pix2phone.external.formats import ONNX, TORCHSCRIPT, how_to_export

if TYPE_CHECKING:
    from benchmarks.systems.system import System

QUICK = Plan((20,), (256, 512), warm_ups=0, seconds=2.0, photos=6, longest=512, close=2, quick=True)
ADDABLE = (*ONNX, ".tflite", *TORCHSCRIPT)


def main() -> None:
    """Parse, measure, write JSON, page and Markdown, print the table."""
    args = _parser().parse_args()
    plan = _plan(args)
    source, out = args.source or ARTIFACTS, args.out or args.source or ARTIFACTS
    _check_paths(args)
    from benchmarks import compare
    from benchmarks.schema import read_run
    from benchmarks.timing import machine
    from pix2phone.console import hush

    hush()
    old = read_run(args.compare) if args.compare else None  # a bad one is to be known before an hour's work
    if old and not args.device:
        compare.check_same_kind(old["hardware"], machine.facts()["hardware"])
    if args.device:
        record = measure_phone(args, source, out, plan)
    else:
        from benchmarks.systems import catalog

        found = _chosen(catalog.all_systems(source, plan.threads, args.system, plan.quick), args.only)
        record = measure(found, source, out, plan, args.profile)
    slower = False
    if old:
        slower = compare.show(compare.compare(old, record), str(args.compare))
    _report_failures(record, slower)


def measure(systems: "list[System]", folder: Path, out: Path, plan: Plan, profile: bool = False) -> dict[str, Any]:
    """Measure what is in `folder` among `systems`; results go to `out`."""
    from benchmarks import bench
    from benchmarks.profiling import profile_run
    from benchmarks.quality.held_out import source_of
    from benchmarks.records.pivot import by_system
    from benchmarks.records.run import PHOTO
    from benchmarks.report import render
    from benchmarks.report.reference import reference
    from benchmarks.systems.catalog import checkpoint_paths
    from pix2phone.console import say

    files = dict.fromkeys(str(system.path) for system in systems if system.path)
    say(f"timing {len(systems)} systems, of them made: {', '.join(files)}")
    checkpoints = checkpoint_paths(folder)
    record = bench.run(systems, plan, checkpoints, out)
    judged = [photo["name"] for photo in record["fidelity"][PHOTO]["fidelity"]["photos"]]
    known = reference(source_of(checkpoints), judged)
    record["stages"] = bench.reports_of_stages(folder) | {"reference": known}
    write_json(out / BENCHMARKS.name, record)  # what took long is safe before the rest is added
    record |= profile_run.estimates(systems, by_system(record))
    if profile:
        record |= profile_run.profiles(systems, by_system(record))
        render.print_profiles(by_system(record))
    write_json(out / BENCHMARKS.name, record)
    render.write(out)
    render.print_table(by_system(record))
    say(f"wrote {', '.join(str(out / name) for name in (BENCHMARKS.name, render.PAGE, render.MARKDOWN))}")
    return record


def measure_phone(args: argparse.Namespace, folder: Path, out: Path, plan: Plan) -> dict[str, Any]:
    """A phone's run, in `out`/adb.json or ios.json, and as a table."""
    from benchmarks.devices import measure_on
    from benchmarks.records.pivot import by_system
    from benchmarks.report import render
    from pix2phone.console import say

    models = sorted({*folder.glob("*.tflite"), *(path for path in args.system if path.suffix == ".tflite")})
    record = measure_on(args.device, plan, models, args.benchmark_model, args.export)
    written = out / f"{args.device}.json"
    write_json(written, record)
    render.print_table(by_system(record))
    say(f"wrote {written}")
    return record


def _plan(args: argparse.Namespace) -> Plan:
    given = {name: getattr(args, name) for name in ("threads", "trim_percent", "sustained")}
    given |= {name: getattr(args, name) and tuple(getattr(args, name)) for name in ("iterations", "sizes")}
    plan = QUICK if args.quick else Plan()
    return replace(plan, **{name: value for name, value in given.items() if value is not None})


def _check_paths(args: argparse.Namespace) -> None:
    if args.source and not args.source.is_dir():
        raise UserError(f"--from: {args.source}: no such folder; name the one that holds the made files")
    for flag, path, device in (("--export", args.export, "ios"), ("--benchmark-model", args.benchmark_model, "adb")):
        if path and args.device != device:
            raise UserError(f"{flag}: {path}: goes with --device {device}; add that")
    for path in args.system:
        if path.suffix.lower() not in ADDABLE:
            remedy = how_to_export(path) or f"name one that ends in {', '.join(ADDABLE)}"
            raise UserError(f"--system: {path}: not a file that can be added; {remedy}")
        if not path.is_file():
            raise UserError(f"--system: {path}: no such file; check the path")


def _chosen(systems: "list[System]", patterns: list[str]) -> "list[System]":
    chosen = [system for system in systems if any(fnmatch(system.key, pattern) for pattern in patterns)]
    if not chosen:
        names = ", ".join(system.key for system in systems)
        raise UserError(f"--only: {' '.join(patterns)}: fits no system; there are {names}")
    return chosen


def _report_failures(record: dict[str, Any], slower: bool) -> None:
    rows = [row for row in record["rows"] if row["status"] in ("failed", "crashed")]
    reasons = dict.fromkeys(f"{row['system']}: {row['reason']}" for row in rows)
    if reasons:
        raise CheckFailed(f"{'; '.join(reasons)}; the other rows stand")
    if slower:
        raise CheckFailed("slower than before; the table above says what")


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m benchmarks",
        description="Time every made file, the paper's networks and its peers by the paper's protocol, in one "
        "interleaved run, and judge their pictures on test photos. An interrupted run goes on when the same "
        "command is typed again. Exit code 1 when a row failed (the others stand) or became slower.",
    )
    sizes = " ".join(map(str, SIZES))
    counts = f"timed runs of a row, ten times as many on a GPU; one number, or one for each size ({ITERATIONS})"
    added = f"other networks, {', '.join(ADDABLE)} (TorchScript), which are only timed"
    trim = f"left out at each end before the mean is taken ({TRIM_PERCENT:g})"
    sustained = "then run the fastest made file without a pause for so long"
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
    add("--device", choices=DEVICES, help="measure elsewhere: on Android over adb, an iPhone, or in Chromium")
    add("--benchmark-model", type=Path, metavar="FILE", help="adb without the app: LiteRT's own program for Android")
    add("--export", type=Path, metavar="FILE", help="ios: the JSON that the app exported")
    add("--from", dest="source", type=Path, metavar="DIR", help=f"folder of made files ({ARTIFACTS})")
    add("--out", type=Path, metavar="DIR", help="where results go (the folder of made files)")
    return parser


if __name__ == "__main__":
    run_command(main)
