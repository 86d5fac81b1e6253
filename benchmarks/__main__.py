"""python -m benchmarks: how fast, how large and how faithful every made file is, beside the paper's networks."""

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.paper import ITERATIONS, SIZES
from benchmarks.protocol import Plan
from pix2phone.artefacts import ARTIFACTS, BENCHMARKS, write_json
from pix2phone.errors import CheckFailed, OneLineParser, UserError, run_command

QUICK = Plan(iterations=20, sizes=(256, 512), warm_ups=1, seconds=2.0, photos=6, longest=512, quick=True)


def main() -> None:
    """Parse, measure, write JSON, page and Markdown, print the table."""
    args = _parser().parse_args()
    given = {"iterations": args.iterations, "sizes": args.sizes and tuple(args.sizes), "threads": args.threads}
    plan = replace(QUICK if args.quick else Plan(), **{key: value for key, value in given.items() if value is not None})
    if args.source and not args.source.is_dir():
        raise UserError(f"--from: {args.source}: no such folder; name the one that holds the made files")
    measure(args.source or ARTIFACTS, args.out or args.source or ARTIFACTS, plan, args.profile)


def measure(folder: Path, out: Path, plan: Plan, profile: bool = False) -> None:
    """Measure what is in `folder`; results go to `out`. CheckFailed at the end when a row failed."""
    from pix2phone.console import hush, say

    hush()
    from benchmarks import bench, closer_look, report, systems

    found, checkpoints = systems.all_systems(folder), systems.checkpoint_paths(folder)
    say(f"timing {len(found)} systems, of them made: {', '.join(str(system.path) for system in found if system.path)}")
    record = bench.run(found, plan, checkpoints, out)
    record |= bench.reports_of_stages(folder)
    write_json(out / BENCHMARKS.name, record)  # what took long is safe before the rest is added
    record |= closer_look.estimates(found, record)
    if profile:
        record |= closer_look.profiles(found, record)
        report.print_profiles(record)
    write_json(out / BENCHMARKS.name, record)
    report.write(out)
    report.print_table(record)
    say(f"wrote {', '.join(str(out / name) for name in (BENCHMARKS.name, report.PAGE, report.MARKDOWN))}")
    failed = [f"{row['key']}: {row['reason']}" for row in record["rows"] if row["status"] == "failed"]
    if failed:
        raise CheckFailed(f"{'; '.join(failed)}; the other rows stand")


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m benchmarks",
        description="Time every made file and the paper's networks by the paper's protocol, in one interleaved run, "
        "and judge their pictures on held-out photos. Exit code 1 when a row failed (the others stand).",
    )
    sizes = " ".join(map(str, SIZES))
    parser.add_argument("--quick", action="store_true", help="a first look in a minute: few iterations, 256 and 512 px")
    parser.add_argument(
        "--iterations", type=int, metavar="N", help=f"timed runs of a row, ten times as many on a GPU ({ITERATIONS})"
    )
    parser.add_argument("--sizes", type=int, nargs="+", metavar="PX", help=f"sides of the square picture ({sizes})")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of every runtime (all cores)")
    parser.add_argument("--profile", action="store_true", help="also print where the milliseconds go, layer by layer")
    parser.add_argument("--from", dest="source", type=Path, metavar="DIR", help=f"folder of made files ({ARTIFACTS})")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where results go (the folder of made files)")
    return parser


if __name__ == "__main__":
    run_command(main)
