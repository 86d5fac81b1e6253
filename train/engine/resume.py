"""The resume file: all that a killed run needs to go on as if nothing had happened. Safetensors, no pickles."""

import json
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate.utils import broadcast_object_list, gather_object
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from pix2phone.artefacts import replacing
from pix2phone.console import say
from train.engine.processes import alone, processes, rank
from train.engine.training import Training

KEY = "resume"
PICTURES = "pictures"  # key of the training data's hash in a run's fingerprint
SECONDS = 120.0  # between two writings of the file
TENSOR, TUPLE = "$tensor", "$tuple"


def resume_path(out: Path) -> Path:
    """Where the resume file of the checkpoint `out` lies while it is being trained."""
    return out.with_name(f"{out.stem}.resume.safetensors")


class Resume:
    """Networks, average, optimizers, counters, random states and the task's own state, at `path`.

    `fingerprint` is JSON that is the same for two starts of one run, and differs for any other run.
    """

    def __init__(self, path: Path, fingerprint: dict[str, Any]) -> None:
        self.path, self.fingerprint = path, json.loads(json.dumps(fingerprint))
        self.saved = time.monotonic()

    def load(self, training: Training) -> bool:
        """Bring all of it to where the file was written; False, and nothing changes, without a file of this run."""
        task, kept = training.task, self._read(training)
        if kept is None:
            return False
        for name, network in alone(task).items():
            network.load_state_dict(kept["networks"][name])
        for name, optimizer in task.optimizers.items():
            optimizer.load_state_dict(_with_numbers(kept["optimizers"][name]))
        if training.average:
            training.average.load_state_dict(kept["average"])
        training.clock.resume(kept["steps"], kept["seconds"])
        training.means.values = kept["means"]
        if training.watch:
            training.watch.curve[:] = kept["curve"]
        own = kept["ranks"][rank()]
        task.load_state(own["task"])
        _set_random_state(own["random"])
        clock = training.clock
        say(f"resuming at step {clock.steps} ({clock.before / 60:.1f} minutes done) from {self.path}")
        return True

    def save_if_due(self, training: Training) -> None:
        """Write the file, unless the last one is younger than `SECONDS`. All processes must call it."""
        due = [time.monotonic() - self.saved >= SECONDS]
        if not (broadcast_object_list(due) if processes() > 1 else due)[0]:
            return
        own = [{"task": training.task.state(), "random": _random_state()}]
        ranks = gather_object(own) if processes() > 1 else own
        if rank() == 0:
            self._write(self._content(training) | {"ranks": ranks})
        self.saved = time.monotonic()

    def _content(self, training: Training) -> dict[str, Any]:
        """All that is the same on every process."""
        clock, watch = training.clock, training.watch
        return {
            "fingerprint": self.fingerprint,
            "steps": clock.steps,
            "seconds": clock.seconds,
            "means": training.means.values,
            "curve": watch.curve if watch else [],
            **_weights(training),
            "optimizers": {name: optimizer.state_dict() for name, optimizer in training.task.optimizers.items()},
        }

    def _write(self, content: dict[str, Any]) -> None:
        tensors: dict[str, torch.Tensor] = {}
        plain = json.dumps(_pack(content, "", tensors))
        with replacing(self.path) as temporary:
            save_file(tensors, temporary, metadata={KEY: plain})

    def _read(self, training: Training) -> dict[str, Any] | None:
        """The file's content; None when there is no file, and with a line said when it belongs to another run."""
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, framework="pt") as file:
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
                kept = _unpack(json.loads((file.metadata() or {}).get(KEY, "{}")), tensors)
        except (SafetensorError, json.JSONDecodeError, KeyError):
            kept = {}
        fits = (
            all(_shapes(kept.get(part, {})) == _shapes(ours) for part, ours in _weights(training).items())
            and kept.get("optimizers", {}).keys() == training.task.optimizers.keys()
            and len(kept.get("ranks", [])) == processes()
        )
        stored = kept.get("fingerprint", {})
        if fits and stored == self.fingerprint:
            return kept
        changed = fits and PICTURES in stored and stored == self.fingerprint | {PICTURES: stored[PICTURES]}
        why = "the pictures have changed since" if changed else "from a run with other flags"
        say(f"{self.path}: {why}; starting afresh, and soon writing over it")
        return None


def _weights(training: Training) -> dict[str, Any]:
    """Of all networks, and the average."""
    networks = {name: network.state_dict() for name, network in alone(training.task).items()}
    return {"networks": networks, "average": training.average.state_dict() if training.average else {}}


def _pack(value: Any, name: str, tensors: dict[str, torch.Tensor]) -> Any:
    """`value` as JSON; tensors in it go to `tensors` under a name that tells their place."""
    if isinstance(value, torch.Tensor):
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {TENSOR: name}
    if isinstance(value, dict):
        return {str(key): _pack(kept, f"{name}.{key}".lstrip("."), tensors) for key, kept in value.items()}
    if isinstance(value, list | tuple):
        packed = [_pack(kept, f"{name}.{index}", tensors) for index, kept in enumerate(value)]
        return {TUPLE: packed} if isinstance(value, tuple) else packed
    return value


def _unpack(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """The input of `_pack`, but the keys of dicts are strings."""
    if isinstance(value, list):
        return [_unpack(kept, tensors) for kept in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {TENSOR}:
        return tensors[value[TENSOR]]
    if value.keys() == {TUPLE}:
        return tuple(_unpack(kept, tensors) for kept in value[TUPLE])
    return {key: _unpack(kept, tensors) for key, kept in value.items()}


def _with_numbers(optimizer: dict[str, Any]) -> dict[str, Any]:
    """An optimizer's unpacked state dict, whose moments torch looks up by the parameters' numbers."""
    return optimizer | {"state": {int(number): moments for number, moments in optimizer["state"].items()}}


def _shapes(content: Any) -> Any:
    """The same dict of dicts with shapes for tensors."""
    return {key: _shapes(kept) for key, kept in content.items()} if isinstance(content, dict) else content.shape


def _random_state() -> dict[str, Any]:
    """Of torch, numpy and Python, the global ones."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    kind, key, *rest = np.random.get_state()
    numpy = (kind, torch.from_numpy(np.asarray(key, np.int64)), *rest)
    return {"torch": torch.get_rng_state(), "cuda": cuda, "numpy": numpy, "python": random.getstate()}


def _set_random_state(state: dict[str, Any]) -> None:
    torch.set_rng_state(state["torch"])
    if len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
    kind, key, *rest = state["numpy"]
    np.random.set_state((kind, key.numpy(), *rest))
    random.setstate(state["python"])
