"""Every kind of source: as data in a checkpoint, listed, split by name, checked, and read as one sample."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
from PIL import Image

from pix2phone.errors import UserError
from pix2phone.pictures import write_picture
from train.data.clips import list_clips
from train.data.images import list_images, read_image
from train.data.source import Clips, Images, Painted, Paired, Source, Unpaired, from_data, pairs_of, to_data
from train.data.split import SPLITS, part
from train.data.unpaired import list_unpaired, read_unpaired
from train.styles.choice import StyleChoice

SOURCES: list[Source] = [
    Paired("pairs", "BtoA", ("trainA", "trainB"), True),
    Painted(("builtin", "mine"), StyleChoice(stroke=12.0), 512),
    Unpaired("two", ("a", "b")),
    Images(("mine",), True),
    Clips(("clips",), 3),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
def test_a_source_comes_back_from_a_checkpoints_json(source: Source) -> None:
    assert from_data(json.loads(json.dumps(to_data(source)))) == source


def test_sources_of_older_checkpoints_are_read() -> None:
    style = {"name": "painterly", "stroke": 5.0}
    flat = {"photos": ["builtin"], "style": style, "pairs": None, "longest": 1024, "skip_bad": True}
    assert pairs_of({"source": flat}) == Painted(("builtin",), StyleChoice(stroke=5.0), 1024, True)
    flat |= {"pairs": "mine", "direction": "BtoA", "folders": ["a", "b"]}
    assert pairs_of({"source": flat}) == Paired("mine", "BtoA", ("a", "b"), True)


def test_photo_folders_that_are_gone_are_left_out_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert pairs_of({"source": to_data(Painted(("builtin", "gone")))}) == Painted()
    assert capsys.readouterr().out.startswith("photos in gone: ")


@pytest.mark.parametrize("data", [{}, {"source": {}}, {"source": {"kind": "Paired"}}, {"source": {"kind": "Sung"}}])
def test_a_checkpoint_that_does_not_say_its_source_is_one_line(data: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="training data"):
        pairs_of(data)


def test_a_source_without_targets_is_no_source_of_pairs() -> None:
    with pytest.raises(UserError, match="Images"):
        pairs_of({"source": to_data(Images())})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """a/ and b/ with eight pictures each: photo0 and photo1 are test, photo4 and photo7 val."""
    tiny.write_pairs(tmp_path)
    return tmp_path


def spoil(path: Path) -> None:
    path.write_bytes(b"no picture")


def test_images_are_split_by_file_name_and_read(folder: Path) -> None:
    source = Images((str(folder / "a"),))
    found = {split: list_images(source, split) for split in SPLITS}
    every = sorted((folder / "a").iterdir())
    assert found == {split: tuple(part(every, split, lambda path: path.name)) for split in SPLITS}
    image = read_image(found["train"][0])["image"]
    assert np.array_equal(image, np.array(Image.open(found["train"][0]))) and image.dtype == np.uint8


def test_the_built_in_photos_are_images_too() -> None:
    assert [len(list_images(Images(), split)) for split in SPLITS] == [67, 7, 14]


def test_a_bad_image_is_named_and_stops_or_is_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = Images((str(folder / "a"),))
    first = part(sorted((folder / "a").iterdir()), "train", lambda path: path.name)[0]
    spoil(first)
    with pytest.raises(UserError, match=r"\b1 of .*--skip-bad"):
        list_images(source, "train")
    assert f"bad: {first}" in capsys.readouterr().out
    assert first not in list_images(Images(source.images, skip_bad=True), "train")


def test_images_that_leave_a_split_empty_are_named(tmp_path: Path) -> None:
    write_picture(tmp_path / "one.png", np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(UserError, match=rf"{tmp_path}: .*\bval\b"):
        list_images(Images((str(tmp_path),)), "val")


def test_unpaired_sets_are_split_by_name_each_for_itself(folder: Path) -> None:
    (folder / "a" / "photo2.png").rename(folder / "a" / "photo8.png")
    (folder / "b" / "photo3.png").unlink()
    source = Unpaired(str(folder))
    found = {split: list_unpaired(source, split) for split in SPLITS}
    for place, side in enumerate("ab"):
        every = sorted((folder / side).iterdir())
        assert {split: files[place] for split, files in found.items()} == {
            split: tuple(part(every, split, lambda path: path.name)) for split in SPLITS
        }
    a, b = found["train"][0][0], found["train"][1][-1]
    sample = read_unpaired(a, b)
    assert np.array_equal(sample["a"], np.array(Image.open(a)))
    assert np.array_equal(sample["b"], np.array(Image.open(b)))


def test_unpaired_folders_that_set_test_aside_are_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side, name in (("a", "A"), ("b", "B")):
        (folder / side).rename(folder / f"train{name}")
        (folder / f"test{name}").mkdir()
        for number in (0, 1, 4):
            (folder / f"train{name}" / f"photo{number}.png").rename(folder / f"test{name}" / f"photo{number}.png")
    found = {split: list_unpaired(Unpaired(str(folder)), split) for split in SPLITS}
    names = {split: {path.parent.name for path in files[0]} for split, files in found.items()}
    assert names == {"train": {"trainA"}, "val": {"testA"}, "test": {"testA"}}
    assert not set(found["val"][0]) & set(found["test"][0])
    assert "testA/ testB/ trainA/ trainB/" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: spoil(folder / "b" / "photo3.png"), "1 of 16 bad"),
        (lambda folder: [path.unlink() for path in (folder / "b").glob("photo[1-7].png")], "no val pictures of B"),
        (lambda folder: [path.rename(folder / path.name) for side in "ab" for path in (folder / side).iterdir()], "a/"),
    ],
)
def test_unpaired_sets_that_cannot_be_used_are_named(
    folder: Path, change: Callable[[Path], object], words: str
) -> None:
    change(folder)
    for side in "ab":
        if not list((folder / side).iterdir()):
            (folder / side).rmdir()
    with pytest.raises(UserError, match=words):
        list_unpaired(Unpaired(str(folder)), "val")


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Eight clips of twelve frames, frame N of clip C filled with 20 C + N."""
    for clip in range(8):
        for number in range(12):
            frame = np.full((20, 24, 3), 20 * clip + number, np.uint8)
            write_picture(tmp_path / f"photo{clip}" / f"frame_{number}.png", frame)
    return tmp_path


