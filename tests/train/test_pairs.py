"""Pairs from folders, the split by name, and every bad input named before anything trains."""

import itertools
import random
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tiny
from PIL import Image

from pix2phone.errors import UserError
from pix2phone.pictures import read_picture, write_picture
from train.data import paired
from train.data.layout import find_folders
from train.data.paired import Pair, held_out_pairs, train_pairs
from train.data.source import Paired
from train.data.split import held_out, part


def names(count: int, rng: random.Random) -> list[str]:
    return [
        "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789-_ é", k=rng.randint(1, 12))) for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_no_name_changes_sides_when_others_come_or_go(seed: int) -> None:
    rng = random.Random(seed)
    # With both sides taken already: a handful that all fall on one side is the exception part() tells of.
    anchors = ["photo0", "photo6"]
    assert held_out(anchors, str) == ["photo0"]
    many = anchors + names(200, rng)
    apart = set(held_out(many, str))
    for size in (0, 1, 5, 50, 150):
        some = anchors + rng.sample(many, size)
        rng.shuffle(some)
        assert held_out(some, str) == [name for name in some if name in apart]
        assert part(some, "train", str) == [name for name in some if name not in apart]


def test_no_spelling_of_accents_changes_the_split() -> None:
    composed = [f"caf\u00e9 {number}.jpg" for number in range(40)]
    spelt = {unicodedata.normalize("NFD", name): name for name in composed}
    assert [spelt[name] for name in part(list(spelt), "test", str)] == part(composed, "test", str)


def test_about_a_quarter_is_held_out_and_two_are_enough_for_both_sides() -> None:
    rng = random.Random(0)
    assert 0.2 < len(held_out(names(2000, rng), str)) / 2000 < 0.3
    for _ in range(100):
        two = sorted(set(names(2, rng)))
        if len(two) == 2:
            assert len(part(two, "train", str)) == len(held_out(two, str)) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny.write_pairs(tmp_path)
    return tmp_path


def read_all(folder: Path, skip_bad: bool = False) -> list[str]:
    """The names of all pairs of `folder`, after looking at each."""
    source = Paired(str(folder), skip_bad=skip_bad)
    found = train_pairs(source) + held_out_pairs(source, "val") + held_out_pairs(source, "test")
    for pair in found:
        photo, target = pair.read()
        assert photo.dtype == np.uint8 and np.array_equal(target, 255 - photo), pair.name
    return sorted(pair.name for pair in found)


def test_pairs_from_two_folders_may_differ_in_format(folder: Path) -> None:
    target = folder / "b" / "photo3.png"
    Image.open(target).save(target.with_suffix(".bmp"))
    target.unlink()
    assert read_all(folder) == [f"photo{index}" for index in range(8)]
    train, val, test = ({pair.name for pair in pairs} for pairs in splits_of(Paired(str(folder))))
    assert not train & val and not train & test and not val & test


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
    "a/photo5.png": (cut, "a/photo5.png: "),
    "b/photo4.png": (lambda path: path.write_text("no picture"), "b/photo4.png: "),
    "b/photo1.png": (lambda path: path.unlink(), "a/photo1.png: "),
    "a/photo6.png": (lambda path: path.unlink(), "b/photo6.png: "),
    "a/photo7.bmp": (
        lambda path: Image.open(path.with_suffix(".png")).save(path),
        "a/photo7.png: photo7.bmp ",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_each_bad_pair_is_named_and_stops_the_run_or_is_left_out(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, line = BAD[name]
    spoil(folder / name)
    with pytest.raises(UserError, match=r"^.*\b1 of .* --skip-bad$"):
        read_all(folder)
    assert f"bad: {folder}/{line.format(folder)}" in capsys.readouterr().out
    rest = read_all(folder, skip_bad=True)
    left_out = [] if name == "a/photo7.bmp" else [Path(name).stem]
    assert rest == sorted({f"photo{index}" for index in range(8)} - set(left_out))
    assert re.search(r"--skip-bad: .*\b1 of ", capsys.readouterr().out)


def test_all_bad_pairs_of_both_splits_are_named_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in list(BAD)[:5]:
        BAD[name][0](folder / name)
    with pytest.raises(UserError, match="5 of 8"):
        train_pairs(Paired(str(folder)))
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("bad: ")]
    assert len(lines) == 5


def test_an_odd_width_has_no_halves(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = side_by_side(folder)
    resize(both / "photo0.png", 95, 40)
    with pytest.raises(UserError, match="1 of 8"):
        read_all(both)
    assert "photo0.png: width 95" in capsys.readouterr().out


def test_a_picture_too_small_to_be_scored_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side in "ab":
        resize(folder / side / "photo0.png", 48, 9)
    with pytest.raises(UserError, match="1 of 8"):
        read_all(folder)
    assert re.search(r"photo0\.png: 48x9: .*\b16\b", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda folder: [path.unlink() for path in (folder / "b").iterdir()], "/b: no pictures in it"),
        (lambda folder: (folder / "b").rename(folder / "c"), "/b: no such folder"),
        (lambda folder: folder.rename(folder.with_name("moved")), ": no such folder"),
        (
            lambda folder: [path.unlink() for path in folder.glob("?/photo[1-7].png")],
            ": no val pictures; add more",
        ),
    ],
)
def test_a_missing_or_empty_folder_is_named(folder: Path, spoil: object, line: str) -> None:
    spoil(folder)
    with pytest.raises(UserError, match=f"^{folder}{line}"):
        read_all(folder)


