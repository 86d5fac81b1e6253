"""python -m web_demo.pictures: the page's screenshots in docs, narrow, middle and wide, in light and dark."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pix2phone.errors import CheckFailed, OneLineParser, run_command
from web_demo.__main__ import MODEL

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DOCS = Path("docs")
# Width, height, dark or light, and which built-in photo.
SHOTS = (
    (360, 740, "dark", "astronaut"),
    (768, 1024, "light", "red-panda"),
    (1440, 900, "light", "neuschwanstein"),
)
QUALITY = 82
MILLISECONDS = 300_000


def main() -> None:
    """Parse, build the page, take the screenshots."""
    parser = OneLineParser(prog="python -m web_demo.pictures", description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL, metavar="TFLITE", help="default: %(default)s")
    args = parser.parse_args()
    from web_demo.browser import chromium
    from web_demo.serve import served

    with TemporaryDirectory() as folder, chromium() as browser, served(_site(args.model, folder)) as address:
        for shot in SHOTS:
            path = DOCS / f"web-{shot[0]}.webp"
            _photograph(browser, address, path, shot)
            print(f"wrote {path}")


def _site(model: Path, folder: str) -> Path:
    from web_demo.site import build

    return build(model, Path(folder) / "site")


def _photograph(browser: "Browser", address: str, path: Path, shot: tuple[int, int, str, str]) -> None:
    from io import BytesIO

    from PIL import Image

    width, height, scheme, photo = shot
    with browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(MILLISECONDS)
        page.goto(address)
        page.click(f"[data-photo={photo}]:enabled")
        page.wait_for_selector(f"[data-photo={photo}][aria-pressed=true]")
        page.wait_for_selector("#stage[aria-busy=false]")
        if said := page.text_content("#message"):
            raise CheckFailed(f"the page says: {said}")
        page.mouse.move(0, 0)
        # This machine's time is not shown.
        page.evaluate("() => (facts.textContent = facts.textContent.split('\u00a0· ').slice(0, 2).join('\u00a0· '))")
        Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB").save(path, quality=QUALITY, method=6)


if __name__ == "__main__":
    run_command(main)
