"""Nothing half-written is left, and files from before a failure remain."""

import os
from pathlib import Path

import pytest

from pix2phone import artefacts
from pix2phone.artefacts import check_writable, newest, read_json, replacing, write_json
from pix2phone.errors import UserError


def test_a_failure_leaves_nothing_and_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["model.bin"]


def test_a_failure_leaves_no_folder_either(tmp_path: Path) -> None:
    with pytest.raises(ValueError), replacing(tmp_path / "Model.mlpackage") as temporary:
        (temporary / "Data").mkdir(parents=True)
        raise ValueError
    assert os.listdir(tmp_path) == []


def test_success_replaces_file_and_folder_and_makes_the_way_there(tmp_path: Path) -> None:
    file, folder = tmp_path / "deep" / "model.bin", tmp_path / "deep" / "Model.mlpackage"
    for content in ("old", "new"):
        with replacing(file) as temporary:
            temporary.write_text(content)
        with replacing(folder) as temporary:
            temporary.mkdir()
            (temporary / content).touch()
    assert file.read_text() == "new" and os.listdir(folder) == ["new"]
    assert sorted(os.listdir(tmp_path / "deep")) == ["Model.mlpackage", "model.bin"]


def test_a_file_never_replaces_a_folder(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1").touch()
    with (
        pytest.raises(UserError, match="thesis: .*folder"),
        replacing(tmp_path / "thesis") as temporary,
    ):
        temporary.touch()
    assert os.listdir(tmp_path) == ["thesis"] and os.listdir(tmp_path / "thesis") == ["chapter1"]


def test_the_temporary_name_keeps_the_suffix_that_tells_writers_the_format(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.png") as temporary:
        assert temporary.suffix == ".png" and temporary.parent == tmp_path
        temporary.touch()


@pytest.mark.parametrize("name", ["n" * 251 + ".png", "д" * 125 + ".png"])
def test_a_name_as_long_as_file_systems_take_is_written(tmp_path: Path, name: str) -> None:
    check_writable(tmp_path / name)
    with replacing(tmp_path / name) as temporary:
        temporary.touch()
    assert os.listdir(tmp_path) == [name]


def test_json_goes_round_and_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, {"b": [1, 2.5], "a": None})
    assert read_json(path) == {"a": None, "b": [1, 2.5]}
    path.write_text('{"a": ')
    with pytest.raises(UserError, match=r"report\.json: .*JSON"):
        read_json(path)
    with pytest.raises(UserError, match=r"nothing\.json: no such"):
        read_json(tmp_path / "nothing.json")


def test_the_newest_that_exists_is_found_else_the_shipped_model(tmp_path: Path) -> None:
    old, new, absent = (tmp_path / name for name in ("old", "new", "absent"))
    for age, path in enumerate((new, old)):
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    assert newest(old, absent, new) == new
    assert newest(absent) == artefacts.SHIPPED


def test_a_place_is_tried_and_nothing_is_left_there(tmp_path: Path) -> None:
    artefacts.check_writable(tmp_path / "new" / "deep" / "x.safetensors")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"--out: .*/file/x\.safetensors: "):
        artefacts.check_writable(tmp_path / "file" / "x.safetensors")
