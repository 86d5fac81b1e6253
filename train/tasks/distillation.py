"""A student that also learns the features which a bigger network paints its picture from."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from pix2phone.errors import UserError
from train.engine.task import Batch
from train.losses import Loss
from train.losses.attention import FEATURE_WEIGHT, attention_transfer
from train.models.generator import Generator, paint
from train.tasks.supervised import Supervised


class Distillation(Supervised):
    """`loss` plus attention transfer from the input of the teacher's last convolution to that of the student's.

    Any two generators can be matched so. `teacher` is frozen and in evaluation mode; it sees every crop: a step then
    costs its forward pass more. For the ResNet18 U-Net that is 7 GMACs a crop of 128 x 128, where `nano` takes 0.01.
    UserError when one of them has no convolution.
    """

    def __init__(self, student: Generator, teacher: Generator, loss: Loss, optimizer: str, rate: float) -> None:
        super().__init__(student, loss, optimizer, rate)
        self.teacher, self.lasts = teacher, (last_convolution(student), last_convolution(teacher))

    def objective(self, batch: Batch) -> torch.Tensor:
        photo, (own, taught) = batch["photo"], self.lasts
        with input_of(own) as learnt:
            loss = super().objective(batch)
        with torch.no_grad(), input_of(taught) as wanted:
            paint(self.teacher.to(photo.device), photo)
        return loss + FEATURE_WEIGHT * attention_transfer(learnt[0], wanted[0])


@contextmanager
def input_of(layer: nn.Module) -> Iterator[list[torch.Tensor]]:
    """Collects the inputs of `layer` within it, one tensor for each call."""
    seen: list[torch.Tensor] = []
    handle = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        yield seen
    finally:
        handle.remove()


def last_convolution(model: Generator) -> nn.Conv2d:
    """The Conv2d of `model` that runs last. UserError when it has none."""
    order: list[nn.Conv2d] = []
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    handles = [module.register_forward_hook(lambda module, *_: order.append(module)) for module in convolutions]
    training, device = model.training, next(model.parameters()).device
    with torch.no_grad():
        model.eval()(*model.spec.example(64, 64, device).values())
    model.train(training)
    for handle in handles:
        handle.remove()
    if not order:
        raise UserError("--learn: features: this network has no convolution to compare; learn targets or outputs")
    return order[-1]
