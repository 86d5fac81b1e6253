"""Pairs from folders, the split by name, and every bad input named before anything trains."""

import random
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import tiny
from PIL import Image

from pix2phone.errors import UserError
from pix2phone.pictures import write_picture
from train.data.paired import held_out_pairs, train_pairs
from train.data.source import Source, part


def names(count: int, rng: random.Random) -> list[str]:
    return [
        "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789-_ é", k=rng.randint(1, 12))) for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_no_name_changes_sides_when_others_come_or_go(seed: int) -> None:
    rng = random.Random(seed)
    # With both sides taken already: a handful that all fall on one side is the exception part() tells of.
    anchors = ["photo0", "photo6"]
    assert part(anchors, "held-out", str) == ["photo0"]
    many = anchors + names(200, rng)
    held_out = set(part(many, "held-out", str))
    for size in (0, 1, 5, 50, 150):
        some = anchors + rng.sample(many, size)
        rng.shuffle(some)
        assert part(some, "held-out", str) == [name for name in some if name in held_out]
        assert part(some, "train", str) == [name for name in some if name not in held_out]


def test_no_spelling_of_accents_changes_the_split() -> None:
    composed = [f"caf\u00e9 {number}.jpg" for number in range(40)]
    spelt = {unicodedata.normalize("NFD", name): name for name in composed}
    assert [spelt[name] for name in part(list(spelt), "held-out", str)] == part(composed, "held-out", str)


def test_about_a_quarter_is_held_out_and_two_are_enough_for_both_sides() -> None:
    rng = random.Random(0)
    assert 0.2 < len(part(names(2000, rng), "held-out", str)) / 2000 < 0.3
    for _ in range(100):
        two = sorted(set(names(2, rng)))
        if len(two) == 2:
            assert len(part(two, "train", str)) == len(part(two, "held-out", str)) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny.write_pairs(tmp_path)
    return tmp_path


def read_all(folder: Path, skip_bad: bool = False) -> list[str]:
    """The names of all pairs of `folder`, after looking at each."""
    source = Source(pairs=str(folder), skip_bad=skip_bad)
    found = train_pairs(source) + held_out_pairs(source)
    for pair in found:
        photo, target = pair.read()
        assert photo.dtype == np.uint8 and np.array_equal(target, 255 - photo), pair.name
    return sorted(pair.name for pair in found)


def test_pairs_from_two_folders_may_differ_in_format(folder: Path) -> None:
    target = folder / "b" / "photo3.png"
    Image.open(target).save(target.with_suffix(".bmp"))
    target.unlink()
    assert read_all(folder) == [f"photo{index}" for index in range(8)]
    assert not {p.name for p in train_pairs(Source(pairs=str(folder)))} & {
        p.name for p in held_out_pairs(Source(pairs=str(folder)))
    }


def side_by_side(folder: Path) -> Path:
    """The same pairs as one picture each, photo left."""
    both = folder / "both"
    for photo in (folder / "a").iterdir():
        halves = [np.array(Image.open(path)) for path in (photo, folder / "b" / photo.name)]
        write_picture(both / photo.name, np.concatenate(halves, axis=1))
    return both


def test_pairs_side_by_side(folder: Path) -> None:
    assert read_all(side_by_side(folder)) == [f"photo{index}" for index in range(8)]


def cut(path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:2000])


def resize(path: Path, width: int, height: int) -> None:
    Image.open(path).resize((width, height)).save(path)


BAD = {
    "b/photo2.png": (
        lambda path: resize(path, 50, 40),
        "a/photo2.png, {}/b/photo2.png: sizes 48x40 and 50x40 disagree",
    ),
    "a/photo5.png": (cut, "a/photo5.png: unreadable or truncated picture"),
    "b/photo4.png": (lambda path: path.write_text("no picture"), "b/photo4.png: unreadable or truncated picture"),
    "b/photo1.png": (lambda path: path.unlink(), "a/photo1.png: no picture of that name in {}/b; add it or remove"),
    "a/photo6.png": (lambda path: path.unlink(), "b/photo6.png: no picture of that name in {}/a; add it or remove"),
    "a/photo7.bmp": (
        lambda path: Image.open(path.with_suffix(".png")).save(path),
        "a/photo7.png: photo7.bmp has the same name; remove one of them",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_each_bad_pair_is_named_and_stops_the_run_or_is_left_out(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, line = BAD[name]
    spoil(folder / name)
    with pytest.raises(
        UserError, match="^checking pairs: 1 of .* bad, named above; mend them or go on with --skip-bad$"
    ):
        read_all(folder)
    assert f"bad: {folder}/{line.format(folder)}" in capsys.readouterr().out
    rest = read_all(folder, skip_bad=True)
    left_out = [] if name == "a/photo7.bmp" else [Path(name).stem]
    assert rest == sorted({f"photo{index}" for index in range(8)} - set(left_out))
    assert "--skip-bad: going on without 1 of " in capsys.readouterr().out


def test_all_bad_pairs_of_both_splits_are_named_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in list(BAD)[:5]:
        BAD[name][0](folder / name)
    with pytest.raises(UserError, match="5 of 8 bad"):
        train_pairs(Source(pairs=str(folder)))
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("bad: ")]
    assert len(lines) == 5


def test_an_odd_width_has_no_halves(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = side_by_side(folder)
    resize(both / "photo0.png", 95, 40)
    with pytest.raises(UserError, match="1 of 8 bad"):
        read_all(both)
    assert "photo0.png: width 95 is odd; side-by-side pairs have equal halves" in capsys.readouterr().out


def test_a_picture_too_small_to_be_scored_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side in "ab":
        resize(folder / side / "photo0.png", 48, 9)
    with pytest.raises(UserError, match="1 of 8 bad"):
        read_all(folder)
    assert "photo0.png: 48x9: too small; pictures need 16 pixels a side" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda folder: [path.unlink() for path in (folder / "b").iterdir()], "/b: no pictures in it"),
        (lambda folder: (folder / "b").rename(folder / "c"), "/b: no such folder"),
        (lambda folder: folder.rename(folder.with_name("moved")), ": no such folder"),
        (
            lambda folder: [path.unlink() for path in folder.glob("?/photo[1-7].png")],
            ": no held-out pictures; add more",
        ),
    ],
)
def test_a_missing_or_empty_folder_is_named(folder: Path, spoil: object, line: str) -> None:
    spoil(folder)
    with pytest.raises(UserError, match=f"^{folder}{line}"):
        read_all(folder)
