"""The resume file: all that a killed run needs to go on as if nothing had happened. Safetensors, no pickles."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from pix2phone.artefacts import replacing
from pix2phone.console import say

KEY = "resume"
PICTURES = "pictures"  # under which a run's fingerprint has the hash of what it learns from
Modules = dict[str, nn.Module]


def resume_path(out: Path) -> Path:
    """Where the resume file of the checkpoint `out` lies while it is being trained."""
    return out.with_name(f"{out.stem}.resume.safetensors")


def save_resume(path: Path, modules: Modules, optimiser: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Write module weights, optimiser moments and the JSON `state` through a temporary name."""
    tensors = _named(modules)
    for index, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{key}": torch.as_tensor(value) for key, value in moments.items()}
    with replacing(path) as temporary:
        save_file(
            {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()},
            temporary,
            metadata={KEY: json.dumps(state)},
        )


def load_resume(
    path: Path, modules: Modules, optimiser: torch.optim.Optimizer, fingerprint: dict[str, Any]
) -> dict[str, Any] | None:
    """Fill modules and optimiser from `path` and give its state; None when there is none of this same run."""
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            state = json.loads((file.metadata() or {}).get(KEY, "{}"))
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, json.JSONDecodeError):
        state, tensors = {}, {}
    wanted = {key: value.shape for key, value in _named(modules).items()}
    found = {key: value.shape for key, value in tensors.items() if not key.startswith("optimiser.")}
    stored, ours = state.get("fingerprint", {}), json.loads(json.dumps(fingerprint))
    if stored != ours or found != wanted:
        changed = PICTURES in stored and stored == ours | {PICTURES: stored[PICTURES]} and found == wanted
        why = "the pictures have changed since" if changed else "from a run with other flags"
        say(f"{path}: {why}; starting afresh, and soon writing over it")
        return None
    for name, module in modules.items():
        module.load_state_dict(_below(tensors, f"{name}."))
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in _below(tensors, "optimiser.").items():
        index, kind = key.split(".")
        moments.setdefault(int(index), {})[kind] = value
    optimiser.load_state_dict(optimiser.state_dict() | {"state": moments})
    return state


def _named(modules: Modules) -> dict[str, torch.Tensor]:
    return {f"{name}.{key}": value for name, module in modules.items() for key, value in module.state_dict().items()}


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
