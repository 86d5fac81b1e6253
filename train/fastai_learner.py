"""The file that fastai's `learn.save` writes of a dynamic U-Net, as a generator."""

from pathlib import Path

import torch
from fastcore.foundation import L

from pix2phone.errors import UserError, first_line
from pix2phone.external.formats import how_to_export
from train.models import build_member
from train.models.dynamic_unet import DynamicUnet
from train.models.encoders import RESNETS
from train.models.generator import Generator

LAST = "layers.12.0.weight_v"  # of a network that ends as the report's does
REMEDY = (
    "save it with learn.save of unet_learner(dls, resnet18 or resnet34, n_out=3, self_attention=True, "
    "norm_type=NormType.Weight)"
)


def load_learner(path: Path) -> tuple[Generator, str]:
    """The generator in evaluation mode, and its name for recipes; `path` was saved with its optimizer or without.

    The network takes photos that fastai normalised by ImageNet's statistics and gives pictures in [0, 1]: the file
    says neither. No code in the file is run. UserError for weights of any other network.
    """
    try:
        with torch.serialization.safe_globals([L]):  # fastai's list, in the optimizer's state
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # the unpickler stops at damage with errors of any kind
        raise UserError(f"{path}: no weights that can be read safely ({first_line(error)}); {REMEDY}") from None
    state = state.get("model", state) if isinstance(state, dict) else {}
    if LAST not in state:
        what = "not the weights of fastai's dynamic U-Net with weight norm"
        raise UserError(f"{path}: {what}; {REMEDY}, or {how_to_export(path)}")
    for encoder in RESNETS:
        model = build_member("unet", {"encoder": encoder})
        assert isinstance(model, DynamicUnet)
        try:
            return model.load_fastai(state).eval(), f"unet-{encoder}"
        except RuntimeError as error:
            tensors = str(error).partition("\n")[2]  # its first line says only that there are some
    raise UserError(f"{path}: fits no dynamic U-Net of this toolkit ({first_line(tensors)}); {REMEDY}")
