"""The tests that every generator must pass. A family's test inherits `GeneratorTester` and names a model."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from pix2phone.errors import UserError
from train.checkpoint import KEY, Card, load, save
from train.models import build
from train.models.generator import Generator, paint
from train.models.spec import Tiling


def picture(height: int, width: int, batch: int = 1) -> torch.Tensor:
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(height * width))


def wake(model: torch.nn.Module) -> None:
    """Give parameters that start at zero (a residual's last layer, attention) a share in the picture, and norms statistics."""
    for parameter in model.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    model.train()
    with torch.no_grad():
        model(picture(96, 96, batch=2))
    model.eval()


@torch.inference_mode()
def sees_everything(model: Generator) -> bool:
    """Whether the lowest rows of a picture depend on those 960 pixels above, to which no kernels of ours add up."""
    image = picture(1024, max(64, model.spec.multiple))
    changed = image.clone()
    changed[..., :32, :] = 1 - changed[..., :32, :]
    below, other = (model(one)[..., -32:, :] for one in (image, changed))
    return not torch.equal(below, other)


def rewrite_card(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the metadata of the checkpoint at `path`; its tensors stay."""
    with safe_open(path, framework="pt") as file:
        content = json.loads(file.metadata()[KEY])
    change(content)
    save_file(load_file(path), path, {KEY: json.dumps(content)})


class GeneratorTester:
    """Inherit, set `name`; `model` is made once for the class and its tests leave it as they found it."""

    name: str

    @classmethod
    def prepare(cls, model: Generator) -> None:
        """Bring a new model into a state in which all of it matters and its pictures are not black and white."""
        wake(model)

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls) -> Generator:
        torch.manual_seed(0)
        model = build(cls.name)
        cls.prepare(model)
        return model.eval()

    @torch.inference_mode()
    @pytest.mark.parametrize("size", [(64, 64), (71, 93), (100, 56), (3, 40)])
    def test_output_has_the_size_and_the_range_of_the_input(self, model: Generator, size: tuple[int, int]) -> None:
        painted = paint(model, picture(*size, batch=2))
        assert painted.shape == (2, model.spec.channels, *size) and painted.dtype == torch.float32
        assert painted.min() >= 0 and painted.max() <= 1
        assert ((painted > 0) & (painted < 1)).float().mean() > 0.2, "mostly clamped"

    def test_tiling_is_as_declared(self, model: Generator) -> None:
        assert sees_everything(model) == (model.spec.tiling is Tiling.GLOBAL)

    @torch.inference_mode()
    def test_the_example_is_taken_and_sides_are_multiples(self, model: Generator) -> None:
        example = model.spec.example(33, 65)
        assert model(*example.values()).shape == example["image"].shape
        assert all(side % model.spec.multiple == 0 for side in example["image"].shape[2:])

    @torch.inference_mode()
    def test_evaluation_is_deterministic_and_changes_nothing(self, model: Generator) -> None:
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        image = picture(64, 96)
        assert torch.equal(model(image), model(image))
        assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())

    @torch.inference_mode()
    def test_pictures_of_a_batch_do_not_see_each_other(self, model: Generator) -> None:
        images = torch.cat([picture(64, 96), picture(96, 64).mT])
        torch.testing.assert_close(model(images)[1:], model(images[1:]), rtol=0, atol=1e-4)

    @torch.inference_mode()
    def test_checkpoint_holds_the_whole_model(self, model: Generator, tmp_path: Path) -> None:
        card = Card(model=self.name, recipe="none")
        save(tmp_path / "model.safetensors", model, card)
        loaded, read = load(tmp_path / "model.safetensors")
        assert read == card and not loaded.training
        assert (loaded.spec, loaded.config) == (model.spec, model.config)
        image = picture(64, 64)
        assert torch.equal(loaded(image), model(image))

    def test_a_checkpoint_of_another_spec_is_refused(self, model: Generator, tmp_path: Path) -> None:
        path = tmp_path / "model.safetensors"
        save(path, model, Card(model=self.name, recipe="none"))
        other = {tiling for tiling in Tiling if tiling is not model.spec.tiling}.pop()
        rewrite_card(path, lambda card: card["spec"].update(tiling=other))
        with pytest.raises(UserError, match=f"^{path}: spec: tiling: {other} .* {model.spec.tiling} "):
            load(path)

    @torch.inference_mode()
    def test_folding_a_copy_changes_neither_picture_nor_original(self, model: Generator) -> None:
        image = picture(64, 96)
        before = model(image)
        folded = copy.deepcopy(model)
        assert folded.fold() is folded
        assert not any("parametrizations" in name for name in folded.state_dict())
        torch.testing.assert_close(folded(image), before, rtol=0, atol=1e-5)
        assert torch.equal(model(image), before)

    def test_export_with_free_sides(self, model: Generator) -> None:
        multiple = model.spec.multiple
        sides = {2: multiple * torch.export.Dim("rows", max=64), 3: multiple * torch.export.Dim("columns", max=64)}
        folded = copy.deepcopy(model).fold()
        example = tuple(model.spec.example(64, 96).values())
        program = torch.export.export(folded, example, dynamic_shapes=(sides,)).module()
        for size in ((64, 96), (128, 64)):
            torch.testing.assert_close(program(picture(*size)), model(picture(*size)), rtol=0, atol=1e-5)

    @pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
    @torch.no_grad()
    def test_trace_is_right_at_other_sizes_or_refuses(self, model: Generator) -> None:
        traced = torch.jit.trace(model, picture(64, 64), check_trace=False)
        for image in (picture(64, 64), picture(96, 160, batch=2)):
            torch.testing.assert_close(traced(image), model(image), rtol=0, atol=1e-5)
        with pytest.raises(RuntimeError, match=r"Sizes of tensors must match|divisible by"):
            traced(picture(71, 93))

    def test_gradient_reaches_every_parameter(self, model: Generator) -> None:
        learning = copy.deepcopy(model).train()
        (learning(picture(64, 64, batch=2)) - picture(64, 64, batch=2).flip(1)).square().mean().backward()
        for name, parameter in learning.named_parameters():
            assert parameter.grad is not None and parameter.grad.isfinite().all(), name
            assert parameter.grad.any(), name
