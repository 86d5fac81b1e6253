"""Distillation: the teacher paints every photo once, its features pull, a killed run goes on, wrong use is one line."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_files import exit_code, stir
from PIL import Image
from tiny import write_pairs

import compress.teacher
from compress.__main__ import main
from compress.ablation.lab import Lab
from compress.ablation.settings import Setting, row
from compress.distill import Distill
from compress.load import Compressed, load
from compress.steps import Context, Cost
from compress.teacher import Teacher, paint_photos, teacher_pairs
from pix2phone.artefacts import read_json
from pix2phone.errors import UserError
from pix2phone.pictures import read_picture
from train.checkpoint import Card, save
from train.config import RECIPES
from train.data.paired import train_pairs
from train.data.source import Painted, Paired, to_data
from train.data.split import part
from train.losses.attention import attention_map, attention_transfer
from train.models import build
from train.models.generator import Generator, painter
from train.tasks import distillation
from train.tasks.distillation import Distillation

pytestmark = pytest.mark.training

RECIPE = replace(RECIPES["student"], model="nano", crop=32, batch=2, steps=6, epoch_steps=2, scales=(1.0,))
SOURCE = Paired("pairs")
OUT = Path("run/student.safetensors")


@pytest.fixture(autouse=True)
def in_a_folder_with_pairs(tmp_path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(tmp_path)
    write_pairs(Path("pairs"))
    yield
    os.chdir(before)


def network(name: str, seed: int = 0) -> Generator:
    torch.manual_seed(seed)
    model = build(name).eval()
    stir(model, 0.03)
    return model


def teacher(seed: int = 0, name: str = "small") -> Teacher:
    path = Path("teacher.safetensors")
    save(path, network(name, seed), Card(name, "test", data={"source": to_data(SOURCE)}))
    return Teacher.at(path)


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The shapes that teachers have painted, one for each call."""
    shapes: list[tuple[int, ...]] = []

    def counting(model: Generator) -> Callable[[np.ndarray], np.ndarray]:
        paint = painter(model)

        def paint_and_count(photo: np.ndarray) -> np.ndarray:
            shapes.append(photo.shape)
            return paint(photo)

        return paint_and_count

    monkeypatch.setattr(compress.teacher, "painter", counting)
    return shapes


def test_every_photo_is_painted_whole_and_once_for_each_teacher(painted: list[tuple[int, ...]]) -> None:
    known = train_pairs(SOURCE)
    pairs = teacher_pairs(teacher(), SOURCE, (1.0,))
    assert painted == [(40, 48, 3)] * len(known)
    for pair, original in zip(pairs, known, strict=True):
        photo, target = pair.read()
        assert np.array_equal(photo, original.read()[0])
        assert np.array_equal(target, painter(network("small"))(photo))
    assert teacher_pairs(teacher(), SOURCE, (1.0,)) == pairs
    assert len(painted) == len(known)
    others = teacher_pairs(teacher(seed=1), SOURCE, (1.0,))
    assert len(painted) == 2 * len(known)
    assert not {pair.target for pair in others} & {pair.target for pair in pairs}


def test_of_side_by_side_pairs_the_left_half_is_painted() -> None:
    Path("both").mkdir()
    for pair in train_pairs(SOURCE)[:3]:
        Image.fromarray(np.hstack(pair.read())).save(Path("both") / pair.photo.name)
    source = Paired("both")
    photos = [pair.read()[0] for pair in train_pairs(source)]
    found = [pair.read() for pair in teacher_pairs(teacher(), source, (1.0,))]
    assert all(np.array_equal(photo, wanted) for (photo, _), wanted in zip(found, photos, strict=True))
    assert all(np.array_equal(target, painter(network("small"))(photo)) for photo, target in found)


def more_photos(folder: Path) -> list[Path]:
    """Eight photos without targets; gives those that train."""
    write_pairs(folder, height=56)
    (folder / "a").rename(folder / "photos")
    return part(sorted((folder / "photos").iterdir()), "train", lambda path: path.name)


def test_unpaired_photos_are_added_and_bad_ones_named(capsys: pytest.CaptureFixture[str]) -> None:
    unpaired = more_photos(Path("more"))
    photos = Painted(("more/photos",))
    pairs = paint_photos(teacher(), photos, (1.0,))
    assert len(pairs) == len(unpaired)
    photo, target = pairs[-1].read()
    assert np.array_equal(photo, read_picture(unpaired[-1]))
    assert np.array_equal(target, painter(network("small"))(photo))
    unpaired[0].write_bytes(b"no picture")
    with pytest.raises(UserError, match=f"1 of {len(unpaired)} bad"):
        paint_photos(teacher(), photos, (1.0,))
    assert str(unpaired[0]) in capsys.readouterr().out


def test_attention_map_by_hand() -> None:
    features = torch.tensor([[[[1.0, 2.0], [0.0, 2.0]], [[1.0, 1.0], [2.0, 4.0]]]])
    energy = torch.tensor([2.0, 5.0, 4.0, 20.0])
    assert torch.allclose(attention_map(features, (2, 2)), (energy / energy.norm())[None])
    assert attention_map(features, (1, 1)).item() == pytest.approx(1)
    assert attention_transfer(features, 3 * features.flip(1)).item() == pytest.approx(0, abs=1e-6)
    opposite = torch.tensor([[[[1.0, 0.0]]], [[[1.0, 0.0]]]])
    assert attention_transfer(opposite, opposite.flip(-1)).item() == pytest.approx(2**0.5)


