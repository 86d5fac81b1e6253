"""TorchScript as people save it: in training mode, and in half precision."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from convert.foreign.open import open_foreign
from pix2phone.errors import UserError
from pix2phone.external.convention import Convention
from pix2phone.external.torchscript import load_torchscript, training_operator

UNIT = Convention(input_range="0..1", output_range="0..1")

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)


def network(*layers: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), *layers, nn.ReLU(), nn.Conv2d(8, 3, 3, padding=1), nn.Sigmoid())


def save(path: Path, model: nn.Module, is_traced: bool, kind: torch.dtype = torch.float32) -> Path:
    image = torch.rand(1, 3, 32, 32).to(kind)
    made = torch.jit.trace(model, image, check_trace=False) if is_traced else torch.jit.script(model)
    made.save(str(path))
    return path


@pytest.mark.parametrize("is_traced", [True, False], ids=["traced", "scripted"])
@pytest.mark.parametrize(("layer", "operator"), [(nn.BatchNorm2d(8), "batch_norm"), (nn.Dropout(0.5), "dropout")])
def test_what_was_saved_in_training_mode_is_refused(
    tmp_path: Path, layer: nn.Module, operator: str, is_traced: bool
) -> None:
    path = save(tmp_path / "net.ts", network(layer).train(), is_traced)
    with pytest.raises(UserError, match=rf"^--from: {path}: .*\({operator}\).*eval") as error:
        open_foreign(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("is_traced", [True, False], ids=["traced", "scripted"])
def test_what_paints_alike_in_both_modes_is_taken(tmp_path: Path, is_traced: bool) -> None:
    path = save(tmp_path / "net.ts", network(nn.InstanceNorm2d(8, affine=True)).train(), is_traced)
    assert training_operator(path) == ""
    evaluated = network(nn.BatchNorm2d(8), nn.Dropout(0.5)).eval()
    assert training_operator(save(tmp_path / "net.ts", evaluated, is_traced)) == ""
    without_statistics = network(nn.BatchNorm2d(8, track_running_stats=False)).eval()
    assert training_operator(save(tmp_path / "net.ts", without_statistics, is_traced)) == ""


class Half(nn.Module):
    """Half floats as weights, as a constant, and by name."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = network().half()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        half = torch.full((1, 3, 1, 1), 0.5, dtype=torch.float16)
        photo = image.to(torch.float16)  # mostly, so that a picture comes out
        return (photo + self.layers(photo).to(torch.float16) * half * half) * half


@pytest.mark.parametrize("is_traced", [True, False], ids=["traced", "scripted"])
@pytest.mark.parametrize("kind", [torch.float16, torch.float32], ids=["half in", "single in"])
def test_half_precision_becomes_single(tmp_path: Path, kind: torch.dtype, is_traced: bool) -> None:
    path = save(tmp_path / "net.pt", Half().eval(), is_traced, kind)
    model = load_torchscript(path)
    image = torch.from_numpy(PICTURE).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        wanted = (image + network().half().float().eval()(image) * 0.25) * 0.5
        made = model(image)
    assert made.dtype == torch.float32
    torch.testing.assert_close(made, wanted, rtol=0, atol=1e-6)
    foreign = open_foreign(path, UNIT)
    assert foreign.network.opened.dtype == np.float32
    assert np.abs(foreign.reference(PICTURE) - (wanted[0].permute(1, 2, 0).numpy() * 255)).max() <= 0.51
    assert foreign.wrapped.graph.input[0].name == "image"
