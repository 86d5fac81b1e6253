"""python -m benchmarks.students: the named students compared with their goals, in one interleaved run."""

import argparse
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.timing.protocol import BenchmarkPlan
from pix2phone.artefacts import ARTIFACTS, SHIPPED, replacing, write_json
from pix2phone.errors import CheckFailed, OneLineParser, UserError, run_command

REFERENCE = SHIPPED.parent / "reference.json"
OUT = ARTIFACTS / "goals"
THREADS = 2
FULL = BenchmarkPlan(iterations=(15,), sizes=(512,), threads=THREADS)
QUICK = BenchmarkPlan(iterations=(2,), sizes=(512,), threads=THREADS, warm_ups=1, photos=6, quick=True)


def main() -> None:
    """Parse, measure, write JSON, Markdown, the front and the sheets, print the table."""
    args = _parser().parse_args()
    from pix2phone.console import hush

    hush()
    from benchmarks.students import records, timing
    from train.models import STUDENTS

    paths = args.students or [path for name in STUDENTS if (path := SHIPPED.with_stem(name)).exists()]
    timing.check(paths)
    if args.sheets < 0:
        raise UserError(f"--sheets: {args.sheets}: must be 0 or more")
    kept = records.path_for_this_processor(args.results) if args.results else None
    record = measure(paths, args.reference, _plan(args.quick, args.rounds), args.out)
    report(record, args.out, kept)
    if args.sheets:
        from benchmarks.students import contact_sheet

        contact_sheet.write(record["students"], paths, args.sheets, args.big, args.out / "sheets")
    rows = [*record["students"], *record["others"]]
    failed = [f"{row['name']}: {row['failure']}" for row in rows if row["failure"]]
    if failed:
        raise CheckFailed(f"{'; '.join(failed)}; the others stand")


def _plan(quick: bool, rounds: int | None) -> BenchmarkPlan:
    plan = QUICK if quick else FULL
    if rounds is None:
        return plan
    if rounds < 1:
        raise UserError(f"--rounds: {rounds}: must be at least 1")
    return replace(plan, iterations=(rounds,))


def measure(paths: list[Path], reference: Path, plan: BenchmarkPlan, out: Path) -> dict[str, Any]:
    """All measurements of the int8 checkpoints `paths`, as plain JSON; their files go to `out`/files.

    A student that fails keeps the reason under "failure"; the others continue.
    """
    from benchmarks.quality import held_out
    from benchmarks.records.students import plain
    from benchmarks.students import goal_cells, scores, timing
    from benchmarks.timing import machine
    from benchmarks.timing.load_monitor import BUSY_PERCENT

    rows = [timing.student_row(path, out / "files") for path in paths]
    others = timing.untrained_rows()
    photo = held_out.choose(paths, BenchmarkPlan(photos=1))[0][0].photo
    busy = [machine.busy()]
    unet = timing.time_all(rows, others, photo, plan)
    busy.append(machine.busy())
    about = machine.this_machine().plain()
    dots = machine.has_dot_products(about["hardware"])
    known: scores.Known = {}
    for row, path in zip(rows, paths, strict=True):
        timing.attempt(row, partial(scores.judge, row, path, reference, plan, known))
        row["goals"] = [] if row["failure"] else [asdict(cell) for cell in goal_cells.cells(row, unet, dots)]
    content = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": about["hardware"] | {"busy_percent": busy, "disturbed": max(busy) > BUSY_PERCENT},
        "os": about["os"],
        "versions": about["versions"],
        "protocol": {
            "rounds": plan.iterations_at(512),
            "turns": timing.TURNS,
            "threads": plan.threads,
            "quick": plan.quick,
        },
        "unet": unet,
        "students": rows,
        "others": others,
    }
    return plain(content)


def report(record: dict[str, Any], out: Path, kept: Path | None = None) -> None:
    """Write goals.json, goals.md and front.svg into `out`, the JSON also to `kept`, and print the table."""
    from benchmarks.students import front, goal_table, records
    from pix2phone.console import say, table

    places = [out / "goals.json", *([kept] if kept else [])]
    for place in places:
        write_json(place, record)
    records.checked(record, str(places[0]))  # only now: what took long is kept, whatever is wrong with it
    files = {out / "goals.md": goal_table.markdown(record), out / "front.svg": front.picture(record) or ""}
    for file, text in files.items():
        with replacing(file) as temporary:
            temporary.write_text(text, encoding="utf-8")
    head, *lines = goal_table.table(record)
    table("where the students stand", head, lines)
    say(goal_table.conditions(record))
    say(f"wrote {', '.join(map(str, (*places, *files)))}")


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m benchmarks.students",
        description="Time the students' LiteRT files, the paper's model and two peers in one interleaved run, judge "
        "the students' pictures, and say which goals are met. Exit code 1 when a file fails; a goal that is missed is "
        "no failure.",
    )
    parser.add_argument(
        "--students", type=Path, nargs="+", metavar="CHECKPOINT", help="with an int8 step (default: the shipped ones)"
    )
    parser.add_argument(
        "--reference", type=Path, default=REFERENCE, metavar="JSON", help="the big U-Net's scores (%(default)s)"
    )
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="a first look: two rounds, six photos")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"in place of {FULL.iterations[0]}, of two if quick")
    parser.add_argument("--sheets", type=int, default=0, metavar="N", help="N photos side by side, as PNG")
    parser.add_argument(
        "--results", type=Path, metavar="DIR", help="also there, as the record of processors like this one"
    )
    parser.add_argument("--big", type=Path, metavar="CHECKPOINT", help="the big model, for the sheets")
    return parser


if __name__ == "__main__":
    run_command(main)
