"""Serving a sandbox: from the command line, or from a thread in a test. Always on 127.0.0.1."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.shared.arguments import OneSentence, port
from sandbox.shared.switches import Switch, Switches, UnknownSwitchError, switch_table


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 whose connection a fault can cut: the gate finds `cut` in the state of the call."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember how to cut this connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "cut": transport.abort}


def launch(
    definitions: Sequence[Switch],
    create_app: Callable[..., Any],
    arguments: Sequence[str] | None = None,
) -> None:
    """The command line of a sandbox server: `--port N`, `--keep FILE`, `--switch name=value ...`, `--list-switches`.

    `create_app(switches={...}, keep=FILE)` makes the ASGI app. The first line on stdout is
    `listening on http://127.0.0.1:N`.
    """
    parser = OneSentence()
    parser.add_argument("--port", type=port, default=0, help="0 takes a free port")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="hold everything there, and take it up again")
    parser.add_argument("--switch", nargs="+", action="extend", default=[], metavar="name=value")
    parser.add_argument("--list-switches", action="store_true")
    options = parser.parse_args(arguments)
    if options.list_switches:
        print(switch_table(definitions))
        return
    at_start = dict(setting.partition("=")[::2] for setting in options.switch)
    try:
        Switches(definitions, at_start)
    except UnknownSwitchError as refusal:
        parser.error(str(refusal))
    try:
        listener = _listener(options.port)
    except OSError as refusal:
        parser.error(f"port {options.port} cannot be used: {refusal.strerror}")
    print(f"listening on {_address(listener)}", flush=True)
    _server(create_app(switches=at_start, keep=options.keep)).run(sockets=[listener])


@contextmanager
def running(app: Any) -> Iterator[str]:
    """Serve the app from a thread; yields `http://127.0.0.1:N`."""
    listener = _listener(0)
    server = _server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the sandbox server did not start")
        time.sleep(0.005)
    try:
        yield _address(listener)
    finally:
        server.should_exit = True
        thread.join(timeout=5)


def _listener(port: int) -> socket.socket:
    """A socket that names its protocol: only on such does asyncio send small answers at once."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    listener.listen(128)
    return listener


def _address(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _server(app: Any) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=CuttableProtocol,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
    )
