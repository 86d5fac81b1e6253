"""Core ML packages declare their inputs, hold only operators of their iOS, and are the same byte for byte."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from coreml_files import FACTS, SIZES, operators, photo, spec_of, tiny_student, written
from torch.fx import GraphModule

from convert.coreml.write import Bytes, precision_of, write_coreml
from convert.runtimes.open import open_runtime
from operators.levels import Ranges
from pix2phone.errors import UserError
from train.metrics import psnr
from train.models.generator import painter
from train.models.student import Student

pytestmark = pytest.mark.converter


@pytest.fixture(scope="module")
def package(graph: GraphModule, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(graph, tmp_path_factory.mktemp("package") / "Model.mlpackage", sizes=SIZES)


def test_sizes_are_listed_and_the_first_is_the_default(package: Path) -> None:
    image = spec_of(package).description.input[0].type.imageType
    assert (image.height, image.width) == (64, 96)
    listed = [(size.height, size.width) for size in image.enumeratedSizes.sizes]
    assert sorted(listed) == [(36, 32), (64, 96), (96, 64)]


def test_picture_is_padded_to_the_next_listed_size(package: Path) -> None:
    runtime = open_runtime(package)
    assert [runtime.padded(*size) for size in ((33, 31), (40, 20), (64, 96), (96, 20))] == [
        (36, 32),
        (64, 96),
        (64, 96),
        (96, 64),
    ]
    with pytest.raises(UserError, match="97x20: larger than"):
        runtime.padded(97, 20)


def test_all_parts_can_be_read_by_all(package: Path) -> None:
    assert all(part.stat().st_mode & 0o044 == 0o044 for part in package.rglob("*"))


def test_flexible_package_takes_a_range(graph: GraphModule, tmp_path: Path) -> None:
    path = written(graph, tmp_path / "M.mlpackage", sizes=[(64, 96)], flexible=True)
    image = spec_of(path).description.input[0].type.imageType
    assert (image.height, image.width) == (64, 96)
    assert (image.imageSizeRange.heightRange.lowerBound, image.imageSizeRange.widthRange.upperBound) == (4, 4096)
    runtime = open_runtime(path)
    assert runtime.padded(21, 1001) == (24, 1004)
    assert runtime.plan(21, 4096) is None and runtime.plan(21, 4097) is not None  # by tiles


@pytest.mark.parametrize("ios", [15, 16, 17, 18])
def test_deployment_target_is_the_one_asked_for(ios: int, graph: GraphModule, tmp_path: Path) -> None:
    path = written(graph, tmp_path / "M.mlpackage", sizes=SIZES, ios=ios)
    assert spec_of(path).specificationVersion == {15: 6, 16: 7, 17: 8, 18: 9}[ios]
    image = spec_of(path).description.output[0].type.imageType
    assert image.colorSpace == image.RGB
    assert psnr(open_runtime(path)(photo(64, 96)), painter(tiny_student())(photo(64, 96))) > 50


def test_what_ios_cannot_hold_is_left_out_or_refused(graph: GraphModule, ranges: Ranges, tmp_path: Path) -> None:
    path = written(graph, tmp_path / "A.mlpackage", sizes=SIZES, ranges=ranges, ios=16)
    assert len(operators(path, "constexpr_affine_dequantize")) == 7
    assert operators(path, "quantize") == []
    path = written(graph, tmp_path / "B.mlpackage", sizes=SIZES, palette_bits=4, ios=15)
    assert operators(path, "constexpr_lut_to_dense") == []
    with pytest.raises(UserError, match=r"--ios: 15: .*8-bit.*16"):
        write_coreml(graph, tmp_path / "C.mlpackage", FACTS, ranges=ranges, ios=15)
    with pytest.raises(UserError, match="--ios: 14: .*15, 16, 17, 18"):
        write_coreml(graph, tmp_path / "C.mlpackage", FACTS, ios=14)
    assert not (tmp_path / "C.mlpackage").exists()


def test_precision_says_what_is_inside(ranges: Ranges) -> None:
    assert [precision_of(None, bits, ios) for bits, ios in ((None, 16), (4, 16), (4, 15))] == [
        "float16",
        "float16, 4-bit palettes",
        "float16",
    ]
    assert [precision_of(ranges, None, ios) for ios in (16, 17)] == ["8-bit weights", "int8"]


def test_metadata_is_where_xcode_shows_it(package: Path) -> None:
    metadata = spec_of(package).description.metadata
    assert (metadata.author, metadata.license, metadata.versionString) == ("A. Painter", "Apache-2.0", "0.1.0")
    assert metadata.shortDescription == "a photo in"
    assert metadata.userDefined["sha256"] == "0123"
    facts = json.loads(metadata.userDefined["pix2phone"])
    assert facts["sizes"] == [[64, 96], [96, 64], [36, 32]]
    assert facts["author"] == "A. Painter"


@pytest.mark.parametrize("how", [{}, {"ios": 18, "flexible": True}])
@pytest.mark.parametrize("rounded", [False, True])
def test_the_same_network_gives_the_same_bytes(
    how: dict[str, Any], rounded: bool, graph: GraphModule, ranges: Ranges, tmp_path: Path
) -> None:
    given = {"ranges": ranges} if rounded else {}
    first, second = (written(graph, tmp_path / f"{n}.mlpackage", **how, **given) for n in "12")
    files = [path.relative_to(first) for path in first.rglob("*") if path.is_file()]
    assert {file.name for file in files} == {"Manifest.json", "model.mlmodel", "weight.bin"}
    for file in files:
        assert (first / file).read_bytes() == (second / file).read_bytes(), file


def test_bytes_scales_both_ways() -> None:
    image = torch.rand(1, 3, 8, 8)
    student = Student(width=4, detail=2, trunk=2)  # starts as the identity
    assert torch.allclose(Bytes(student)(image * 255), image * 255, atol=1e-4)