@pytest.mark.parametrize("kind", ["small", "unet-resnet18"])
def test_distillation_draws_the_last_features_together(kind: str) -> None:
    torch.manual_seed(0)
    photo = torch.rand(1, 3, 64, 64)
    student, big = network("nano").train(), build(kind).eval().requires_grad_(False)
    seen: dict[str, torch.Tensor] = {}
    last = {"nano": student.exit, kind: big.exit if kind == "small" else big.head}
    for name, module in last.items():
        module.register_forward_pre_hook(lambda _, inputs, name=name: seen.update({name: inputs[0]}))

    def distance() -> float:
        student(photo), big(photo)
        return attention_transfer(seen["nano"], seen[kind]).item()

    before = distance()
    task = Distillation(student, big, lambda picture, batch: 0 * picture.mean(), "adamw", 3e-3)
    for _ in range(12):
        task.step({"photo": photo}, 0.25)
    assert distance() < 0.9 * before


def distil(step: Distill) -> Generator:
    before = Compressed(network("small"), Card("small", "test"))
    return step.take(before, Context(SOURCE, lambda _: Cost(0, 0, 0), OUT))[0].model


def test_a_killed_run_goes_on_and_one_that_learns_otherwise_starts_afresh(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("train.engine.resume.SECONDS", 0.0)
    step = Distill(RECIPE, ("targets", "outputs", "features"), teacher())
    unbroken = distil(step).state_dict()
    OUT.with_name("student.resume.safetensors").unlink()
    calls = 0

    def breaks(*features: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise RuntimeError("killed")
        return attention_transfer(*features)

    monkeypatch.setattr(distillation, "attention_transfer", breaks)
    with pytest.raises(RuntimeError, match="killed"):
        distil(step)
    capsys.readouterr()
    resumed = distil(step).state_dict()
    assert "step 2 (" in capsys.readouterr().out
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in unbroken.items())
    distil(Distill(RECIPE, ("outputs",), teacher()))
    assert "other flags" in capsys.readouterr().out


def test_the_command_learns_from_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.engine.resume.SECONDS", 0.0)
    monkeypatch.setitem(RECIPES, "student", replace(RECIPE, epoch_steps=1, scales=(1.0, 0.5)))
    taught, unpaired = teacher(), more_photos(Path("more"))
    flags = ("--learn", "targets", "outputs", "features", "--unpaired", "more/photos", "--steps", "2", "--batch", "1")
    assert exit_code(main, "--from", taught.path, "--distill", "nano", *flags, "--out", "made.safetensors") == 0
    learnt = load(Path("made.safetensors")).card.history[0]["distill"]
    assert learnt["teacher"]["weights"] == taught.weights
    assert learnt["learn"] == ["targets", "outputs", "features"] and learnt["unpaired"] == ["more/photos"]
    report = read_json(Path("made.json"))["steps"][1]["learnt"]
    assert report["pairs"]["train"] == 2 * len(train_pairs(SOURCE)) + 2 * len(unpaired)  # at two scales
    assert report["distill"]["teacher"] == taught.weights
    assert not list(Path().glob("**/*resume*"))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--learn", "outputs", "--teacher", "missing.safetensors"), "missing.safetensors: no such checkpoint"),
        (("--learn", "outputs", "--teacher", "pairs/a/photo0.png"), "photo0.png: no readable safetensors file"),
        (("--teacher", "teacher.safetensors"), "--teacher: teacher.safetensors: goes with --learn outputs or features"),
        (("--learn", "features"), "--learn: features: no pictures to learn"),
        (("--unpaired", "pairs/a"), "--unpaired: pairs/a: no targets there"),
        (("--learn", "outputs", "--unpaired", "missing"), "missing: no such folder"),
    ],
)
def test_wrong_use_is_one_line(flags: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    teacher()
    assert exit_code(main, "--from", "teacher.safetensors", "--distill", "nano", *flags, "--out", "m.safetensors") == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
    assert not Path("m.safetensors").exists()


def test_an_equal_teaches_only_beside_targets_or_on_new_photos() -> None:
    equal = teacher(name="nano")
    with pytest.raises(UserError, match="^--teacher: teacher.safetensors: .*nano"):
        Distill(RECIPE, ("outputs",), equal)
    Distill(RECIPE, ("targets", "outputs"), equal)
    Distill(RECIPE, ("outputs",), equal, ("photos",))


def test_the_ablation_trains_each_setting_once(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting(crop=32, scales=(1.0,), learn=("targets", "outputs", "features"), photos=2, unpaired=True)
    recipe, taught = replace(RECIPE, steps=1), teacher()
    scores = Lab(SOURCE, recipe, taught, Path("notes.json")).run(setting, 0)
    monkeypatch.setattr("compress.ablation.lab.fit", None)
    assert Lab(SOURCE, recipe, taught, Path("notes.json")).run(setting, 0) == scores
    line = row(setting, np.array([scores]))
    assert line.startswith("| targets + outputs + features | 2 + unpaired | muon 0.0024 | L1 + 0.6 grad | 32 | 1 | ")
    with pytest.raises(UserError, match="^--teacher: missing"):
        Lab(SOURCE, recipe, None, Path("notes.json")).run(setting, 0)
