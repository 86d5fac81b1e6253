"""The contract of a compression step, and the resumable chain of steps, with a table after each.

Every step's result is kept under a name that is a hash of all that went into it, so a step whose inputs have not
changed is not taken again, and an interrupted chain goes on at the step it was in.
"""

import hashlib
import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from compress.int8.sensitivity import mean_psnr
from compress.load import Compressed, load
from compress.macs import gmacs
from pix2phone.artefacts import ARTIFACTS, read_json, write_json
from pix2phone.console import say, table
from pix2phone.errors import CheckFailed, UserError
from pix2phone.processor import describe, this_processor
from train.checkpoint import Card, save
from train.data.paired import Pair, held_out_pairs, pairs_hash, train_pairs
from train.data.source import Pairs, to_data
from train.engine.resume import resume_path
from train.run import FIDELITY, fidelity_cells

STEPS = ARTIFACTS / "steps"
JUDGED = "judged"  # of a checkpoint's data: how many of the test photos its scores are of, None: all
LAST = ("int8", "fp16", "palettize")  # they decide how the finished weights are written


@dataclass(frozen=True)
class Cost:
    """The cost of a network as the file that `convert` makes of it. `ms`: median, at 512 x 512, 2 threads."""

    bytes: int
    gmacs: float
    ms: float


@dataclass(frozen=True)
class Context:
    """The inputs that steps share. `cost` measures a Compressed, and takes a side; `out`: the checkpoint to write."""

    source: Pairs
    cost: Callable[..., Cost]
    out: Path


@dataclass(frozen=True)
class Step(ABC):
    """One step with its settings, the fields, which are plain JSON and are kept in the history."""

    name: ClassVar[str]

    def check(self, context: Context) -> None:  # noqa: B027 (most steps have nothing to look at)
        """Raise UserError for errors sure to stop the step, before a step ahead of it has trained for an hour."""

    @abstractmethod
    def take(self, before: Compressed, context: Context) -> tuple[Compressed, dict[str, Any]]:
        """The network after the step, its card with history and metrics brought up to date, and notes on the step."""


def run_steps(begin: Compressed, steps: Sequence[Step], context: Context, floor: float | None) -> list[dict[str, Any]]:
    """Take `steps` from `begin`, each kept in `STEPS`; a row of cost and scores for the start and for every step.

    The last row's "checkpoint" is the result. Raises CheckFailed when the PSNR on val after a step is
    below `floor` (dB).
    """
    _check_order(begin, steps)
    for step in steps:
        step.check(context)
    rows = [_start(begin, steps[0], context)]
    key, current = digest(begin), begin
    for step in steps:
        current, row, key = take_once(step, current, key, context)
        rows.append(row)
        show(rows)
        if floor is not None and row["val_psnr"] < floor:
            below = f"{row['val_psnr']:.2f} dB on val photos is below --floor {floor:g}dB"
            raise CheckFailed(f"{step.name}: {below}; nothing was written")
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    """Print the table of a chain so far."""
    columns = ["after", "kB", "GMACs", "ms at 512", *FIDELITY]
    cells = [
        [r["after"], f"{r['bytes'] / 1000:.0f}", f"{r['gmacs']:.2f}", _tenths(r["ms"]), *fidelity_cells(r)]
        for r in rows
    ]
    table(f"what each step cost; times on {describe(this_processor())}", columns, cells)


def _tenths(ms: float | None) -> str:
    return "-" if ms is None else f"{ms:.1f}"


def take_once(step: Step, before: Compressed, key: str, context: Context) -> tuple[Compressed, dict[str, Any], str]:
    """The step's result, row and key, from `STEPS` where it was taken before; `key` is that of `before`."""
    judged = before.card.data.get(JUDGED)
    inputs = [key, step.name, asdict(step), to_data(context.source), _pictures(context.source), judged]
    key = hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
    path = STEPS / f"{step.name}-{key[:16]}.safetensors"
    report = path.with_suffix(".json")
    if kept := _kept(path, report):
        say(f"{step.name}: taken before, {path}")
        return *kept, key
    say(f"{step.name}: {_words(asdict(step)) or 'begins'}")
    after, learnt = step.take(before, Context(context.source, context.cost, path))
    row = _row(step.name, after, context, learnt)
    row |= {"val_psnr": _val_psnr(after, context.source), "checkpoint": str(path)}
    save(path, after.model, after.card)
    write_json(report, row)
    resume_path(path).unlink(missing_ok=True)
    return after, row, key


def _kept(path: Path, report: Path) -> tuple[Compressed, dict[str, Any]] | None:
    """The result that an earlier run kept of a step; None if it is missing or damaged."""
    if not (path.exists() and report.exists()):
        return None
    try:
        row = read_json(report)
        return (load(path), row) if "checkpoint" in row else None
    except UserError as damage:
        say(f"taking the step again: {damage}")
        return None


@cache
def _pictures(source: Pairs) -> str:
    """A hash that changes when a picture of `source` does."""
    return pairs_hash(train_pairs(source), held_out_pairs(source, "val"), held_out_pairs(source, "test"))


def judged_pairs(card: Card, source: Pairs) -> list[Pair]:
    """The test pairs that the scores of a checkpoint are of: all, or the first so many that its recipe asked for."""
    return held_out_pairs(source, "test")[: card.data.get(JUDGED)]


def _val_psnr(network: Compressed, source: Pairs) -> float:
    """Mean PSNR (dB) on val, for choices. Scores are of test."""
    return round(mean_psnr(network.deployed(), [pair.read() for pair in held_out_pairs(source, "val")]), 4)


def _words(settings: dict[str, Any]) -> str:
    """Those that are set, for people."""
    found = {name: _words(value) if isinstance(value, dict) else value for name, value in settings.items()}
    return ", ".join(f"{name} {value}" for name, value in found.items() if value not in (None, "", (), []))


def _row(after: str, network: Compressed, context: Context, learnt: dict[str, Any]) -> dict[str, Any]:
    return {"after": after, **asdict(context.cost(network)), **network.card.metrics, "learnt": learnt}


def _start(begin: Compressed, first: Step, context: Context) -> dict[str, Any]:
    """The row of the network before any step.

    If another one takes its place at once, it is not made into a file only to be timed: "ms" is None.
    """
    if first.name != "distill" or begin.card.history:
        return _row(begin.card.model, begin, context, {})
    weights = sum(tensor.numel() * tensor.element_size() for tensor in begin.folded.state_dict().values())
    cost = {"bytes": weights, "gmacs": round(gmacs(begin.folded), 4), "ms": None}
    return {"after": begin.card.model, **cost, **begin.card.metrics, "learnt": {}}


def _check_order(begin: Compressed, steps: Sequence[Step]) -> None:
    """UserError for anything after the step that decides how weights are written, but for another network's."""
    names = [step.name for step in steps]
    last = next(iter(begin.card.history[-1])) if begin.card.history else ""
    both = [(*pair, "leave one of them out") for pair in itertools.pairwise(names)]
    remedy = f"start from the checkpoint that {last} was made of, or with --distill"
    for name, following, mend in [(last, names[0], remedy), *both]:
        if name in LAST and following != "distill":
            raise UserError(f"--{following}: comes after {name}, which must be last; {mend}")


def digest(network: Compressed) -> str:
    """A hash of weights and history."""
    content = hashlib.sha256(json.dumps(network.card.history, sort_keys=True).encode())
    for name, tensor in network.model.state_dict().items():
        content.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return content.hexdigest()
