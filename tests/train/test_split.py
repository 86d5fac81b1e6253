"""The split by name: train as ever, the held-out items halved by the hash's next bit, and never empty where two are."""

import random
from collections.abc import Callable

import pytest

from train.data.split import SPLITS, half, held_out, part, part_of_folders, part_of_groups

NAMES = [f"photo{number}" for number in range(1000)]


def split_of(names: list[str]) -> dict[str, list[str]]:
    return {split: part(names, split, str) for split in SPLITS}


def test_an_eighth_each_is_val_and_test_and_no_name_is_in_two() -> None:
    found = split_of(NAMES)
    assert sorted(name for names in found.values() for name in names) == sorted(NAMES)
    assert all(0.1 < len(found[split]) / len(NAMES) < 0.15 for split in ("val", "test"))


def test_names_stay_where_the_hashes_put_them() -> None:
    """Fixed for good: models that were trained must never have seen val or test."""
    assert split_of(NAMES[:8]) == {
        "train": ["photo2", "photo3", "photo5", "photo6"],
        "val": ["photo4", "photo7"],
        "test": ["photo0", "photo1"],
    }


@pytest.mark.parametrize("seed", range(20))
def test_no_name_changes_sides_when_others_come_or_go(seed: int) -> None:
    rng, anchors = random.Random(seed), NAMES[:8]  # of which two are in each of val and test
    whole = split_of(NAMES)
    for size in (0, 1, 5, 50, 500):
        some = list(dict.fromkeys(anchors + rng.sample(NAMES, size)))
        rng.shuffle(some)
        assert split_of(some) == {split: [name for name in some if name in set(whole[split])] for split in SPLITS}


def in_split(split: str) -> list[str]:
    return part(NAMES, split, str)


@pytest.mark.parametrize("split", ["val", "test"])
def test_two_held_out_pictures_are_enough_for_both(split: str) -> None:
    names = in_split("train")[:5] + in_split(split)[:2]
    found = split_of(names)
    assert found["train"] == names[:5] and sorted(found["val"] + found["test"]) == sorted(names[5:])
    assert len(found["val"]) == len(found["test"]) == 1


@pytest.mark.parametrize("names", [lambda: in_split("train")[:4] + in_split("val")[:1], lambda: NAMES[2:4]])
def test_a_single_one_is_both_and_that_is_said(
    names: Callable[[], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    from train.data import split

    split._say_both.cache_clear()  # as in a process of its own
    found = split_of(names())
    assert found["val"] == found["test"] == held_out(names(), str) and len(found["val"]) == 1
    assert found["val"][0] not in found["train"]
    said = capsys.readouterr().out
    assert said.startswith(f"{found['val'][0]}: ") and said.count("\n") == 1, "once, however often it is asked for"


def test_one_picture_trains_and_none_is_none() -> None:
    assert split_of(["one"]) == {"train": ["one"], "val": [], "test": []}
    assert split_of([]) == {split: [] for split in SPLITS}


def test_folders_that_are_set_aside_are_what_they_are_called() -> None:
    train, val, test = NAMES[:6], NAMES[6:9], NAMES[9:11]

    def found(folders: dict[str, list[str]]) -> dict[str, list[str]]:
        return {split: part_of_folders(folders, split, str) for split in SPLITS}

    assert found({"train": train, "val": val, "test": test}) == {"train": train, "val": val, "test": test}
    for apart in ("val", "test"):
        halves = {split: half(val + test, split, str) for split in ("val", "test")}
        assert found({"train": train, apart: val + test}) == {"train": train} | halves
    assert all(halves.values())
    assert found({"train": train, "val": [], "test": val + test}) == {"train": train} | halves, "all of val was bad"
    assert found({"": NAMES}) == split_of(NAMES) == found({"train": NAMES})


def test_of_several_folders_what_all_hold_out_is_halved() -> None:
    one, other = in_split("train")[:4] + in_split("val")[:1], in_split("train")[4:8] + in_split("test")[:1]
    groups = [one, other]
    assert part_of_groups(groups, "train", str) == one[:4] + other[:4]
    assert part_of_groups(groups, "val", str) == one[4:] and part_of_groups(groups, "test", str) == other[4:]
