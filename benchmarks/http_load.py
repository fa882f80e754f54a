"""A client that loads a server over HTTP: one thread, many connections, so that it hardly delays what it measures.

Open loop: requests leave at fixed times whatever the server does, and latency counts from the time at which a request was
due, a wait for a free connection included. Saturated: each connection asks again as soon as it is answered.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from shopwindow.schema.arrays import Float

CONNECTIONS = 32
PATIENCE_S = 30.0


@dataclass(slots=True, eq=False)
class Connection:
    """A socket and the request that it waits for: its number, and when it was due."""

    socket: socket.socket
    number: int = -1
    due_s: float = 0.0
    received: bytes = b""

    def ask(self, number: int, request: bytes, due_s: float) -> None:
        self.number, self.due_s, self.received = number, due_s, b""
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Read what has come; true when the answer is whole."""
        part = self.socket.recv(262_144)
        if not part:
            raise SystemExit("the server closed a connection")
        self.received += part
        start = self.received.find(b"\r\n\r\n") + 4
        if start < 4:
            return False
        length = int(self.received[:start].lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(self.received) < start + length:
            return False
        if not self.received.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"expected an answer with status 200, came {self.received[:600]!r}")
        return True

    @property
    def degraded(self) -> bool:
        """Whether the answer is a page that went on without a part."""
        return b'"degraded":["' in self.received


class Client:
    """Connections to a server on this machine."""

    def __init__(self, port: int, count: int, stack: ExitStack) -> None:
        self.events = stack.enter_context(selectors.DefaultSelector())
        self.free: deque[Connection] = deque()
        for _ in range(count):
            connected = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.free.append(Connection(connected))
            self.events.register(connected, selectors.EVENT_READ, self.free[-1])

    def finished(self, wait_s: float) -> list[Connection]:
        """The connections whose answer became whole within this time; they are free again."""
        done = [key.data for key, _ in self.events.select(max(wait_s, 0)) if key.data.answered()]
        self.free.extend(done)
        return done


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """`latency [n]` milliseconds from the time at which each request was due to its whole answer."""

    latency: Float
    degraded: int


def post(path: str, body: bytes) -> bytes:
    """A request as it goes over the wire."""
    return f"POST {path} HTTP/1.1\r\nHost: shop\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def get(path: str) -> bytes:
    """A request as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()


def open_loop(port: int, requests: Sequence[bytes], rate: float) -> Answers:
    """Send each request at its time, `rate` of them a second."""
    latency = np.full(len(requests), np.nan)
    degraded = 0
    with ExitStack() as stack:
        client = Client(port, CONNECTIONS, stack)
        begun = time.perf_counter() + 0.2
        sent = answered = 0
        last = begun
        while answered < len(requests):
            now = time.perf_counter()
            due = begun + sent / rate
            while sent < len(requests) and due <= now and client.free:
                client.free.popleft().ask(sent, requests[sent], due)
                sent += 1
                due = begun + sent / rate
            wait = due - now if sent < len(requests) and client.free else PATIENCE_S
            for done in client.finished(min(wait, PATIENCE_S)):
                last = time.perf_counter()
                latency[done.number] = (last - done.due_s) * 1000
                degraded += done.degraded
                answered += 1
            if time.perf_counter() - last > PATIENCE_S:
                raise SystemExit(f"{len(requests) - answered} requests were not answered")
    return Answers(latency, degraded)


def saturated(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> float:
    """Pages per second with so many clients that each ask again as soon as they are answered."""
    with ExitStack() as stack:
        client = Client(port, clients, stack)
        begun = time.perf_counter()
        sent = answered = 0
        while (now := time.perf_counter()) < begun + seconds:
            while client.free:
                client.free.popleft().ask(sent, requests[sent % len(requests)], now)
                sent += 1
            answered += len(client.finished(PATIENCE_S))
        return answered / (time.perf_counter() - begun)
