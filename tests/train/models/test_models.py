"""Every model family keeps the contract; the dynamic U-Net is fastai's."""

import copy
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import torch
from fastai.layers import NormType
from fastai.vision.models.unet import DynamicUnet as FastaiUnet
from model_tester import GeneratorTester, picture, sees_everything, wake
from torch.nn import functional as F
from torchvision.models import get_model

from pix2phone.errors import UserError
from train.models import MODELS, build
from train.models import encoders as encoders_module
from train.models.dynamic_unet import IMAGENET_MEAN, IMAGENET_STD, DynamicUnet
from train.models.encoders import WeightsUnavailable, make_encoder

pytestmark = pytest.mark.training


class TestStudent(GeneratorTester):
    name = "small"

    def test_starts_as_the_identity(self) -> None:
        assert torch.equal(build(self.name)(picture(64, 96)), picture(64, 96))


class UnetTester(GeneratorTester):
    """Properties of the U-Nets beyond the contract: they are fastai's, of the paper's size."""

    encoder: str
    parameters: int

    @classmethod
    def prepare(cls, model: DynamicUnet) -> None:
        model.load_fastai(_fastai_unet(cls.encoder).state_dict())

    def test_size_is_that_of_the_paper(self, model: DynamicUnet) -> None:
        assert sum(parameter.numel() for parameter in model.parameters()) == self.parameters

    def test_attention_alone_makes_it_global(self, model: DynamicUnet) -> None:
        attention = model.blocks[1].conv2[2]
        gamma = attention.gamma.data.clone()
        attention.gamma.data.zero_()
        assert not sees_everything(model)
        attention.gamma.data.copy_(gamma)

    @torch.inference_mode()
    @pytest.mark.parametrize("size", [(64, 64), (71, 93), (100, 56)])
    def test_paints_as_fastai_with_its_weights(self, model: DynamicUnet, size: tuple[int, int]) -> None:
        expected = _paint_with_fastai(_fastai_unet(self.encoder), picture(*size))
        assert ((expected > 0) & (expected < 1)).float().mean() > 0.8, "the clamp would hide differences"
        torch.testing.assert_close(model(picture(*size)), expected.clamp(0, 1), rtol=0, atol=1e-5)


class TestUnetResnet18(UnetTester):
    name, encoder, parameters = "unet-resnet18", "resnet18", 31_305_374

    def test_export_of_the_unfolded_network_at_one_size(self, model: DynamicUnet) -> None:
        program = torch.export.export(model, (picture(64, 64),)).module()
        torch.testing.assert_close(program(picture(64, 64)), model(picture(64, 64)), rtol=0, atol=1e-5)

    def test_training_is_not_clamped(self, model: DynamicUnet) -> None:
        learning = copy.deepcopy(model).train()
        learning.head[0].bias.data.add_(1)
        assert learning(picture(64, 64, batch=2)).max() > 1

    def test_other_weights_are_refused(self, model: DynamicUnet) -> None:
        with pytest.raises(RuntimeError, match=r'Unexpected key.*"encoder.stages.0.2.conv1.weight"'):
            copy.deepcopy(model).load_fastai(_fastai_unet("resnet34").state_dict())

    @torch.inference_mode()
    def test_attention_is_right_at_the_4096_positions_of_512_pixels(self, model: DynamicUnet) -> None:
        attention = model.blocks[1].conv2[2]
        x = torch.randn(1, 384, 64, 64, generator=torch.Generator().manual_seed(0))
        query, key, value = (conv(x.flatten(2)).mT for conv in (attention.query, attention.key, attention.value))
        # Position j takes what the positions i hold, by softmax over i of query_i . key_j: fastai's roles of the two.
        attended = F.scaled_dot_product_attention(key, query, value, scale=1.0)
        expected = x + attention.gamma * attended.mT.unflatten(2, (64, 64))
        torch.testing.assert_close(attention(x), expected, rtol=0, atol=1e-4)


class TestUnetResnet34(UnetTester):
    name, encoder, parameters = "unet-resnet34", "resnet34", 41_413_534


@cache
@torch.no_grad()
def _fastai_unet(encoder: str) -> torch.nn.Module:
    """fastai's own, with random weights such that attention counts and most of its output lies in [0, 1]."""
    torch.manual_seed(1)
    body = torch.nn.Sequential(*list(get_model(encoder, weights=None).children())[:-2])  # as fastai cuts ResNets
    unet = FastaiUnet(body, 3, (64, 64), self_attention=True, norm_type=NormType.Weight)
    wake(unet)
    unet.layers[5].conv2[2].gamma.fill_(0.7)
    head = unet.layers[12][0]
    head.weight_g.mul_(0.15 / _paint_with_fastai(unet, picture(71, 93)).std())
    head.bias.add_(0.5 - _paint_with_fastai(unet, picture(71, 93)).mean())
    return unet


def _paint_with_fastai(unet: torch.nn.Module, image: torch.Tensor) -> torch.Tensor:
    """fastai normalises by a transform before its network: Normalize.from_stats(*imagenet_stats)."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return unet((image - mean) / std).as_subclass(torch.Tensor)


def test_unknown_name_is_refused() -> None:
    with pytest.raises(UserError, match="unet-resnet18"):
        build("unet-resnet50")
    assert "unet-resnet50" not in MODELS


def test_cached_imagenet_weights_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    published = get_model("resnet18", weights=None).state_dict()
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    torch.save(published, tmp_path / "hub" / "checkpoints" / "resnet18-f37072fd.pth")
    encoder = make_encoder("resnet18", pretrained=True)
    assert torch.equal(encoder.stem[0].weight, published["conv1.weight"])
    assert torch.equal(encoder.stages[3][1].conv2.weight, published["layer4.1.conv2.weight"])


@contextmanager
def _silent_server() -> Iterator[int]:
    """A port that takes connections and never says a word, as behind some firewalls."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_no_network_is_said_in_seconds_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(encoders_module, "PATIENCE_SECONDS", 0.3)
    with _silent_server() as port:
        address = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: address)
        started = time.monotonic()
        with pytest.raises(WeightsUnavailable, match=r"^ResNet18_Weights.IMAGENET1K_V1 .*timed out"):
            build("unet-resnet18", pretrained=True)
    assert time.monotonic() - started < 5
    assert socket.getdefaulttimeout() is None
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
