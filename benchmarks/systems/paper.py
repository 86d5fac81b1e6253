"""The paper's own measurement: the constants of its protocol and its Table 2."""

from typing import Any

ABOUT = (
    "“The paper” is a Russian-language research report of 35 pages on painting faces in the look of the series Arcane "
    "with a ResNet dynamic U-Net. Nothing more is known of it here."
)
MODEL = "unet-resnet18"  # the one it ships; the base of every ratio
ITERATIONS = 1000  # on the CPU
GPU_FACTOR = 10  # 10,000 on the GPU
SIZES = (256, 512, 1024)
TRIM_PERCENT = 5.0
TABLE_2: dict[str, dict[str, Any]] = {
    "unet-resnet18": {
        "megabytes": 244,
        "cpu": {"256": 0.106, "512": 0.491, "1024": 2.993},
        "cuda": {"256": 0.0059, "512": 0.0200, "1024": 0.0826},
    },
    "unet-resnet34": {
        "megabytes": 284,
        "cpu": {"256": 0.111, "512": 0.507, "1024": 3.044},
        "cuda": {"256": 0.0066, "512": 0.0207, "1024": 0.0830},
    },
}
"""Seconds for one picture. CPU: AMD Ryzen 9 5900X; GPU: GeForce RTX 3080 Ti; Ubuntu 20.04."""
