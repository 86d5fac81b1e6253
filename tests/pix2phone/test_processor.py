"""The instruction sets reported of this processor and of recorded ones."""

from pathlib import Path
from typing import Any

import pytest

from pix2phone.processor import SETS, describe, has_dot_products, in_webassembly, this_processor

CPUINFO = Path("/proc/cpuinfo")


@pytest.mark.skipif(not CPUINFO.exists(), reason="not run: no /proc/cpuinfo to compare with")
def test_the_sets_of_this_processor_are_those_that_linux_tells_of() -> None:
    lines = [line.partition(":") for line in CPUINFO.read_text().splitlines()]
    flags = next(rest for name, _, rest in lines if name.strip() in ("flags", "Features")).split()
    here = this_processor()
    assert here["instructions"] == [name for name in SETS if name in flags]
    assert here["dot_products"] == any(SETS[name].dot_products for name in here["instructions"])
    assert here["cpu"] and describe(here).startswith(here["cpu"])


@pytest.mark.parametrize(
    ("hardware", "words", "known"),
    [
        ({"cpu": "EPYC", "instructions": ["avx2"], "dot_products": False}, "EPYC, AVX2, no 8-bit dot products", False),
        (
            {"device": "P", "cpu": "G4", "instructions": ["asimd", "asimddp", "i8mm"], "dot_products": True},
            "P, G4, NEON dotprod, i8mm, 8-bit dot products",
            True,
        ),
        (
            {"cpu": "old run", "instructions": ["avx2", "avx512f", "avx512_vnni", "avx512_bf16"]},
            "old run, AVX512-VNNI, 8-bit dot products",
            True,
        ),
        ({"cpu": "old run", "instructions": ["avx2"]}, "old run, AVX2", None),  # AVX-VNNI was not looked for
        ({"device": "iPhone17,1"}, "iPhone17,1", None),
    ],
)
def test_words_and_dot_products(hardware: dict[str, Any], words: str, known: bool | None) -> None:
    assert describe(hardware) == words
    assert has_dot_products(hardware) is known


@pytest.mark.parametrize(
    ("instructions", "relaxed", "dots"),
    [
        (["avx2"], True, False),
        (["avx512_vnni"], True, False),
        (["avx_vnni"], False, False),
        (["avx_vnni"], True, None),
        (["asimddp"], True, None),
        (None, True, None),
        (None, False, False),
    ],
)
def test_webassembly_has_dot_products_at_most_by_relaxed_simd(
    instructions: list[str] | None, relaxed: bool, dots: bool | None
) -> None:
    host = {"cpu": "a host", "cores": 2} | ({} if instructions is None else {"instructions": instructions})
    found = in_webassembly(host | {"dot_products": True}, relaxed)
    assert has_dot_products(found) is dots
    assert describe(found).startswith(f"a host, WebAssembly {'relaxed ' if relaxed else ''}SIMD")
