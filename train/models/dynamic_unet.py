"""The paper's generator: fastai's dynamic U-Net over a ResNet, with explicit skips.

fastai's own `DynamicUnet` (https://docs.fast.ai/vision.models.unet.html) finds its skips with forward hooks, which
torch.export refuses; this one has the same layers, so its weights fit, and hands the skips over by name. U-Net:
Ronneberger et al. 2015, arXiv:1505.04597; PixelShuffle with ICNR: Aitken et al. 2017, arXiv:1707.02937;
self-attention: Zhang et al. 2018, arXiv:1805.08318; weight norm: Salimans and Kingma 2016, arXiv:1602.07868.
"""

import warnings
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, parametrize

from train.models.encoders import make_encoder
from train.models.generator import Generator
from train.models.spec import ModelSpec, Tiling

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fastai.layers import BatchNorm, ConvLayer, PixelShuffle_ICNR, ResBlock, SelfAttention

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
FASTAI_PREFIXES = {
    "layers.0.0.": "encoder.stem.0.",
    "layers.0.1.": "encoder.stem.1.",
    "layers.0.4.": "encoder.stages.0.",
    "layers.0.5.": "encoder.stages.1.",
    "layers.0.6.": "encoder.stages.2.",
    "layers.0.7.": "encoder.stages.3.",
    "layers.1.": "bottom.0.",
    "layers.3.0.": "bottom.2.",
    "layers.3.1.": "bottom.3.",
    "layers.4.": "blocks.0.",
    "layers.5.": "blocks.1.",
    "layers.6.": "blocks.2.",
    "layers.7.": "blocks.3.",
    "layers.8.": "last_upsampling.",
    "layers.11.": "refine.",
    "layers.12.": "head.",
}


class Attention(SelfAttention):
    """fastai's self-attention over all positions of N x C x H x W, without its norm: see `_normalise`."""

    def _conv(self, n_in: int, n_out: int) -> nn.Module:
        return ConvLayer(n_in, n_out, ks=1, ndim=1, norm_type=None, act_cls=None, bias=False)


