"""README's one table: the students, two peers in the same runtime, and the paper's U-Net in three forms."""

from benchmarks.records.pivot import Record
from benchmarks.students import records
from benchmarks.students.goal_table import reference, rounds_text
from benchmarks.students.timing import SQUARE
from benchmarks.systems.names import NAMES
from benchmarks.timing.machine import describe, has_dot_products
from pix2phone.markdown import markdown_table
from pix2phone.units import NONE, bytes_text, ratio_text, time_text

STUDENTS = ("nano", "small", "base")
COLUMNS = {"psnr": ("PSNR, dB", ".2f"), "ssim": ("SSIM", ".3f"), "perceptual": ("perceptual distance", ".3f")}
HEADS = ["network", "runtime, precision", "512 × 512", "times faster", "file", *(head for head, _ in COLUMNS.values())]


def markdown(found: dict[bool, Record]) -> str:
    """The table of the record chosen by `records.choose`, its caveats, and a line about the other record."""
    chosen = records.choose(found)
    blocks = [markdown_table([HEADS, *_lines(chosen)]), _conditions(chosen)]
    blocks += [_other(record) for record in found.values() if record is not chosen]
    return "\n\n".join(blocks) + "\n"


def _lines(record: Record) -> list[list[str]]:
    unet, others = record["unet"], record["others"]
    rows = [_line(f"`{name}`", "LiteRT, int8", row) for name, row in _students(record).items()]
    peers = [row for row in others if row["model"] != unet["model"]]
    rows += [_line(NAMES[row["model"]], f"LiteRT, {row['precision']}", row) for row in peers]
    name = f"the paper's {NAMES[unet['model']]}"
    rows.append(_line(name, "eager torch, float32", unet | reference(record)))
    return rows + [_line(name, f"LiteRT, {row['precision']}", row) for row in others if row not in peers]


def _students(record: Record) -> dict[str, Record]:
    """The measured int8 files of the named students, small ones first."""
    rows = {row["name"]: row["files"]["int8"] for row in record["students"] if not row["failure"]}
    return {name: rows[name] for name in STUDENTS if name in rows}


def _line(name: str, how: str, row: Record) -> list[str]:
    if row.get("failure"):
        return [name, f"{how}: {row['failure']}", *[NONE] * (len(HEADS) - 2)]
    scores = [format(row["means"][key][0], form) if "means" in row else NONE for key, (_, form) in COLUMNS.items()]
    times = (time_text(row["times"][SQUARE]["mean"]), ratio_text(records.ratio(row)))
    return [name, how, *times, bytes_text(row["bytes"]), *scores]


def _conditions(record: Record) -> str:
    protocol, machine = record["protocol"], record["machine"]
    photos = next((row["data"]["photos"] for row in record["students"] if "data" in row), 0)
    disturbed = " **Others used the machine meanwhile: the times are rough.**" if machine["disturbed"] else ""
    return (
        f"Time for one picture, {protocol['threads']} threads, {describe(machine)}, in one run in which all took turns "
        f"({rounds_text(record)}).{disturbed} Times faster: than the paper's U-Net in eager torch. "
        f"Scores: mean over {photos} test photos against the target picture. – means: timed only, "
        "not trained."
    )


def _other(record: Record) -> str:
    kind = "with" if has_dot_products(record["machine"]) else "without"
    ratios = [f"`{name}` {ratio_text(records.ratio(row))}" for name, row in _students(record).items()]
    return (
        f"On a processor **{kind} 8-bit dot products** ({describe(record['machine'])}): {', '.join(ratios)}. Ratios "
        "hold among processors of one kind only; phones since 2018 have these instructions."
    )
