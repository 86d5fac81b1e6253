"""Fine-tuning with fake quantisation: a network learns to live with its int8 roundings.

The folded graph paints with every rounding in place and gradients go straight through (Jacob et al. 2018,
arXiv:1712.05877). Ranges stand still, so what comes out is a float checkpoint and the ranges that it was trained with.
"""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch.fx import GraphModule
from torch.utils.data import DataLoader

from compress.int8.quantize import FakeQuantised, Ranges
from pix2phone.console import track
from pix2phone.errors import CheckFailed, UserError
from train.data.augment import Augmentation
from train.data.crops import Crops
from train.data.paired import Pair
from train.losses import plain_loss
from train.models.contract import Generator

CROP, BATCH, LEARNING_RATE, SEED = 160, 8, 2e-4, 0


def trainable(model: Generator, graph: GraphModule) -> set[str]:
    """The weights of `graph` that are the folded `model`'s own, so that training can give them back by their names.

    Those that `export_graph` has made of a norm and a convolution are not. UserError if no others are left.
    """
    names = {str(node.target) for node in graph.graph.nodes if node.op == "get_attr"} & model.state_dict().keys()
    if not names:
        raise UserError(f"--qat: {type(model).__name__}: norms stand at all its weights; --distill a student first")
    return names


def fine_tune(model: Generator, graph: GraphModule, ranges: Ranges, pairs: Sequence[Pair], steps: int) -> Generator:
    """A copy of the folded `model`, whose graph is `graph`, trained for `steps` with the roundings of `ranges`.

    Only `trainable` weights move. It is a short run, which starts again when it was interrupted.
    Raises UserError as `trainable` does, CheckFailed when the loss is no number any more.
    """
    names = trainable(model, graph)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = FakeQuantised(graph, ranges).to(device).train()
    weights = {name: weight for name, weight in network.network.named_parameters() if name in names}
    optimiser = torch.optim.AdamW(weights.values(), LEARNING_RATE, weight_decay=0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    crops = Crops(list(pairs), CROP, steps * BATCH, Augmentation(degrees=0.0, zoom=1.0), SEED)
    for photos, targets in track(DataLoader(crops, BATCH), f"int8: {steps} steps of fine-tuning", steps):
        loss = plain_loss(network(photos.to(device)), targets.to(device))
        if not loss.isfinite():
            raise CheckFailed("--qat: the loss is no number any more; leave --qat out")
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    tuned = deepcopy(model)
    tuned.load_state_dict(weights, strict=False)
    return tuned.cpu()
