"""The work of `python -m compress` after its flags are parsed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from compress.load import Compressed, load
from compress.steps import JUDGED, Context, Cost, Step, judged_pairs, run_steps
from pix2phone.artefacts import COMPRESSED, check_writable, write_json
from pix2phone.console import say
from pix2phone.errors import UserError
from pix2phone.processor import this_processor
from train.checkpoint import save
from train.data.source import Pairs, pairs_of
from train.run import judge

Planner = Callable[[Compressed, Context], tuple[Sequence[Step], list[dict[str, Any]]]]


def compress(
    begin: Path,
    out: Path,
    plan: Planner,
    cost: Callable[..., Cost],
    floor: float | None,
    read: Callable[[Path], Compressed] = load,
) -> None:
    """Take the steps of `plan` from the checkpoint `begin`; write `out`, and beside it a report with each step's cost.

    `read` opens `begin`; `plan` gives the steps for it, and a row for each trial. Raises UserError for steps in an
    impossible order and for an `out` that cannot be written, CheckFailed when a step falls below `floor` (dB).
    """
    check_writable(out)
    start = read(begin)
    if out.exists() and out.samefile(begin):
        raise UserError(f"--out: {out}: is what it starts from; name another")
    if not all(tensor.isfinite().all() for tensor in start.model.state_dict().values()):
        raise UserError(f"{begin}: has weights that are no numbers; train it again")
    source = pairs_of(start.card.data)
    say(f"compressing {begin} ({start.card.model})")
    start, context = _judged(start, source), Context(source, cost, out)
    steps, tried = plan(start, context)
    rows = run_steps(start, steps, context, floor)
    result = load(Path(rows[-1]["checkpoint"]))
    save(out, result.model, result.card)
    learnt = {"from": begin.name, "hardware": this_processor(), "steps": rows, "tried": tried}
    write_json(out.with_suffix(".json"), learnt)
    begin_with = "" if out == COMPRESSED else f"--from {out} "
    say(f"wrote {out}; next: python -m convert {begin_with}--target coreml tflite onnx")


def _judged(start: Compressed, source: Pairs) -> Compressed:
    """`start` with its scores. One that brings none is judged now, or none of test: of before there was a val."""
    if start.card.metrics and JUDGED in start.card.data:
        return start
    metrics = judge(start.deployed(), judged_pairs(start.card, source))
    return replace(start, card=replace(start.card, data={**start.card.data, JUDGED: None}, metrics=metrics))
