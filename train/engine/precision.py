"""In which precision networks train, and on which device."""

import torch

from train.engine.processes import device, processes

UNTIL = 0.75


def autocast(progress: float) -> torch.autocast:
    """A context for forward pass and loss: bfloat16 where the device is fast in it, until `UNTIL` of the run.

    Weights stay float32 throughout. The end is in float32, as the network will be used: weights that were only ever
    seen rounded do not quite fit there.
    """
    here = device()
    return torch.autocast(here.type, torch.bfloat16, enabled=has_bfloat16(here) and progress < UNTIL)


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is fast there: a GPU that supports it, or a CPU with AMX or AVX512-BF16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()


def describe_device() -> str:
    """One line: where training runs and in which precision."""
    here = device()
    name = torch.cuda.get_device_name() if here.type == "cuda" else f"CPU, threads: {torch.get_num_threads()}"
    if processes() > 1:
        name = f"{processes()} processes, each on {name}"
    if has_bfloat16(here):
        return f"{name}, bfloat16 for the first {UNTIL:.0%} of the run"
    return f"{name}, float32 (no fast bfloat16 here: a CPU with AMX or AVX512-BF16 is about three times faster)"
