"""python -m web_demo: build the page that runs a converted file in the browser, and serve it on this machine."""

from contextlib import nullcontext
from pathlib import Path

from pix2phone.artefacts import ARTIFACTS
from pix2phone.errors import OneLineParser, run_command

MODEL = ARTIFACTS / "web" / "model-int8.tflite"
PORT = 8765


def main() -> None:
    """Parse, build, serve until interrupted."""
    parser = OneLineParser(prog="python -m web_demo", description=__doc__)
    text = "default: %(default)s; a light.tflite beside it paints the live view where it is too slow"
    parser.add_argument("--model", type=Path, default=MODEL, metavar="TFLITE", help=text)
    parser.add_argument("--port", type=int, default=PORT, help="default: %(default)s")
    parser.add_argument("--no-serve", action="store_true", help="only put it together")
    args = parser.parse_args()
    from web_demo.serve import address, open_server
    from web_demo.site import DIST, build

    # Check the port before changing a folder that may be in use by another server.
    with nullcontext() if args.no_serve else open_server(DIST, args.port) as server:
        folder = build(args.model)
        print(f"{args.model} in {folder}, static files for any host")
        if server:
            print(f"open {address(server)} (ctrl-c ends it)", flush=True)
            server.serve_forever()


if __name__ == "__main__":
    run_command(main)
