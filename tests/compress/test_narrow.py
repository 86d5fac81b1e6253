"""Ranges that are far too wide come nearer to what pictures need; those of operators that only move values stay together."""

import numpy as np
import pytest
import torch
from made_files import stirred_student
from model_tester import picture
from torch.fx import GraphModule

from compress.graph import export_graph
from compress.int8.calibrate import calibrate, nudge
from compress.int8.narrow import narrow
from compress.int8.quantize import FakeQuantised
from compress.int8.sensitivity import Pictures, pooled_psnr
from train.models.generator import painter


@pytest.fixture(scope="module")
def graph() -> GraphModule:
    return export_graph(stirred_student(std=0.1, seed=0))


@pytest.fixture(scope="module")
def in_float(graph: GraphModule) -> Pictures:
    paint = painter(FakeQuantised(graph, dict.fromkeys(calibrate(graph, []))))
    photos = [(picture(*size)[0] * 255).byte().permute(1, 2, 0).numpy() for size in ((64, 80), (48, 64))]
    return [(photo, paint(photo)) for photo in photos]


def test_wide_ends_come_nearer_and_the_pictures_too(graph: GraphModule, in_float: Pictures) -> None:
    sound = calibrate(graph, [photo for photo, _ in in_float])
    wide = {"conv2d_4": nudge(-40.0, 40.0), "pixel_shuffle_0": nudge(-40.0, 40.0), "relu_4": nudge(0.0, 60.0)}
    narrowed, near = narrow(graph, sound | wide, in_float)
    assert near == pooled_psnr(FakeQuantised(graph, narrowed).eval(), in_float)
    assert near > pooled_psnr(FakeQuantised(graph, sound | wide).eval(), in_float) + 3
    for name, ends in wide.items():
        found = narrowed[name]
        assert found and np.ptp(found) < 0.7 * np.ptp(ends)
    assert narrowed["conv2d_4"] == narrowed["pixel_shuffle_0"]
    assert narrowed["image"] == (0.0, 1.0)


@torch.inference_mode()
def test_ranges_that_fit_are_not_made_worse(graph: GraphModule, in_float: Pictures) -> None:
    sound = calibrate(graph, [photo for photo, _ in in_float])
    _, near = narrow(graph, sound, in_float)
    assert near >= pooled_psnr(FakeQuantised(graph, sound).eval(), in_float)