def found(folder: Path, **more: object) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Training and held-out pairs: each pair's photo by its name, when all targets are negatives."""
    train, val, test = splits_of(Paired(str(folder), **more))
    for pair in train + val + test:
        photo, target = pair.read()
        assert np.array_equal(target, 255 - photo), pair.name
    assert (val == test and len(val) == 1) or not {pair.name for pair in val} & {pair.name for pair in test}
    train, held_out = ({pair.name: pair.read()[0].tobytes() for pair in pairs} for pairs in (train, val + test))
    return train, held_out


def splits_of(source: Paired) -> tuple[list[Pair], list[Pair], list[Pair]]:
    return train_pairs(source), held_out_pairs(source, "val"), held_out_pairs(source, "test")


def spread(folder: Path, names: dict[str, int], both: bool = False) -> Path:
    """The eight pairs of `folder` in a new one, so many in each folder of `names`, "A" in its name standing for "B" too."""
    made, rest = folder / "laid", [folder / "a" / f"photo{index}.png" for index in range(8)]
    for name, count in names.items():
        for number in range(count):
            photo = read_picture(rest.pop(0))
            pictures = (
                [(name, np.hstack([photo, 255 - photo]))] if both else [(name, photo), (other(name), 255 - photo)]
            )
            for place, picture in pictures:
                write_picture(made / place / f"{number}.png", picture)  # the same names in every split, as in "facades"
    return made


def other(name: str) -> str:
    return re.sub(r"A(?=$|/)", "B", name)


LAYOUTS = [
    ({"A": 8}, False, "A/ B/"),
    ({"trainA": 8}, False, "trainA/ trainB/"),
    ({"trainA": 5, "testA": 3}, False, "testA/ testB/ trainA/ trainB/"),
    ({"TRAIN_A": 4, "VAL_A": 2, "TEST_A": 2}, False, "TEST_A/ TEST_B/ TRAIN_A/ TRAIN_B/ VAL_A/ VAL_B/"),
    ({"A/train": 5, "A/test": 3}, False, "A/test/ A/train/ B/test/ B/train/"),
    ({"train/A": 5, "valid/A": 3}, False, "train/A/ train/B/ valid/A/ valid/B/"),
    ({"train": 8}, True, "train/ side by side"),
    ({"train": 4, "val": 2, "test": 2}, True, "test/ train/ val/ side by side"),
    ({".": 8}, True, "side by side"),
]


@pytest.mark.parametrize(("names", "both", "said"), LAYOUTS)
def test_layouts_that_people_have_are_found_and_said(
    folder: Path, names: dict[str, int], both: bool, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    laid = spread(folder, names, both)
    train, held_out = found(laid)
    assert len(train) + len(held_out) == 8
    assert not set(train.values()) & set(held_out.values()) and not set(train) & set(held_out)
    if len(names) > 1:
        assert len(train) == next(iter(names.values()))
        assert {name.split("-")[0] for name in held_out} == {
            "val" if "val" in n.lower() else "test" for n in list(names)[1:]
        }
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith(f"pairs in {laid}: {said}, AtoB: 8 pairs, {len(train)} train, ")]
    # A checkpoint keeps the folders: the same pairs are opened whatever else comes to lie beside them.
    folders = find_folders(laid)
    (laid / "b").mkdir(exist_ok=True)
    (laid / "train" / "a").mkdir(exist_ok=True, parents=True)
    paired._ready.cache_clear()
    assert found(laid, folders=folders) == (train, held_out)


