"""Photos are painted once, at every scale, and again only when the photo or the look changes."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pix2phone import console
from pix2phone.errors import UserError
from pix2phone.pictures import read_picture
from train.data import painted
from train.data.paired import held_out_pairs, train_pairs
from train.data.source import Painted
from train.styles import Style, load_style
from train.styles.choice import StyleChoice


class Negative:
    """A look that counts its paintings."""

    def __init__(self) -> None:
        self.identity, self.size, self.calls = "negative", None, 0

    def __call__(self, choice: StyleChoice) -> Style:
        return Style(f"{self.identity} {choice.stroke}", self.paint, self.size)

    def paint(self, photo: np.ndarray) -> np.ndarray:
        self.calls += 1
        return 255 - photo


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Negative:
    negative = Negative()
    monkeypatch.setattr(painted, "load_style", negative)
    return negative


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight photos; the cache goes beside them."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(8):
        noise = np.random.default_rng(index).integers(0, 256, (40, 60, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"photo{index}.png")
    return folder


def paint(photos: Path, scales: tuple[float, ...] = (1.0,), **changes: object) -> list[tuple[np.ndarray, np.ndarray]]:
    source = Painted(photos=(str(photos),), **changes)
    val, test = held_out_pairs(source, "val"), held_out_pairs(source, "test")
    assert val == test and len(val) == 1, "of eight photos of these names one is held out"
    return [pair.read() for pair in train_pairs(source, scales) + test]


def test_every_photo_is_painted_once(photos: Path, look: Negative) -> None:
    pairs = paint(photos)
    assert len(pairs) == look.calls == 8
    assert all(np.array_equal(target, 255 - photo) for photo, target in pairs)
    sources = [read_picture(path) for path in photos.iterdir()]
    assert all(any(np.array_equal(photo, source) for source in sources) for photo, _ in pairs)
    again = paint(photos)
    assert look.calls == 8
    assert all(np.array_equal(one[1], two[1]) for one, two in zip(pairs, again, strict=True))


def test_it_is_painted_again_when_its_content_the_look_the_stroke_or_the_size_changes(
    photos: Path, look: Negative
) -> None:
    paint(photos)
    Image.fromarray(np.zeros((40, 60, 3), np.uint8)).save(photos / "photo3.png")
    pairs = paint(photos)
    assert look.calls == 9
    assert sum(not photo.any() and bool((target == 255).all()) for photo, target in pairs) == 1
    (photos / "photo3.png").rename(photos / "renamed3.png")
    paint(photos)
    assert look.calls == 9  # a name is no content
    look.identity = "newer negative"
    paint(photos)
    assert look.calls == 17
    paint(photos, style=StyleChoice(stroke=9.0))
    assert look.calls == 25
    assert max(paint(photos, longest=30)[0][0].shape) == 30
    assert look.calls == 33


def test_training_photos_are_painted_at_every_scale_held_out_ones_at_their_own(photos: Path, look: Negative) -> None:
    source = Painted(photos=(str(photos),))
    train, held_out = train_pairs(source, (1.0, 0.5)), held_out_pairs(source, "test")
    assert {pair.read()[1].shape for pair in held_out} == {(40, 60, 3)}
    assert sorted(pair.read()[1].shape for pair in train) == [(20, 30, 3)] * len(train[::2]) + [(40, 60, 3)] * len(
        train[::2]
    )
    assert {pair.name for pair in train}.isdisjoint({pair.name for pair in held_out})


def test_a_look_of_one_size_gets_photos_of_that_size(photos: Path, look: Negative) -> None:
    look.size = (32, 24)
    assert {photo.shape for photo, _ in paint(photos)} == {(32, 24, 3)}


def test_a_bad_photo_is_named_and_stops_the_run_or_is_left_out(
    photos: Path, look: Negative, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = photos / "photo2.png"
    bad.write_bytes(bad.read_bytes()[:500])
    Image.fromarray(np.zeros((8, 60, 3), np.uint8)).save(photos / "photo3.png")
    with pytest.raises(UserError, match="train.* 2 of 7"):
        paint(photos)
    said = capsys.readouterr().out
    assert f"bad: {bad}: " in said and "photo3.png: 60x8" in said
    assert len(paint(photos, skip_bad=True)) == 6
    assert re.search(r"--skip-bad: .*\b2 of 7", capsys.readouterr().out)


def test_a_wider_stroke_is_another_look_and_a_silly_one_is_refused() -> None:
    assert load_style(StyleChoice(stroke=5.0)).identity != load_style(StyleChoice(stroke=9.0)).identity
    assert load_style(StyleChoice(stroke=5.0)).identity == load_style(StyleChoice(stroke=5.0)).identity
    for stroke in (0.0, 65.0, float("nan")):
        with pytest.raises(UserError, match=rf"^--stroke: {stroke}: .*\b1 .*\b64\b"):
            load_style(StyleChoice(stroke=stroke))


def test_an_unknown_look_is_named() -> None:
    with pytest.raises(UserError, match="^--style: 'cubist': .*painterly"):
        load_style(StyleChoice("cubist"))


def test_what_is_painted_already_is_no_part_of_the_time_that_is_told(
    photos: Path, look: Negative, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "LONG", 0.0)
    monkeypatch.setattr(console, "FEW", 2)
    scales = (1.0, 0.5)
    many = len(train_pairs(Painted(photos=(str(photos),)), scales))
    assert re.search(rf"train photos: all {many} ", capsys.readouterr().out)
    paint(photos, scales)
    capsys.readouterr()
    paint(photos, (*scales, 0.8))
    said = capsys.readouterr().out
    assert f"train photos: all {many // 2} " in said  # those at 0.8 alone
    assert "val photos" not in said and "test photos" not in said
