"""The modules without a browser API, in node."""

import shutil
import subprocess
from pathlib import Path


def test_pure_modules_in_node() -> None:
    node = shutil.which("node")
    assert node, "missing: node. On Debian or Ubuntu: sudo apt-get install nodejs"
    file = Path(__file__).with_name("pure.test.js")
    done = subprocess.run([node, "--test", "--test-reporter=tap", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# pass 11\n" in done.stdout
