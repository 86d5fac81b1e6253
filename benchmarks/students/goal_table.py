"""Results and goals of the students as tables, for the console and as Markdown, from goals.json."""

from benchmarks.records.pivot import Record
from benchmarks.students.goal_cells import GOAL_LABELS, GoalCell
from benchmarks.students.timing import FULL_HD, SQUARE
from benchmarks.systems.names import NAMES
from benchmarks.timing.machine import describe
from pix2phone.markdown import markdown_table
from pix2phone.units import NONE, bytes_text, time_text

NOTES = (
    "± is the standard error of the mean over photos (of the differences, where two are compared). "
    "Perceptual distance: VGG-16 features tuned on edges (HED), not LPIPS. "
    "Spectral peak: by how much a frequency of the network's grid stands out from those beside it (Odena et al. 2016). "
    "Crop against whole: PSNR between a crop's picture and that part of the whole's, crops shifted against the grid; "
    "a program that paints every pixel from its neighbourhood agrees with itself almost exactly. "
    "Step at a seam: mean difference of neighbours of which one is the crop's, one the whole's; of the targets, of any "
    "neighbours. Peaks and steps count as not above while the difference is within two standard errors."
)


def table(record: Record) -> list[list[str]]:
    """Goals in rows, students in columns, heads first; a failed student has its reason in the first line only."""
    students = record["students"]
    labels = next(([cell["goal"] for cell in student["goals"]] for student in students if student["goals"]), ["goal"])
    columns = [[student["name"], *_column(student, len(labels))] for student in students]
    return [list(line) for line in zip(["int8 file", *labels], *columns, strict=True)]


def _column(student: Record, length: int) -> list[str]:
    if student["failure"]:
        return [f"failed: {student['failure']}", *[NONE] * (length - 1)]
    return [str(GoalCell(**cell)) for cell in student["goals"]]


def figures(record: Record) -> list[list[str]]:
    """The figures of every file, heads first; fidelity with the standard error of its mean."""
    unet = record["unet"]
    lines = [["", "512 px", f"{FULL_HD}", "file", "PSNR, dB", "SSIM", "perceptual"]]
    lines.append(_figures(f"the paper's {NAMES[unet['model']]}, eager torch float32", unet | reference(record)))
    for other in record["others"]:
        lines.append(
            _figures(f"{NAMES.get(other['model'], other['model'])}, LiteRT {other['precision']}, untrained", other)
        )
    for student in record["students"]:
        for precision, row in student["files"].items():
            lines.append(_figures(f"{student['name']}, {precision}", row))
    return lines


def reference(record: Record) -> Record:
    """The scores of the U-Net trained for comparison, on the students' photos; empty without any."""
    found = (student.get("reference", {}) for student in record["students"])
    return next((scores for scores in found if "means" in scores), {})


def _figures(label: str, row: Record) -> list[str]:
    times = [row["times"].get(size) for size in (SQUARE, FULL_HD)]
    texts = [time_text(taken["mean"]) if taken else NONE for taken in times]
    return [
        label,
        *texts,
        bytes_text(row.get("bytes")),
        *(_score(row.get("means"), measure) for measure in GOAL_LABELS),
    ]


def _score(means: Record | None, measure: str) -> str:
    if not means:
        return NONE
    mean, error = means[measure]
    digits = 2 if measure == "psnr" else 4
    return f"{mean:.{digits}f} ± {error:.{digits}f}"


def markdown(record: Record) -> str:
    """Both tables as Markdown, and the conditions of measurement."""
    blocks = [conditions(record), markdown_table(table(record)), "", markdown_table(figures(record)), "", NOTES]
    return "\n".join(blocks) + "\n"


def conditions(record: Record) -> str:
    """One paragraph: date, machine, protocol, load of the machine, and the gaps of a recovered record."""
    protocol, machine = record["protocol"], record["machine"]
    busy = " and ".join(f"{share:.0f} %" for share in machine["busy_percent"])
    state = "**disturbed: others used it**" if machine["disturbed"] else "quiet"
    sources = {f"{row['data']['photos']} test photos of {row['data']['data']}" for row in _judged(record)}
    data = "; ".join(sorted(sources)) or "not run"
    return (
        f"Measured {when_and_where(record)}, {protocol['threads']} threads, in one interleaved run of "
        f"{rounds_text(record)} (in each the paper's model once, a file {protocol['turns']} times); machine "
        f"{state} ({busy} of the processor in use before and after). Fidelity: {data}. {record.get('recovered', '')}\n"
    )


def rounds_text(record: Record) -> str:
    """1 round, 15 rounds."""
    count = record["protocol"]["rounds"]
    return f"{count} round{'s' if count > 1 else ''}"


def when_and_where(record: Record) -> str:
    """The date, and the processor with its instruction sets."""
    return f"{record['made']} on {describe(record['machine'])}"


def _judged(record: Record) -> list[Record]:
    return [student for student in record["students"] if "data" in student]
