"""Fine-tuning with fake quantisation: the network adapts its weights to int8 rounding.

The folded graph paints with every rounding in place and gradients go straight through (Jacob et al. 2018,
arXiv:1712.05877). The steps between the levels of each activation are learnt too (LSQ: Esser et al. 2020,
arXiv:1902.08153). The result is a float checkpoint and the ranges that it was trained with. Float files are made
from it too, and could show a grid that rounding hides: the loss keeps their pictures free of grids as well.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import ClassVar

import torch
from torch import nn
from torch.func import functional_call
from torch.fx import GraphModule

from compress.int8.quantize import FakeQuantised
from compress.int8.sensitivity import layers
from operators.levels import STEPS, Range, Ranges, scale_and_zero
from pix2phone.errors import UserError
from train.data.augment import Augmentation
from train.data.crops import Crops
from train.data.paired import Pair
from train.engine.batches import Batches
from train.engine.clock import Clock
from train.engine.loop import run
from train.engine.task import Batch, Task
from train.engine.training import Training
from train.losses.pixel import grid_loss, late_loss
from train.models.generator import Generator
from train.tasks.optimizers import muon, set_cosine

CROP, BATCH, LEARNING_RATE, SEED = 160, 4, 2.5e-4, 0  # higher rates lose more accuracy than rounding costs
STEP_RATE = 1e-3  # at which the logarithms of the steps learn


class Rounding(nn.Module):
    """To the 256 levels of a range whose zero stands still and whose step is learnt."""

    def __init__(self, value_range: Range) -> None:
        super().__init__()
        scale, self.zero = scale_and_zero(value_range)
        self.log_scale = nn.Parameter(torch.tensor(scale).log())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scale = self.log_scale.exp()
        steps = (x / scale).clamp(-self.zero, STEPS - self.zero)
        return (steps + (steps.round() - steps).detach()) * scale

    def value_range(self) -> Range:
        """The range that it has learnt."""
        scale = self.log_scale.exp().item()
        return -self.zero * scale, (STEPS - self.zero) * scale


class RoundedTraining(Task):
    """The weights `names` of the folded `graph`, and the steps of its `ranges`, trained with the roundings in place."""

    exported: ClassVar[str] = "rounded"
    remedy: ClassVar[str] = "leave --qat out"

    def __init__(self, graph: GraphModule, ranges: Ranges, names: set[str]) -> None:
        rounded = FakeQuantised(graph, ranges)
        self.roundings = _learn_steps(rounded.network, graph, ranges)
        parameters = rounded.network.named_parameters()
        self.weights: dict[str, torch.Tensor] = {name: weight for name, weight in parameters if name in names}
        self.in_float = FakeQuantised(graph, dict.fromkeys(ranges)).network
        logs = [rounding.log_scale for rounding in dict.fromkeys(self.roundings.values())]
        weights = muon(list(self.weights.values()), lr=LEARNING_RATE, weight_decay=0)
        self.networks = {self.exported: rounded}
        self.optimizers = {"weights": weights, "steps": torch.optim.Adam(logs, STEP_RATE)}

    def step(self, batch: Batch, progress: float) -> dict[str, torch.Tensor]:
        network, photo = self.networks[self.exported], batch["photo"]
        plain = functional_call(self.in_float.to(photo.device), self.weights, photo)
        loss = late_loss(network(photo), batch) + grid_loss(plain, batch)
        network.zero_grad()
        loss.backward()
        for optimizer, rate in zip(self.optimizers.values(), (LEARNING_RATE, STEP_RATE), strict=True):
            set_cosine(optimizer, progress, rate)
            optimizer.step()
        return {"loss": loss.detach()}


def trainable(model: Generator, graph: GraphModule) -> set[str]:
    """The weights of `graph` that are the folded `model`'s own, so that training can give them back by their names.

    Those that `export_graph` has made of a norm and a convolution are not. UserError if no others are left.
    """
    names = {str(node.target) for node in graph.graph.nodes if node.op == "get_attr"} & model.state_dict().keys()
    if not names:
        raise UserError(f"--qat: {type(model).__name__}: norms stand at all its weights; --distill a student first")
    return names


def fine_tune(
    model: Generator, graph: GraphModule, ranges: Ranges, pairs: Sequence[Pair], steps: int
) -> tuple[Generator, Ranges]:
    """A copy of the folded `model`, whose graph is `graph`, trained for `steps` with its roundings; and its ranges.

    Only `trainable` weights move, and the steps of `ranges` but for those of the pictures. It is a short run, which
    starts again when it was interrupted.
    Raises UserError as `trainable` does, CheckFailed when the loss is not finite.
    """
    task = RoundedTraining(graph, ranges, trainable(model, graph))
    batches = Batches(Crops(list(pairs), CROP, Augmentation(degrees=0.0, zoom=1.0), SEED), BATCH)
    run(Training(task, Clock(steps)), batches, title=f"int8: {steps} steps of fine-tuning")
    tuned = deepcopy(model)
    tuned.load_state_dict(task.weights, strict=False)
    return tuned.cpu(), ranges | {name: rounding.value_range() for name, rounding in task.roundings.items()}


def _learn_steps(network: GraphModule, graph: GraphModule, ranges: Ranges) -> dict[str, Rounding]:
    """Put a `Rounding` in place of each fixed one of `network` but the pictures'; by the names of the rounded nodes.

    Nodes of one range share one.
    """
    roundings: dict[str, Rounding] = {}
    for layer, names in layers(graph).items():
        if value_range := ranges[layer]:
            roundings |= dict.fromkeys(names, Rounding(value_range))
    for node in list(network.graph.nodes):
        rounded = node.args[0].name if node.target is torch.fake_quantize_per_tensor_affine else ""
        if rounded in roundings:
            network.add_submodule(f"rounding_{rounded}", roundings[rounded])
            with network.graph.inserting_after(node):
                learning = network.graph.call_module(f"rounding_{rounded}", (node.args[0],))
            node.replace_all_uses_with(learning)
            network.graph.erase_node(node)
    network.recompile()
    return roundings
