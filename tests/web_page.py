"""Queries of tests to the open page."""

import base64
from typing import Any

import numpy as np

PIXELS = """() => {
  const canvas = document.getElementById("painted");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let text = "";
  for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
  return [canvas.height, canvas.width, btoa(text)];
}"""


def settle(page: Any) -> None:
    """Wait until the request is painted, or refused."""
    page.wait_for_selector("#stage[aria-busy=false]")


def message(page: Any) -> str:
    """The page's message to the visitor."""
    return page.text_content("#message")


def painted(page: Any) -> np.ndarray:
    """The painting as uint8 H x W x 3."""
    height, width, text = page.evaluate(PIXELS)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)[:, :, :3]


def facts(page: Any) -> str:
    """The small line under the picture."""
    return page.text_content("#facts").replace("\u00a0", " ")
