"""The Swift of ios_demo: read without an error everywhere, and built and tested where there is a Swift compiler."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from swift_code import CORE, IOS_DEMO, nodes, parse, text

FILES = sorted(path for path in IOS_DEMO.rglob("*.swift") if ".build" not in path.parts)
NETWORK = re.compile(r"\b(URLSession|URLRequest|NWConnection|CFNetwork|WKWebView|NSURLConnection|CFSocket\w*)\b")
# Modules that bring a name, any of them: what a compiler would look up first.
BROUGHT = {
    "ObservableObject": {"Combine", "SwiftUI"},
    "Published": {"Combine", "SwiftUI"},
    "autoreleasepool": {"Foundation"},
    "DispatchQueue": {"Foundation", "UIKit", "AVFoundation"},
    "CFDictionary": {"Foundation"},
    "CVPixelBuffer": {"CoreVideo", "AVFoundation", "CoreImage"},
    "MLModel": {"CoreML"},
    "SHA256": {"CryptoKit"},
    "UIImage": {"UIKit", "SwiftUI"},
    "os_proc_available_memory": {"os"},
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_swift(path: Path) -> None:
    wrong = [node for node in nodes(parse(path)) if node.type == "ERROR" or node.is_missing]
    assert not wrong, f"{path}:{wrong[0].start_point.row + 1}: {text(wrong[0])[:80]}"
    assert max(map(len, path.read_text().splitlines())) <= 120


def test_a_mistake_would_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "wrong.swift"
    path.write_text("func half(_ x: Int -> Int { return x / 2 }\n")
    assert any(node.type == "ERROR" or node.is_missing for node in nodes(parse(path)))


def test_core_needs_foundation_alone() -> None:
    files = (parse(path) for path in CORE.glob("*.swift"))
    imports = {text(node).split()[-1] for file in files for node in nodes(file, "import_declaration")}
    assert imports == {"Foundation"}


def test_nothing_speaks_to_the_network() -> None:
    assert len(FILES) > 30
    for path in FILES:
        assert not NETWORK.search(path.read_text()), path
        assert "import Network" not in path.read_text(), path


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name == "App"], ids=lambda path: path.name)
def test_what_is_used_is_imported(path: Path) -> None:
    parsed = parse(path)
    imports = {text(node).split()[-1] for node in nodes(parsed, "import_declaration")}
    words = {text(node) for node in nodes(parsed, "simple_identifier", "type_identifier")}
    for word, modules in BROUGHT.items():
        assert word not in words or imports & modules, f"{word}: import {' or '.join(sorted(modules))}"


def test_core_passes_its_own_tests() -> None:
    swift = shutil.which("swift")
    if swift is None:
        pytest.skip("not run: no Swift compiler here; on a Mac, or on Linux with Swift: make ios-core")
    command = [swift, "test", "--package-path", str(IOS_DEMO / "Core")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