@pytest.mark.parametrize(("names", "both"), [({"A": 8}, False), ({"train": 5, "test": 3}, True), ({".": 8}, True)])
def test_b_to_a_swaps_photo_and_target_and_nothing_else(folder: Path, names: dict[str, int], both: bool) -> None:
    laid = spread(folder, names, both)
    for there, back in zip(found(laid), found(laid, direction="BtoA"), strict=True):
        assert there.keys() == back.keys()
        assert all(
            np.frombuffer(there[name], np.uint8).sum() != np.frombuffer(back[name], np.uint8).sum() for name in there
        )
        assert all(
            np.array_equal(255 - np.frombuffer(there[name], np.uint8), np.frombuffer(back[name], np.uint8))
            for name in there
        )


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("caf\u00e9.png", "cafe\u0301.jpg"),  # composed and decomposed, as macOS spells it
        ("\u304c\u3093.png", "\u304b\u3099\u3093.png"),
        ("IMG_1.PNG", "img_1.png"),
        ("\u043f\u043e\u0440\u0442\u0440\u0435\u0442.png", "\u041f\u043e\u0440\u0442\u0440\u0435\u0442.BMP"),
        ("\u5c71 \U0001f3d4.Png", "\u5c71 \U0001f3d4.TIF"),
        ("a.b.c.png", "a.b.c.webp"),
    ],
)
def test_one_name_in_two_spellings_is_one_name(folder: Path, a: str, b: str) -> None:
    photo = read_picture(folder / "a" / "photo3.png")
    for name in ("a/photo3.png", "b/photo3.png"):
        (folder / name).unlink()
    for side, name, picture in (("a", a, photo), ("b", b, 255 - photo)):
        Image.fromarray(picture).save(
            folder / side / name, **({"lossless": True} if name.endswith("webp") else {"quality": 100})
        )
    source = Paired(str(folder))
    pairs = list(itertools.chain(*splits_of(source)))
    pair = next(pair for pair in pairs if pair.photo.name == a)
    assert pair.target == folder / "b" / b and pair.name == unicodedata.normalize("NFC", Path(a).stem)
    assert len(pairs) == 8


def test_a_name_is_on_one_side_however_its_accents_are_spelled() -> None:
    anchors = ["photo0", "photo6"]
    for letter in "\u00e9\u00e8\u00fc\u00f1\u00e5\u304c":
        for number in range(8):
            spelled = [unicodedata.normalize(form, f"{letter}{number}") for form in ("NFC", "NFD")]
            sides = [one in held_out([*anchors, one], str) for one in spelled]
            assert spelled[0] != spelled[1] and sides[0] == sides[1]


def test_where_two_names_differ_in_case_alone_case_counts(folder: Path) -> None:
    for side in "ab":
        (folder / side / "photo3.png").rename(folder / side / "Photo2.png")
    if len(list((folder / "a").iterdir())) < 8:
        pytest.fail("this disk takes both for one name")
    assert read_all(folder) == sorted(["Photo2", *(f"photo{index}" for index in (0, 1, 2, 4, 5, 6, 7))])


@pytest.mark.parametrize(
    ("names", "spoil", "line"),
    [
        ({"trainA": 8}, lambda laid: (laid / "trainB").rename(laid / "targets"), "/trainB: no such folder"),
        ({"trainA": 5, "testA": 3}, lambda laid: (laid / "testA").rename(laid / "x"), "/testA: no such folder"),
        ({"A/train": 5, "A/test": 3}, lambda laid: (laid / "B/test").rename(laid / "x"), "/B/test: no such folder"),
        ({"testA": 8}, lambda laid: None, ": testA/ testB/: no train/"),
        ({"A": 4, "trainA": 4}, lambda laid: None, ": A/ B/ trainA/ trainB/: more than one layout"),
        ({"A": 8}, lambda laid: (laid / "a").mkdir(), "/a: is the same as A/"),
        ({"photos": 8}, lambda laid: None, ": no pictures in it.* a/ b/, trainA/ trainB/"),
        (
            {"trainA": 8},
            lambda laid: [path.rename(path.with_stem(f"n02_{path.stem}")) for path in (laid / "trainB").iterdir()],
            "/trainA, .*/trainB: no name is in both",
        ),
    ],
)
def test_folders_that_make_no_layout_are_one_line(
    folder: Path, names: dict[str, int], spoil: Callable[[Path], object], line: str
) -> None:
    laid = spread(folder, names)
    spoil(laid)
    with pytest.raises(UserError, match=f"^{laid}{line}") as error:
        found(laid)
    assert "\n" not in str(error.value)
