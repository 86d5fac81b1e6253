"""The page around the shipped model, served, in real Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web_page import settle

from compress.load import load
from convert.plan.jobs import Networks, list_jobs
from convert.plan.model_card import Author, gather_metadata
from convert.plan.options import ConvertOptions
from pix2phone.artefacts import SHIPPED
from web_demo.browser import FAKE_CAMERA, FAKE_GPU, chromium
from web_demo.serve import served
from web_demo.site import build

MILLISECONDS = 120_000  # on a machine that does other things too


def web_file(checkpoint: Path, folder: Path) -> Path:
    """The files of --target web for `checkpoint`, here without its gate."""
    compressed = load(checkpoint)
    (job,) = list_jobs(Networks(compressed), gather_metadata(checkpoint, compressed, Author()), ConvertOptions(["web"]))
    assert job.write
    job.write(folder / job.file)
    return folder / job.file


@pytest.fixture(scope="package")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the shipped student."""
    return web_file(SHIPPED, tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="package")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the smallest student."""
    return web_file(SHIPPED.with_name("nano.safetensors"), tmp_path_factory.mktemp("light"))


@pytest.fixture(scope="package")
def site(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that any host can serve."""
    return build(model, tmp_path_factory.mktemp("site") / "dist")


@pytest.fixture(scope="package")
def address(site: Path) -> Iterator[str]:
    """Where it is served with the headers of `make web`."""
    with served(site) as url:
        yield url


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    with chromium(*FAKE_CAMERA, *FAKE_GPU) as started:
        yield started


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """An empty tab; whatever goes wrong in it beside the test's own doing fails the test."""
    with browser.new_context(accept_downloads=True) as context:
        tab = context.new_page()
        tab.set_default_timeout(MILLISECONDS)
        tab.wrong = []  # what the console called an error
        tab.on("console", lambda message: message.type == "error" and tab.wrong.append(message.text))
        tab.on("pageerror", lambda error: tab.wrong.append(str(error)))
        yield tab
        assert not tab.wrong


@pytest.fixture
def opened(page: Any, address: str) -> Any:
    """The page with its model loaded and its first photo painted."""
    page.goto(address)
    settle(page)
    return page
