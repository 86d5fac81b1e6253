"""Systems in processes of their own: what goes wrong there costs one row, and memory is their own."""

from pathlib import Path
from typing import Any

import broken_systems
import numpy as np
import pytest
from PIL import Image

from benchmarks.records.row import Row
from benchmarks.systems.system import Crashed, System
from benchmarks.timing.load_monitor import LoadMonitor
from benchmarks.timing.partial import Partial
from benchmarks.timing.protocol import BenchmarkPlan
from benchmarks.timing.stage import Stage
from benchmarks.timing.worker import Child

PLAN = BenchmarkPlan(iterations=(5,), sizes=(16,), threads=1, warm_ups=1)
PHOTO = np.full((24, 32, 3), 99, np.uint8)


def system(name: str, **changes: Any) -> System:
    about: dict[str, Any] = {"key": name, "model": name, "group": "peer", "runtime": "LiteRT", "precision": "float32"}
    return System(**(about | {"threads": 1, "open": getattr(broken_systems, name, None)} | changes))


def jpeg(folder: Path) -> bytes:
    Image.fromarray(PHOTO).save(folder / "photo.jpg")
    return (folder / "photo.jpg").read_bytes()


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    folder = tmp_path_factory.mktemp("stage")
    names = ("Fine", "Nan", "Dies", "Large", "Raises", "Quits")
    systems = [*map(system, names), system("elsewhere", absent="there is none here")]
    found = Stage(systems, 16, PLAN).run(PHOTO, jpeg(folder), LoadMonitor(), Partial(folder, "test"))
    return {row.system: row for row in found}


def test_one_that_breaks_costs_its_own_row_only(rows: dict[str, Row]) -> None:
    ends = {key: (row.status, row.reason) for key, row in rows.items()}
    assert ends == {
        "Fine": ("measured", None),
        "Nan": ("failed", "NaN or infinity in its output"),
        "Dies": ("crashed", "its process was ended by SIGSEGV"),
        "Large": ("measured", None),
        "Raises": ("failed", "no kernel for this"),
        "Quits": ("crashed", "its process ended with exit code 7"),
        "elsewhere": ("not run", "there is none here"),
    }
    assert all(bool(row.samples_ms) == (row.status == "measured") for row in rows.values())


def test_what_is_measured_beside_the_samples(rows: dict[str, Row]) -> None:
    fine = rows["Fine"]
    assert len(fine.samples) == 5 and min(fine.samples) >= 2 and fine.first_ms and fine.first_ms >= 2
    whole = fine.end_to_end_ms
    assert whole
    parts = whole.decode + whole.resize + whole.network + whole.encode
    assert whole.network >= 2 and parts <= whole.total * 6  # medians of each
    assert fine.load_ms is None and fine.bytes is None  # no file


def test_memory_is_the_greatest_use_of_a_fresh_process(rows: dict[str, Row]) -> None:
    small, large = (rows[name].peak_memory_bytes or 0 for name in ("Fine", "Large"))
    assert 250_000_000 < large - small < 400_000_000
    held = np.ones(500_000_000, np.uint8)  # what this process has held is no child's
    child = Child(system("Fine"))
    assert child.ask("peak_memory") < held.nbytes
    child.close()


@pytest.mark.skipif(not Path("/proc").exists(), reason="modules are looked up in /proc")
def test_a_litert_process_has_no_torch_in_it() -> None:
    child = Child(system("Fine"))
    child.open()
    maps = Path(f"/proc/{child.process.pid}/maps").read_text()
    child.close()
    assert "litert" in maps and "libtorch" not in maps


def test_one_that_says_nothing_is_ended() -> None:
    child = Child(system("Silent"))
    child.open()
    child.patience = 0.3
    with pytest.raises(Crashed, match="said nothing"):
        child.ask("first", PHOTO)
    assert not child.process.is_alive()


def test_one_whose_parent_was_killed_ends_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    child = Child(system("Fine"))
    child.pipe.send(("open", ()))
    assert child.pipe.poll(60)  # an answer that nobody will read
    child.pipe.close()
    child.process.join(30)
    assert child.process.exitcode == 0 and capfd.readouterr().err == ""


def test_pictures_cross_over() -> None:
    child = Child(system("Fine"))
    child.open()
    assert np.array_equal(child(PHOTO), PHOTO)
    child.close()


def test_an_interrupted_stage_goes_on_and_a_finished_one_is_not_measured_again(tmp_path: Path) -> None:
    plan = BenchmarkPlan(iterations=(3,), sizes=(16,), threads=1, warm_ups=0)
    partial = Partial(tmp_path, "about")
    partial.written = -1e9  # long ago
    partial.keep_samples("16 px", {"Fine": [0.5, 0.5]}, [])
    resumed = Partial(tmp_path, "about")
    (row,) = Stage([system("Fine")], 16, plan).run(PHOTO, jpeg(tmp_path), LoadMonitor(), resumed)
    assert row.samples[:2] == [500.0, 500.0] and len(row.samples) == 3
    assert Stage([system("Fine")], 16, plan).run(PHOTO, b"", LoadMonitor(), Partial(tmp_path, "about")) == [row]
    assert Partial(tmp_path, "something else").rows("16 px") is None
    (tmp_path / "benchmarks.part.json").write_text("{")
    assert Partial(tmp_path, "about").rows("16 px") is None
