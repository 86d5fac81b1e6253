"""The instruction sets of a processor, since the time of an int8 network depends on it as much as on the network.

An int8 file is several times faster than a float32 one where an instruction multiplies bytes and adds the products up
in 32 bits (a dot product). Where there is none, both take about the same time, so that a ratio measured on one kind of
processor does not hold on the other.
"""

import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

WITH = "with 8-bit dot products (phones since 2018, AVX-VNNI, AVX512-VNNI)"
WITHOUT = "without 8-bit dot products (older phones, AVX2 alone, WebAssembly unless it has relaxed SIMD)"


class Instructions(NamedTuple):
    """A set of instructions: its title, its name in `torch.cpu.get_capabilities`, whether it has dot products."""

    words: str
    capability: str = ""
    dot_products: bool = False


# By Linux's names of /proc/cpuinfo, which phones have too; of those without dot products the most telling comes last.
SETS = {
    "simd128": Instructions("WebAssembly SIMD"),
    "relaxed_simd": Instructions("WebAssembly relaxed SIMD"),
    "avx512_bf16": Instructions("AVX512-BF16", "avx512_bf16"),
    "amx_bf16": Instructions("AMX-BF16", "amx_bf16"),
    "asimd": Instructions("NEON", "neon"),
    "avx2": Instructions("AVX2", "avx2"),
    "avx512f": Instructions("AVX-512", "avx512_f"),
    "avx_vnni": Instructions("AVX-VNNI", "avx_vnni", dot_products=True),
    "avx512_vnni": Instructions("AVX512-VNNI", "avx512_vnni", dot_products=True),
    "amx_int8": Instructions("AMX", "amx_int8", dot_products=True),
    "asimddp": Instructions("NEON dotprod", "dot", dot_products=True),
    "i8mm": Instructions("i8mm", "i8mm", dot_products=True),
}
EXAMINED = {"avx2", "neon"}  # keys that torch has on the two architectures of which it knows the sets
Hardware = dict[str, Any]  # the "hardware" of benchmarks/schema.json


def this_processor() -> Hardware:
    """Of the machine that runs this: "cpu", and where they are known "instructions" and "dot_products"."""
    import torch

    capabilities = torch.cpu.get_capabilities()
    named = {"cpu": _name(capabilities.get("cpu_name", ""))}
    if not EXAMINED & capabilities.keys():
        return named
    return named | of_flags(name for name, known in SETS.items() if capabilities.get(known.capability))


def of_flags(flags: Iterable[str]) -> Hardware:
    """The "instructions" and "dot_products" of a processor that has `flags`, by Linux's names, and no others."""
    given = set(flags)
    names = [name for name in SETS if name in given]
    return {"instructions": names, "dot_products": any(SETS[name].dot_products for name in names)}


def of_cpuinfo(text: str) -> Hardware:
    """`of_flags` of an ARM phone's /proc/cpuinfo; empty where it lists no 64-bit ARM features."""
    features = _field(text, "Features").split()
    return of_flags(features) if "asimd" in features else {}


def in_webassembly(host: Hardware, relaxed: bool) -> Hardware:
    """The processor `host` as WebAssembly in a browser on it has it: of dot products alone those of `relaxed` SIMD.

    Chromium computes those by the processor's only where that has AVX-VNNI or NEON's (AVX512-VNNI was measured not to
    count, web_demo/README.md); whether it does so there is not known.
    """
    found = {name: value for name, value in host.items() if name not in ("instructions", "dot_products")}
    found["instructions"] = ["simd128", "relaxed_simd"] if relaxed else ["simd128"]
    possible = "instructions" not in host or {"avx_vnni", "asimddp"} & set(host["instructions"])
    return found if relaxed and possible else found | {"dot_products": False}


def has_dot_products(hardware: Hardware) -> bool | None:
    """Whether the processor multiplies and adds up bytes by one instruction; None where that was not recorded.

    A run older than the field "dot_products" looked for some of the sets only, so that it can show that there are some,
    never that there are none.
    """
    if "dot_products" in hardware:
        return bool(hardware["dot_products"])
    names = hardware.get("instructions", [])
    return True if any(name in SETS and SETS[name].dot_products for name in names) else None


def describe(hardware: Hardware) -> str:
    """Device, processor, the sets that matter, and the conclusion: AMD EPYC, AVX2, no 8-bit dot products."""
    named = [hardware[name] for name in ("device", "cpu") if hardware.get(name)]
    known = [SETS[name] for name in SETS if name in hardware.get("instructions", [])]
    dots = [found.words for found in known if found.dot_products]
    plain = [found.words for found in known if not found.dot_products]
    verdict = {True: ["8-bit dot products"], False: ["no 8-bit dot products"], None: []}[has_dot_products(hardware)]
    return ", ".join([*named, *(dots or plain[-1:]), *verdict])


def _name(torchs: str) -> str:
    table = Path("/proc/cpuinfo")
    listed = _field(table.read_text(), "model name") if table.exists() else ""
    return listed or torchs or platform.processor() or platform.machine()


def _field(text: str, name: str) -> str:
    """Of the first processor in /proc/cpuinfo; empty where it is not listed."""
    lines = (line.partition(":") for line in text.splitlines())
    return next((value.strip() for field, _, value in lines if field.strip() == name), "")