class UpBlock(nn.Module):
    """Doubles the sides of `below` and joins it with the encoder's feature map of that size."""

    def __init__(self, below: int, skip: int, out: int, attention: bool) -> None:
        super().__init__()
        self.shuf = PixelShuffle_ICNR(below, below // 2, norm_type=None)
        self.bn = BatchNorm(skip)
        extra = Attention(out) if attention else None
        self.conv1 = ConvLayer(below // 2 + skip, out, norm_type=None, bias_std=0)
        self.conv2 = ConvLayer(out, out, norm_type=None, bias_std=0, xtra=extra)

    def forward(self, below: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        up = _match(self.shuf(below), skip)
        return self.conv2(self.conv1(F.relu(torch.cat([up, self.bn(skip)], dim=1))))


@dataclass(frozen=True)
class UnetConfig:
    """The arguments of `DynamicUnet` that decide its shape: `encoder` is a key of `encoders.RESNETS`."""

    encoder: str


class DynamicUnet(Generator):
    """N x 3 x H x W in [0, 1] to the same. In training mode the output is not clamped, so that gradients live outside.

    `encoder` is a key of `encoders.RESNETS`. With `pretrained`, raises encoders.WeightsUnavailable if there are none.
    It also takes sides that are no multiples of 32, as fastai's does; a trace or an export of it refuses them.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, encoder: str, pretrained: bool = False) -> None:
        super().__init__()
        self.config = UnetConfig(encoder)
        self.spec = ModelSpec(multiple=32, tiling=Tiling.GLOBAL)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.encoder = make_encoder(encoder, pretrained)
        self._make_decoder(self.encoder.channels)
        for part in (self.bottom, self.blocks, self.last_upsampling, self.refine, self.head):
            _normalise(part)

    def _make_decoder(self, channels: tuple[int, ...]) -> None:
        *skips, deepest = channels
        self.bottom = nn.Sequential(
            BatchNorm(deepest),
            nn.ReLU(),
            ConvLayer(deepest, deepest * 2, norm_type=None, bias_std=0),
            ConvLayer(deepest * 2, deepest, norm_type=None, bias_std=0),
        )
        self.blocks = nn.ModuleList()
        below = deepest
        for place, skip in enumerate(reversed(skips)):
            joined = below // 2 + skip
            out = joined if place < len(skips) - 1 else joined // 2
            self.blocks.append(UpBlock(below, skip, out, attention=place == len(skips) - 3))
            below = out
        self.last_upsampling = PixelShuffle_ICNR(below, norm_type=None)
        self.refine = ResBlock(1, below + 3, below + 3, norm_type=None, bias_std=0)
        self.head = ConvLayer(below + 3, 3, ks=1, act_cls=None, norm_type=None)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        photo = (image - self.mean) / self.std
        *skips, deepest = self.encoder(photo)
        x = self.bottom(deepest)
        for block, skip in zip(self.blocks, reversed(skips), strict=True):
            x = block(x, skip)
        x = _match(self.last_upsampling(x), photo)
        picture = self.head(self.refine(torch.cat([x, photo], dim=1)))
        return picture if self.training else picture.clamp(0, 1)

    def fold(self) -> "DynamicUnet":
        """Replace weight norm and spectral norm by the plain weights they amount to, in place."""
        training = self.training
        self.eval()  # in training mode, reading a spectrally normed weight changes it
        for module in list(self.modules()):
            if isinstance(module, nn.Conv1d | nn.Conv2d) and parametrize.is_parametrized(module):
                _make_plain(module)
        self.train(training)
        return self

    def load_fastai(self, state: dict[str, torch.Tensor]) -> "DynamicUnet":
        """Take the weights of fastai's DynamicUnet, made with self_attention=True and norm_type=NormType.Weight.

        fastai normalises the picture before its network, this one inside; and its output is free, this one's clamped.
        Raises RuntimeError, naming the tensors, when another network's weights are given.
        """
        self.load_state_dict({_name_here(name, state): tensor for name, tensor in state.items()})
        return self


def _match(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Resize `x` to the sides of `like`, where an odd side was rounded up on the way down."""
    return x if x.shape[-2:] == like.shape[-2:] else F.interpolate(x, size=like.shape[-2:], mode="nearest")


def _normalise(decoder: nn.Module) -> None:
    """Weight norm on every convolution, spectral norm in the attention: fastai's NormType.Weight.

    fastai hangs both on forward hooks of torch's old kind, which can be neither copied nor exported.
    """
    for module in list(decoder.modules()):
        if isinstance(module, nn.Conv2d):
            parametrizations.weight_norm(module)
        elif isinstance(module, nn.Conv1d):
            parametrizations.spectral_norm(module)


def _make_plain(module: nn.Conv1d | nn.Conv2d) -> None:
    """As parametrize.remove_parametrizations, but that edits a class which deep copies of the module share."""
    weight = module.weight.detach()
    del module.parametrizations
    module.__class__ = type(module).__bases__[0]
    module.weight = nn.Parameter(weight)


def _name_here(name: str, state: dict[str, torch.Tensor]) -> str:
    prefix = next((prefix for prefix in FASTAI_PREFIXES if name.startswith(prefix)), "")
    owner, _, tensor = (FASTAI_PREFIXES.get(prefix, "") + name.removeprefix(prefix)).rpartition(".")
    spectral = f"{name.rpartition('.')[0]}.weight_orig" in state
    renamed = {
        "weight_g": "parametrizations.weight.original0",
        "weight_v": "parametrizations.weight.0._v" if spectral else "parametrizations.weight.original1",
        "weight_orig": "parametrizations.weight.original",
        "weight_u": "parametrizations.weight.0._u",
    }
    return f"{owner}.{renamed.get(tensor, tensor)}"
