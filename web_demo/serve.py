"""A web server for one folder on this machine, with the headers that threads need."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pix2phone.errors import UserError
from web_demo.site import headers

HOST = "127.0.0.1"


class Handler(SimpleHTTPRequestHandler):
    """Static files; `sent` are headers in addition to the usual ones."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".wasm": "application/wasm",
        ".js": "text/javascript",
        ".webmanifest": "application/manifest+json",
    }

    def __init__(self, *args: object, sent: dict[str, str], **options: object) -> None:
        self.sent = sent
        super().__init__(*args, **options)  # type: ignore[arg-type]

    def end_headers(self) -> None:
        for name, value in self.sent.items():
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        """Silence: only the address is printed."""


def open_server(folder: Path, port: int = 0, isolated: bool = True) -> ThreadingHTTPServer:
    """A server of `folder` at `port`, 0 for a free one; not `isolated`: without extra headers, as on many hosts."""
    handler = partial(Handler, directory=str(folder), sent=headers() if isolated else {})
    try:
        return ThreadingHTTPServer((HOST, port), handler)
    except OverflowError:
        raise UserError(f"--port: {port}: not from 0 to 65535; name another") from None
    except OSError as error:
        raise UserError(f"--port: {port}: {error.strerror}; name another") from None


def address(server: ThreadingHTTPServer) -> str:
    """Address for a browser on this machine."""
    return f"http://{HOST}:{server.server_address[1]}/"


@contextmanager
def served(folder: Path, isolated: bool = True) -> Iterator[str]:
    """Serve `folder` within the context, at the yielded address."""
    with open_server(folder, isolated=isolated) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield address(server)
        server.shutdown()
