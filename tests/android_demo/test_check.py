"""make android-check, run; and the faults it must refuse."""

import re
import shutil
from pathlib import Path

import pytest

from android_demo import check
from benchmarks.schema import read_run
from pix2phone.errors import CheckFailed, UserError

pytestmark = pytest.mark.java


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which it worked, and its output."""
    build = tmp_path_factory.mktemp("android") / "build"
    return build, check.check(build)


def test_core_passes_its_tests_and_the_app_compiles(checked: tuple[Path, str]) -> None:
    build, said = checked
    core, app, resources = said.splitlines()
    sources = (check.HERE / "core/src/test/kotlin").rglob("*Test.kt")
    assert core == f"core: {sum(path.read_text().count('@Test') for path in sources)} tests passed on the JVM"
    assert "not run: a phone, an emulator, Gradle" in app
    assert "aapt took" in resources
    assert (build / "app/org/pix2phone/demo/CameraActivity.class").is_file()


def test_what_core_writes_is_a_run_that_the_desk_reads(checked: tuple[Path, str]) -> None:
    run = read_run(checked[0] / "run.json")
    assert run.by == "android"
    assert [row.status for row in run.rows] == ["measured", "measured", "failed"]
    assert run.rows[0].throttled
    assert run.rows[2].reason == "no such"


@pytest.mark.parametrize(
    ("use", "said"),
    [
        ("fun wrong(activity: android.app.Activity) = activity.openTheDoor()", "openTheDoor"),
        ("fun wrong(intent: android.content.Intent) = intent.data.lastPathSegment", "Uri?"),
    ],
    ids=["what Android does not have", "what Android may leave empty"],
)
def test_a_wrong_use_does_not_compile(checked: tuple[Path, str], tmp_path: Path, use: str, said: str) -> None:
    java, _ = check.find_tools()
    (tmp_path / "Wrong.kt").write_text(f"{use}\n")
    with pytest.raises(CheckFailed, match=re.escape(said)):
        check.compile_kotlin(java, [tmp_path, check.HERE / "stubs"], [checked[0] / "core"], tmp_path / "out")


def test_a_missing_tool_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match=r"^missing: java, aapt\. .*sudo apt-get install default-jdk-headless"):
        check.find_tools()