def test_a_sample_is_consecutive_frames_in_their_order(clips: Path) -> None:
    source = Clips((str(clips),), 3)
    names = {split: [clip.name for clip in list_clips(source, split)] for split in SPLITS}
    assert names == {split: part([f"photo{number}" for number in range(8)], split, str) for split in SPLITS}
    clip = list_clips(source, "test")[1]
    frames = clip.read(8, 3)["frames"]
    assert frames.shape == (3, 20, 24, 3) and frames.dtype == np.uint8
    assert frames[:, 0, 0, 0].tolist() == [28, 29, 30], "frame 10 comes after 9"
    with pytest.raises(ValueError, match="12"):
        clip.read(10, 3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda clip: spoil(clip / "frame_7.png"), "frame_7.png: unreadable"),
        (lambda clip: [path.unlink() for path in clip.glob("frame_1?.png")], "10 frames: a sample takes 11"),
        (
            lambda clip: write_picture(clip / "frame_5.png", np.zeros((20, 26, 3), np.uint8)),
            "frame_5.png: sizes 24x20 and 26x20 disagree",
        ),
    ],
)
def test_a_bad_clip_is_named_and_stops_or_is_left_out(
    clips: Path, change: Callable[[Path], object], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(clips / "photo2")
    with pytest.raises(UserError, match="1 of 4"):
        list_clips(Clips((str(clips),), 11), "train")
    assert words in capsys.readouterr().out
    left = list_clips(Clips((str(clips),), 11, skip_bad=True), "train")
    assert [clip.name for clip in left] == ["photo3", "photo5", "photo6"]


def test_folders_without_clips_are_named(folder: Path) -> None:
    for name, words in (("missing", "no such folder"), ("a", "no folder of frames")):
        with pytest.raises(UserError, match=f"{folder / name}: {words}"):
            list_clips(Clips((str(folder / name),)), "train")
