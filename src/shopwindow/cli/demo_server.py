"""The demo's server: `shopwindow serve` as a child process, stopped when the demo ends."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shopwindow.errors import ShopwindowError

HOST: Final = "127.0.0.1"
READY_S: Final = 120.0
STOP_S: Final = 20.0


@dataclass(frozen=True)
class DemoServer:
    """A server that was ready when this was made."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def wait(self) -> None:
        """Until the server ends or the person presses Ctrl-C."""
        try:
            self.process.wait()
        except KeyboardInterrupt:
            return


@contextmanager
def serving(directory: Path, port: int) -> Iterator[DemoServer]:
    """Serve the shop on `port` (a free one if that is 0 or busy) for as long as the block lasts.

    What the server says is kept in serve.log in the shop's directory.

    Raises:
        ShopwindowError: the server ended, or was not ready in time; with its last words.
    """
    chosen = _free(port) or _free(0)
    log = directory / "serve.log"
    command = [sys.executable, "-m", "shopwindow", "serve", "--shop", str(directory), "--port", str(chosen)]
    with log.open("wb") as words:
        process = subprocess.Popen(command, stdout=words, stderr=subprocess.STDOUT)
    try:
        server = DemoServer(process, chosen)
        _await_ready(server, log)
        yield server
    finally:
        _stop(process)


def _free(port: int) -> int:
    """`port` if nobody listens there, else 0; for 0 some free port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return 0
        return int(probe.getsockname()[1])


def _await_ready(server: DemoServer, log: Path) -> None:
    import httpx

    until_s = time.monotonic() + READY_S
    answer = "no answer"
    while time.monotonic() < until_s:
        if server.process.poll() is not None:
            answer = f"it ended with code {server.process.returncode}"
            break
        try:
            ready = httpx.get(f"{server.address}/ready", timeout=5.0)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        if ready.status_code == 200:
            return
        answer = f"{ready.status_code} {ready.text}"  # it listens only once the shop is open: waiting helps no more
        break
    last_words = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise ShopwindowError(
        f"expected a server that is ready within {READY_S:.0f} s, came: {answer}\n{last_words}"
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
