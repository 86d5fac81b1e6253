"""`python -m benchmarks` for real, on tiny pictures and few iterations: what it times, judges, writes and survives."""

import base64
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_files import exit_code, save_student
from tiny import write_pairs

from benchmarks.__main__ import main
from benchmarks.records.pivot import by_system
from benchmarks.records.row import CurvePoint
from benchmarks.records.run import Run
from benchmarks.report import labels, panels, render
from benchmarks.report.__main__ import main as report_main
from benchmarks.report.svg import new_figure, themed
from benchmarks.schema import read_run
from benchmarks.timing.statistics import trimmed_mean
from benchmarks.timing.sustained import throttled
from compress.graph import export_graph
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from pix2phone.processor import describe, this_processor
from train.checkpoint import Card, load, save
from train.data.source import Paired
from train.metrics import psnr

pytestmark = pytest.mark.converter

Record = dict[str, Any]
ONLY = ("unet-resnet18", "unet-resnet18 CUDA", "trained*", "compressed", "model*", "Model*")


def save_with_source(path: Path, pairs: Path, poison: bool = False) -> None:
    """A student whose data are `pairs`; `poison` puts a NaN among its weights."""
    model, _ = load(save_student(path, with_int8=False))
    if poison:
        with torch.no_grad():
            model.get_parameter("exit.bias")[0] = torch.nan
    source = {"photos": [], "style": {}, "pairs": str(pairs), "longest": 64, "skip_bad": False}
    save(path, model, Card("small", "test", data={"source": source}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Measured once: a sound checkpoint and its .tflite, a poisoned checkpoint, a broken .onnx, an .mlpackage."""
    folder = tmp_path_factory.mktemp("made")
    write_pairs(folder / "pairs")
    save_with_source(folder / "trained.safetensors", folder / "pairs")
    save_with_source(folder / "compressed.safetensors", folder / "pairs", poison=True)
    tflite = folder / "model-float32.tflite"
    write_tflite(export_graph(load(folder / "trained.safetensors")[0]), tflite, "float32", None)
    write_tflite_metadata(tflite, {"multiple": 4})
    (folder / "model.onnx").write_bytes(b"no network")
    (folder / "Model.mlpackage").mkdir()
    curve = [
        {"seconds": 1.0, "step": 1, "loss": 0.5, "psnr": 12.0},
        {"seconds": 60.0, "step": 9, "loss": 0.1, "psnr": 20.0},
    ]
    (folder / "trained.json").write_text(json.dumps({"curve": curve}))
    words = ("--from", folder, "--sizes", "50", "--iterations", "3", "--threads", "1", "--only", *ONLY)
    assert exit_code(main, *words, "--sustained", "1.5", "--profile") == 1  # two rows failed
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return read_run(folder / "benchmarks.json")


@pytest.fixture(scope="module")
def record(run: Run) -> Record:
    return by_system(run)


def row(record: Record, key: str) -> Record:
    return next(row for row in record["rows"] if row["key"] == key)


def test_every_row_says_how_it_went(record: Record) -> None:
    status = {row["key"]: row["status"] for row in record["rows"]}
    sound = (
        "unet-resnet18",
        "trained",
        "trained torch.compile",
        "trained TorchScript",
        "model-float32.tflite",
        "photo",
    )
    assert {status[key] for key in sound} == {"measured"}
    assert status["compressed"] == status["model.onnx"] == "failed"
    assert "NaN" in row(record, "compressed")["reason"]
    assert "model.onnx" in row(record, "model.onnx")["reason"]
    if sys.platform != "darwin":
        assert "macOS" in row(record, "Model.mlpackage")["reason"]
    if not torch.cuda.is_available():
        assert "CUDA" in row(record, "unet-resnet18 CUDA")["reason"]
    assert "numpy 2" in row(record, "trained ExecuTorch")["reason"]


def test_times_come_from_the_raw_samples(record: Record) -> None:
    for key in ("unet-resnet18", "trained", "model-float32.tflite"):
        taken, paper = (row(record, name)["times"]["50"] for name in (key, "unet-resnet18"))
        assert len(taken["samples"]) == 3
        assert taken["mean"] == pytest.approx(trimmed_mean(taken["samples"]), abs=1e-7)
        assert taken["interval_95"][0] <= taken["mean"] <= taken["interval_95"][1]
        assert taken["ratio"] == pytest.approx(paper["mean"] / taken["mean"], rel=0.01, abs=1e-3)


def test_sizes_in_bytes(record: Record, folder: Path) -> None:
    assert row(record, "trained")["bytes"] == (folder / "trained.safetensors").stat().st_size
    assert row(record, "unet-resnet18")["bytes"] == pytest.approx(31_305_374 * 4, rel=0.01)


def test_fidelity_is_that_of_the_test_pairs(record: Record, folder: Path) -> None:
    from convert.runtimes.open import open_runtime
    from train.data.paired import held_out_pairs

    pairs = [pair.read() for pair in held_out_pairs(Paired(str(folder / "pairs")), "test")]
    runtime = open_runtime(folder / "trained.safetensors", 1)
    wanted = np.mean([psnr(runtime(photo), target) for photo, target in pairs])
    assert row(record, "trained")["fidelity"]["psnr"] == pytest.approx(wanted, abs=1e-3)
    untouched = np.mean([psnr(photo, target) for photo, target in pairs])
    assert row(record, "photo")["fidelity"]["psnr"] == pytest.approx(untouched, abs=1e-3)
    assert "fidelity" not in row(record, "unet-resnet18")


def test_every_measure_has_an_error_and_what_cannot_be_run_a_reason(record: Record) -> None:
    errors = row(record, "trained")["fidelity"]["errors"]
    assert errors.keys() == {"psnr", "ssim", "gradient_error", "perceptual", "colour_error", "crop"}
    assert all(error > 0 for name, error in errors.items() if name != "crop")
    assert {"FID", "shimmer"} <= record["held_out"]["not_run"].keys()


def test_a_closer_look_is_taken_at_the_headline_file_and_the_papers_model(record: Record) -> None:
    assert record["estimates"]["systems"].keys() == {"model-float32.tflite", "unet-resnet18"}
    peaks = record["estimates"]["host"]
    assert peaks["gmacs"]["int8"] > 1 and peaks["gmacs"]["float32"] > 1 and peaks["gbytes"] > 0.1
    profiled = {profile["system"] for profile in record["profiles"]}
    assert profiled == {"model-float32.tflite", "unet-resnet18", "trained"}


def test_machine_and_protocol_are_written_down(record: Record) -> None:
    assert record["protocol"]["threads"] == 1
    assert record["protocol"]["gpu_factor"] == 10
    assert record["machine"]["versions"]["torch"] == torch.__version__.split("+")[0]
    assert record["machine"]["processor"] == describe(this_processor())


def test_the_page_stands_alone_and_holds_every_row(folder: Path, record: Record) -> None:
    page = (folder / render.PAGE).read_text(encoding="utf-8")
    links = re.sub(r'<a href="https://[^"]*"', "", page)  # followed by hand alone
    assert not re.search(r"""(src|href|xlink:href)\s*=\s*["'](?!data:|#)""", links)
    assert not re.search(r"""<script[^>]|<link|@import|url\((?!#|["']?data:|"\$)|fetch\(|XMLHttpRequest""", page)
    assert page.count('<img src="data:image/jpeg;base64,') == page.count("data:image/jpeg;base64,")
    assert all(re.search(r'alt="[^"]', tag) for tag in re.findall(r'<div class="panel"><img[^>]*>', page))
    for entry in record["rows"]:
        if "reason" in entry:
            assert entry["reason"].split("'")[0].split('"')[0] in page
    assert page.count('<th scope="row">') >= len(record["rows"]) + 4
    assert len(re.findall(r"<svg (?!xmlns=')", page)) == 8  # four plots, wide and narrow


def test_page_and_markdown_are_made_from_json_and_pictures_alone(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "benchmarks.json", tmp_path)
    shutil.copytree(folder / "pictures", tmp_path / "pictures")
    assert exit_code(report_main, tmp_path) == 0
    for name in (render.PAGE, render.MARKDOWN):
        assert (tmp_path / name).read_text() == (folder / name).read_text()


def test_the_record_holds_every_judged_picture_and_the_page_two_of_each_photo(folder: Path, run: Run) -> None:
    page = (folder / render.PAGE).read_text(encoding="utf-8")
    shown = [photo.name for photo in run.held_out.shown]
    assert all(list(judged.pictures) == shown for judged in run.fidelity.values())
    files = {file for judged in run.fidelity.values() for file in judged.pictures.values()}
    files |= {photo.target for photo in run.held_out.shown}
    assert {path.name for path in (folder / "pictures").iterdir()} == files
    on_page = [base64.b64encode((folder / "pictures" / file).read_bytes()).decode() in page for file in files]
    assert sum(on_page) >= 4 * len(shown)  # photo, target, a checkpoint and a file


def test_the_markdown_is_one_table_with_a_line_for_each_row(folder: Path, record: Record) -> None:
    lines = [line for line in (folder / render.MARKDOWN).read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert {len(row) for row in cells} == {7}  # network, runtime, one size, file, three measures
    assert len(cells) == len(record["rows"]) + 2
    student = next(row for row in cells if row[1] == "LiteRT")
    assert student[0] == "model-float32, as made"
    assert re.fullmatch(r"[\d.]+\s(ms|s) \([\d.]+×\)", student[2])
    assert student[4] == f"{row(record, 'model-float32.tflite')['fidelity']['psnr']:.2f}"


def test_labels_keep_off_each_other_where_dots_coincide() -> None:
    with themed():
        figure = new_figure(*render.SPEED_SIZES[1])
        axes = figure.subplots()
        axes.set(xscale="log", xlim=(0.001, 10), ylim=(10, 30))
        dots = [labels.Dot(0.02 + 0.002 * index, 25.0, 4.0, f"student, number {index}") for index in range(6)]
        renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
        texts = labels.place(axes, dots, [])
    boxes = [labels.box(text, renderer) for text in texts]
    assert len(boxes) == 6
    assert not any(first.overlaps(second) for index, first in enumerate(boxes) for second in boxes[:index])
    arrows = [(text.arrow_patch, own) for text, own in zip(texts, boxes, strict=True) if text.arrow_patch]
    lines = [(arrow.get_transform().transform_path(arrow.get_path()), own) for arrow, own in arrows]
    assert lines and not any(line.intersects_bbox(box) for line, own in lines for box in boxes if box is not own)


@pytest.mark.parametrize(
    "words",
    [
        *[("--iterations", "0"), ("--sizes", "0"), ("--sizes", "256", "-1"), ("--threads", "0"), ("--from", "nowhere")],
        *[("--trim", "50"), ("--system", "net.h5"), ("--system", "none.onnx"), ("--only", "nothing")],
        *[("--export", "run.json"), ("--benchmark-model", "program")],
    ],
)
def test_wrong_flags_are_one_line_and_exit_code_2(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, *words) == 2
    assert capsys.readouterr().err.startswith(f"error: {words[0]}: {words[-1]}: ")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['', '--help']; import benchmarks.__main__ as m, atexit; "
        "atexit.register(lambda: print(sorted({'torch', 'numpy', 'tensorflow'} & set(sys.modules)))); m.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "--quick" in done.stdout
    assert done.stdout.strip().endswith("[]")


def test_pictures_are_of_the_float_file_and_the_int8_one() -> None:
    about = {"group": "made", "pictures": {"a": "a.png"}, "device": "cpu", "model": "small", "runtime": "LiteRT"}
    rows = [about | {"precision": precision} for precision in ("dynamic", "float16", "float32", "int8")]
    assert [row["precision"] for row in panels.painters({"rows": rows})] == ["float32", "int8"]


def test_the_run_has_a_row_for_each_system_and_size_with_all_that_is_measured(run: Run) -> None:
    sizes = {(row.system, row.size.width) for row in run.rows}
    assert len(sizes) == len(run.rows) == len({row.system for row in run.rows})
    file = next(row for row in run.rows if row.system == "model-float32.tflite")
    assert {"load_ms", "first_ms", "peak_memory_bytes", "end_to_end_ms", "disturbed"} <= file.plain().keys()
    assert run.files["model-float32.tflite"].bytes == file.bytes
    network = next(row for row in run.rows if row.system == "unet-resnet18")
    assert network.weights == "untrained" and network.parameters == pytest.approx(31.3e6, rel=0.01)
    assert network.load_ms is None and network.file is None
    assert run.readings and run.settings.sizes[0].name == "50"


def test_the_fastest_made_file_has_a_sustained_curve(run: Run) -> None:
    (curved,) = [row for row in run.rows if row.sustained]
    made = [row for row in run.rows if row.group == "made" and row.status == "measured"]
    fastest = min((row for row in made if row.size.width == 50), key=lambda row: row.mean_ms)
    assert curved is fastest and curved.sustained[0].at_s >= 1 and curved.throttled is not None


def point(median_ms: float) -> CurvePoint:
    return CurvePoint(at_s=0, median_ms=median_ms, runs=1)


def test_throttled_is_over_ten_per_cent_slower_in_the_end() -> None:
    curve = [point(value) for value in [10.0] * 15 + [10.5] * 5]
    assert not throttled(curve)
    assert throttled(curve[:18] + [point(11.5)] * 2)
    assert not throttled(curve[:1]) and not throttled([])
