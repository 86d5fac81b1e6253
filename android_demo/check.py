"""make android-check: the checks of the app that need no Android SDK, Gradle or phone.

1. `core` compiles, and its tests run on the JVM against tests/golden.
2. `app` compiles against `stubs`: declarations of the API it uses, without behaviour.
3. The manifest and the resources go through aapt.
"""

import os
import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from pix2phone.errors import CheckFailed, OneLineParser, UserError, run_command

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "tests" / "golden"
BUILD = HERE / "build" / "check"
FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")  # of API 29
JUNIT = (Path("/usr/share/java/junit4.jar"), Path("/usr/share/java/hamcrest.jar"))
APT = "sudo apt-get install default-jdk-headless junit4 aapt android-framework-res"
COMPILER = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"


def main() -> None:
    """Run all three; CheckFailed with the tool's own words at the first that fails."""
    OneLineParser(prog="python -m android_demo.check", description=__doc__).parse_args()
    print(check(BUILD))


def check(build: Path) -> str:
    """The checks that passed, one line each. UserError when a tool is missing."""
    java, aapt = find_tools()
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    core, tests, app = build / "core", build / "tests", build / "app"
    compile_kotlin(java, [HERE / "core/src/main/kotlin"], [], core)
    compile_kotlin(java, [HERE / "core/src/test/kotlin"], [core, *JUNIT], tests, friend=core)
    passed = run_tests(java, [core, tests], build)
    resources = package_resources(aapt, build)
    compile_kotlin(java, [HERE / "app/src/main/kotlin", HERE / "stubs", resources], [core], app)
    return "\n".join(
        (
            f"core: {passed} tests passed on the JVM",
            "app: compiles against stubs (not run: a phone, an emulator, Gradle)",
            f"resources: aapt took manifest and {len(list((HERE / 'app/src/main/res').rglob('*.xml')))} files",
        )
    )


def find_tools() -> tuple[str, str]:
    """java and aapt. UserError, with the line that installs them, when one is missing."""
    java, aapt = map(shutil.which, ("java", "aapt"))
    files = [str(path) for path in (FRAMEWORK, *JUNIT) if not path.exists()]
    missing = [name for name, found in (("java", java), ("aapt", aapt)) if not found] + files
    if missing or not (java and aapt):
        raise UserError(f"missing: {', '.join(missing)}. On Debian or Ubuntu: {APT}")
    return java, aapt


def jars() -> Path:
    """The folder of jars that the kotlin-jupyter-kernel package brings: compiler, standard library, serialisation."""
    spec = find_spec("run_kotlin_kernel")
    if spec is None or spec.origin is None:
        raise UserError("missing: the Kotlin compiler. Install what pyproject.toml names: make install")
    return Path(spec.origin).parent / "jars"


def compile_kotlin(java: str, sources: list[Path], classes: list[Path], out: Path, friend: Path | None = None) -> None:
    """Compile the folders `sources` (Java files in them are only read) into the folder `out`; warnings are errors.

    `friend`: whose internal names are seen, as Gradle lets tests see them.
    """
    compiler = next(jars().glob("kotlin-jupyter-kernel-*-all.jar"))
    classpath = os.pathsep.join(map(str, [*_libraries(), *classes]))
    options = ["-no-stdlib", "-no-reflect", "-jvm-target", "17", "-Werror"]
    options += [f"-Xfriend-paths={friend}"] if friend else []
    command = [java, "-Xmx1g", "-XX:TieredStopAtLevel=1", "-cp", str(compiler), COMPILER, *options]
    _run([*command, "-cp", classpath, "-d", str(out), *map(str, sources)], f"kotlinc {sources[0]}")


def run_tests(java: str, classes: list[Path], build: Path) -> int:
    """How many of core's tests passed, at least one; CheckFailed if one did not."""
    found = sorted((HERE / "core/src/test/kotlin").rglob("*Test.kt"))
    names = [f"org.pix2phone.core.{path.stem}" for path in found]
    classpath = os.pathsep.join(map(str, [*_libraries(), *classes, *JUNIT]))
    places = [f"-Dgolden={GOLDEN}", f"-Dout={build}"]
    said = _run([java, *places, "-cp", classpath, "org.junit.runner.JUnitCore", *names], "core's tests")
    passed = re.search(r"^OK \((\d+) tests?\)", said, re.MULTILINE)
    if not passed:
        raise CheckFailed(f"core's tests ran none:\n{said}")
    return int(passed[1])


def package_resources(aapt: str, build: Path) -> Path:
    """Put manifest and resources through aapt; the folder in which it wrote R.java."""
    app = HERE / "app/src/main"
    generated = build / "generated"
    generated.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        # Gradle takes these from app/build.gradle.kts, aapt from the manifest itself.
        manifest = Path(folder) / "AndroidManifest.xml"
        text = (app / "AndroidManifest.xml").read_text(encoding="utf-8")
        manifest.write_text(text.replace("<manifest ", f'<manifest package="{namespace()}" ', 1), encoding="utf-8")
        inputs = ["-M", str(manifest), "-S", str(app / "res"), "-A", str(app / "assets"), "-I", str(FRAMEWORK)]
        versions = ["--min-sdk-version", "26", "--target-sdk-version", "29"]
        output = ["-J", str(generated), "-F", str(build / "resources.apk")]
        _run([aapt, "package", "-f", "-m", *versions, *inputs, *output], "aapt")
    return generated


def namespace() -> str:
    """The app's package, as Gradle has it."""
    found = re.search(r'namespace = "([\w.]+)"', (HERE / "app/build.gradle.kts").read_text(encoding="utf-8"))
    assert found
    return found[1]


def _libraries() -> list[Path]:
    names = ("kotlin-stdlib", "kotlinx-serialization-core-jvm", "kotlinx-serialization-json-jvm")
    return [next(jars().glob(f"{name}-[0-9]*.jar")) for name in names]


def _run(command: list[str], name: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).strip()
    if done.returncode:
        raise CheckFailed(f"{name}:\n{said}")
    return said


if __name__ == "__main__":
    run_command(main)
