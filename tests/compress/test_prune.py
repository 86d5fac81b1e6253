"""Pruning: the right channels go, everywhere at once; the budget is met; the loaded network paints the same as the saved one."""

import itertools
import os
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_files import exit_code
from model_tester import picture, wake
from tiny import write_pairs
from torch import nn
from torch.nn import functional as F

import compress.pruning.prune
from compress.__main__ import main
from compress.budget import Budget
from compress.graph import export_graph
from compress.load import Compressed, load
from compress.macs import gmacs
from compress.pruning.channels import Channels, cut, sizes
from compress.pruning.prune import Prune
from compress.pruning.selection import BLOCK, NEAR, least_harmful, widths
from compress.steps import Context, Cost
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from convert.runtimes.litert_file import LiteRTRuntime
from pix2phone.artefacts import read_json
from pix2phone.errors import UserError
from train.checkpoint import Card, save
from train.config import RECIPES
from train.data.source import Paired, to_data
from train.models import MODELS, build
from train.models.generator import Generator, paint, painter
from train.models.spec import ModelSpec

pytestmark = pytest.mark.training

RECIPE = replace(RECIPES["student"], crop=32, batch=2, steps=3, scales=(1.0,))
ODD_SIZES = ((71, 93), (40, 3))


class Toy(Generator):
    """Every coupling at once: batch norms, depthwise, both pixel shuffles, concatenation, skips, attention, a gate."""

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=4)
        self.entry, self.norm = nn.Conv2d(12, 24, 3, padding=1), nn.BatchNorm2d(24)
        self.depthwise, self.point = nn.Conv2d(24, 24, 3, padding=1, groups=24), nn.Conv2d(24, 24, 1)
        self.down, self.up = nn.Conv2d(24, 40, 2, 2), nn.Conv2d(40, 64, 1)
        self.query, self.key, self.value = nn.Conv1d(40, 16, 1), nn.Conv1d(40, 16, 1), nn.Conv1d(40, 40, 1)
        self.grouped = nn.Conv2d(40, 40, 3, padding=1, groups=2)
        self.gate = nn.Parameter(torch.rand(1, 40, 1, 1) + 0.5)
        self.exit = nn.Conv2d(52, 12, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        photo = F.pixel_unshuffle(image, 2)
        x = F.relu(self.norm(self.entry(photo)))
        x = x + self.point(self.depthwise(x))
        low = F.relu(self.down(x))
        flat = low.flatten(2)
        attention = F.softmax(torch.bmm(self.query(flat).transpose(1, 2), self.key(flat)), dim=1)
        low = low + torch.bmm(self.value(flat), attention).view(low.shape)
        up = F.pixel_shuffle(F.relu(self.up(low + self.grouped(low) * self.gate)), 2)
        change = self.exit(torch.cat([up, x, photo], dim=1))
        return F.pixel_shuffle(photo + change, 2).clamp(0, 1)


def made(name: str) -> Generator:
    torch.manual_seed(0)
    model = Toy() if name == "toy" else build(name)
    wake(model)
    return model.fold().eval()


def silence(model: Generator, channels: Channels, gone: list[int]) -> None:
    """Zero the weights that listen to the channels, and both factors of attention's product, which has no weights."""
    for (name, side), places in channels.without(gone).items():
        layer = model.get_submodule(name)
        with torch.no_grad():
            if side == "in":
                layer.get_parameter("weight")[:, places] = 0
            elif isinstance(layer, nn.Conv1d):
                for parameter in layer.parameters():
                    parameter[places] = 0


@torch.no_grad()
@pytest.mark.parametrize("name", [*MODELS, "toy"])
def test_channels_that_nothing_listens_to_can_go(name: str, tmp_path: Path) -> None:
    model, rng = made(name), np.random.default_rng(len(name))
    with torch.enable_grad():
        channels = Channels(model)
    assert channels.gmacs(channels.full) == pytest.approx(gmacs(model))
    kept = [int(rng.integers(1, count, endpoint=True)) for count in channels.full]
    gone = [int(n) for ids, count in zip(channels.groups, kept, strict=True) for n in rng.permutation(ids)[count:]]
    silence(model, channels, gone)
    images = [picture(*size) for size in ODD_SIZES]
    before = [paint(model, image) for image in images]
    cut(model, channels.without(gone))
    assert gmacs(model) == pytest.approx(channels.gmacs(kept))
    for image, wanted in zip(images, before, strict=True):
        torch.testing.assert_close(paint(model, image), wanted, rtol=0, atol=1e-4)
    if name != "toy":
        history: list[dict[str, Any]] = [{"prune": {"sizes": sizes(model, channels.sides)}}]
        save(tmp_path / "pruned.safetensors", model, Card(name, "test", history))
        loaded = load(tmp_path / "pruned.safetensors").model
        for image in images:
            found, wanted = (paint(m, image) for m in (loaded, model))
            torch.testing.assert_close(found, wanted, rtol=0, atol=1e-6)


def test_what_has_no_rule_or_ends_in_a_picture_stays() -> None:
    channels = Channels(made("toy"))
    free = {side for side in channels.sides if np.isin(channels.sides[side], np.concatenate(channels.groups)).any()}
    layers = {name for name, _ in free}
    assert {"entry", "norm", "depthwise", "point", "up", "query", "key"} <= layers
    assert ("exit", "out") not in free and ("entry", "in") not in free
    assert ("down", "out") not in free, "it meets a grouped convolution and a gate"


@pytest.mark.parametrize("name", ["nano", "small", "large", "unet-resnet18"])
def test_what_is_left_is_the_nearest_to_the_goal_in_blocks_of_channels(name: str) -> None:
    model = made(name)
    channels = Channels(model)
    harm = np.random.default_rng(0).random(1 + max(ids.max() for ids in channels.sides.values()))
    blocks = [[count, *range(BLOCK, count, BLOCK)] for count in channels.full]
    reachable = [channels.gmacs(kept) / gmacs(model) for kept in itertools.product(*blocks)] if name == "nano" else []
    for share in (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3):
        kept = widths(channels, harm, share * gmacs(model))
        assert all(now % BLOCK == 0 or now == was for now, was in zip(kept, channels.full, strict=True))
        pruned = deepcopy(model)
        cut(pruned, channels.without(least_harmful(channels, harm, kept)))
        nearest = min((abs(one - share) for one in reachable), default=0)
        assert abs(gmacs(pruned) / gmacs(model) - share) <= max(NEAR, nearest) + 1e-9, share


def test_of_near_widths_those_of_the_least_harm_are_chosen() -> None:
    channels, rng = Channels(made("nano")), np.random.default_rng(0)
    total = channels.gmacs(channels.full)
    blocks = [[count, *range(BLOCK, count, BLOCK)] for count in channels.full]
    near = [kept for kept in itertools.product(*blocks) if abs(channels.gmacs(kept) / total - 0.6) <= NEAR]
    assert len(near) > 2
    chosen = set()
    for _ in range(20):
        harm = rng.random(1 + max(ids.max() for ids in channels.sides.values()))

        def lost(kept: tuple[int, ...], harm: np.ndarray = harm) -> float:
            return sum(
                np.sort(harm[ids])[: len(ids) - left].sum() for ids, left in zip(channels.groups, kept, strict=True)
            )

        kept = tuple(widths(channels, harm, 0.6 * total))
        assert kept in near and lost(kept) == pytest.approx(min(map(lost, near)))
        chosen.add(kept)
    assert len(chosen) > 1


@pytest.fixture
def in_a_folder_with_pairs(tmp_path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(tmp_path)
    write_pairs(Path("pairs"), 16)
    yield
    os.chdir(before)


def trained(name: str = "small") -> tuple[Compressed, Context]:
    model = made(name)
    source = Paired("pairs")
    card = Card(name, "test", data={"source": to_data(source), "judged": 1}, metrics={"psnr": 10.0})
    save(Path("start.safetensors"), build(name), card)

    def cost(network: Compressed, side: int = 512) -> Cost:
        return Cost(0, 0.0, ms=gmacs(network.model, side))

    return Compressed(model, card), Context(source, cost, Path("out.safetensors"))


@pytest.mark.usefixtures("in_a_folder_with_pairs")
def test_an_interrupted_step_goes_on_at_its_round(monkeypatch: pytest.MonkeyPatch) -> None:
    before, context = trained()
    step, fit, rounds = Prune(RECIPE, Budget(share=0.6), rounds=3), compress.pruning.prune.fit, []

    def fit_once(*args: Any) -> Any:
        if len(rounds) == 1:
            raise KeyboardInterrupt
        rounds.append(fit(*args))
        return rounds[-1]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(compress.pruning.prune, "fit", fit_once)
        step.take(before, context)
    first = load(Path("out-round1.safetensors")).model
    assert gmacs(before.model) > gmacs(first) > 0.75 * gmacs(before.model)
    monkeypatch.setattr(compress.pruning.prune, "fit", lambda *args: rounds.append(fit(*args)) or rounds[-1])
    after, _ = step.take(before, context)
    assert len(rounds) == 3
    assert 0.5 < gmacs(after.model) / gmacs(before.model) <= 0.6
    assert after.card.metrics["photos"] == 1 and after.card.metrics["psnr"] != 10.0
    assert sorted(Path().glob("out*.safetensors")) == [Path("out.safetensors")]
    image = picture(40, 48)
    with torch.no_grad():
        torch.testing.assert_close(load(context.out).model(image), after.model.eval()(image), rtol=0, atol=1e-6)


@pytest.mark.usefixtures("in_a_folder_with_pairs")
@pytest.mark.parametrize("share", [0.1, 0.4, 0.6])
def test_a_narrow_network_loses_what_was_said_beforehand_and_near_what_was_asked(
    share: float, capsys: pytest.CaptureFixture[str]
) -> None:
    before, _ = trained("nano")
    flags = ("--prune", str(share), "--prune-steps", "2", "--batch", "1")
    assert exit_code(main, "--from", "start.safetensors", *flags, "--out", "pruned.safetensors") == 0
    pruned = load(Path("pruned.safetensors"))
    taken = 1 - gmacs(pruned.model) / gmacs(before.model)
    assert abs(taken - share) <= 0.03
    said = capsys.readouterr().out
    announced = said.index(f"asked to take {share:.1%}: takes {taken:.1%}")
    assert announced < said.index("prune: round 1 of")
    assert pruned.card.history[-1]["prune"]["taken"] == pytest.approx(taken, abs=1e-4)
    learnt = read_json(Path("pruned.json"))["steps"][-1]["learnt"]
    assert (learnt["asked"], learnt["taken"]) == (pytest.approx(share), pytest.approx(taken, abs=1e-4))


@pytest.mark.usefixtures("in_a_folder_with_pairs")
def test_a_share_smaller_than_half_a_block_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    trained("nano")
    assert exit_code(main, "--from", "start.safetensors", "--prune", "0.02", "--out", "pruned.safetensors") == 2
    error = capsys.readouterr().err
    assert "to 98%" in error and error.count("\n") == 1
    assert not Path("pruned.safetensors").exists()


@pytest.mark.usefixtures("in_a_folder_with_pairs")
def test_budget_in_milliseconds() -> None:
    before, context = trained()
    limit = 0.7 * gmacs(before.model, 256)  # where a millisecond is a GMAC
    after, _ = Prune(RECIPE, Budget(ms=limit, side=256), rounds=1).take(before, context)
    assert 0.85 * limit < gmacs(after.model, 256) <= limit
    assert Prune(RECIPE, Budget(ms=2 * limit, side=256)).take(before, context)[0] is before


@pytest.mark.usefixtures("in_a_folder_with_pairs")
@pytest.mark.parametrize("budget", [Budget(share=0.001), Budget(ms=1e-6)])
def test_a_budget_out_of_reach_names_what_is_in_reach(budget: Budget) -> None:
    with pytest.raises(UserError, match=rf"^prune: to {budget}: small .*[\d.e-]+(%|ms@512)"):
        Prune(RECIPE, budget).take(*trained())


@pytest.mark.usefixtures("in_a_folder_with_pairs")
def test_pruned_student_becomes_int8_and_a_file(tmp_path: Path) -> None:
    trained()
    flags = ("--prune", "0.4", "--prune-steps", "2", "--batch", "1", "--int8")
    assert exit_code(main, "--from", "start.safetensors", *flags, "--out", "pruned.safetensors") == 0
    pruned = load(Path("pruned.safetensors"))
    assert [next(iter(step)) for step in pruned.card.history] == ["prune", "int8"]
    write_tflite(export_graph(pruned.folded), Path("pruned.tflite"), "float32")
    write_tflite_metadata(Path("pruned.tflite"), {"multiple": pruned.model.spec.multiple})
    photo = np.random.default_rng(0).integers(0, 255, (36, 52, 3), dtype=np.uint8)
    painted = LiteRTRuntime(Path("pruned.tflite"), 1)(photo)
    assert np.abs(painted.astype(int) - painter(pruned.model)(photo)).max() <= 1


@pytest.mark.usefixtures("in_a_folder_with_pairs")
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--prune", "1.5"), "--prune: 1.5: must be"),
        (("--prune", "x"), "--prune: x: must be"),
        (("--prune", "0.5", "--budget", "40%"), "--budget: 40%: goes with"),
        (("--int8", "--budget", "40%"), "--budget: goes with --prune"),
        (("--prune", "--budget", "5sec"), "--budget: 5sec: "),
        (("--prune", "--prune-steps", "0"), "--prune-steps: 0: must be"),
    ],
)
def test_wrong_use_is_one_line(flags: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, "--from", "start.safetensors", *flags) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1


def test_a_history_that_does_not_fit_is_one_line(tmp_path: Path) -> None:
    card = Card("small", "test", [{"prune": {"sizes": {"nowhere": {"out": 8}}}}])
    save(tmp_path / "broken.safetensors", build("small"), card)
    with pytest.raises(UserError, match="nowhere"):
        load(tmp_path / "broken.safetensors")
    save(tmp_path / "student.safetensors", build("small"), replace(card, history=[*card.history, {"distill": {}}]))
    assert load(tmp_path / "student.safetensors").card.history
