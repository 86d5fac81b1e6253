"""Each way of running a torch module paints what eager torch paints, at every size it is given."""

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.systems.torch_modes import CompiledRuntime, ScriptRuntime
from convert.runtimes.torch_model import TorchRuntime
from train.models import build
from train.models.generator import painter

pytestmark = pytest.mark.converter


@pytest.mark.parametrize("make", [CompiledRuntime, ScriptRuntime])
def test_paints_as_eager_torch_does(make: Callable[..., TorchRuntime]) -> None:
    model = build("nano").fold().eval()
    runtime = make(model, model.spec.multiple)
    for height, width in ((32, 48), (64, 32)):
        picture = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
        runtime.load(picture)
        runtime.invoke()
        painted = np.rint(runtime.raw().clip(0, 1) * 255).astype(int)
        assert np.abs(painted - painter(model)(picture)).max() <= 1
