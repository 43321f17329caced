"""The door between the web server and Django: whole bodies, few at work at once, dead connections closed.

granian gives a thread to each request and reads a body only when it is asked for, without a time-out; a read that was
begun cannot be given up either. So a thread may wait for somebody's body as long as that takes, because there are as many
threads as connections, and only ``WEB_THREADS`` of them are let into the application at a time, each with its body
complete. A body without a length (``Transfer-Encoding: chunked``) gets one here.

Whoever says nothing for ``WEB_IDLE_SECONDS`` while nothing is sent to him either loses the connection: half a body, a
download nobody reads, a forgotten keep-alive.
"""

from __future__ import annotations

import io
import os
import socket
import struct
import tempfile
import threading
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.conf import settings
from django.db import connections

from bosonline.secrets import from_this_machine

log = structlog.get_logger("server")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
PIECE = 64 * 1024
IN_MEMORY = 1024 * 1024
# of a body that is refused, this many times the limit is read, so that the sender gets to see why
PATIENCE = 4


class Door:
    """A WSGI application around Django's."""

    def __init__(self, application: Application, *, at_work: int, limit: int) -> None:
        self.application, self.limit = application, limit
        self.slots = threading.BoundedSemaphore(at_work)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if settings.PUBLIC_KEY_IN_USE and not from_this_machine(environ):
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"SECRET_KEY must be set before anybody but this machine is answered.\n"]
        announced = environ.get("CONTENT_LENGTH") or ""
        if announced not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ:
            problem = self._take_body(environ, announced)
            if problem:
                start_response(problem, [("Content-Type", "text/plain"), ("Connection", "close")])
                return [problem.encode()]
        with self.slots:
            return _finished(self.application(environ, start_response))

    def _take_body(self, environ: Environ, announced: str) -> str:
        """Read the whole body, or drop one that is too long; ``CONTENT_LENGTH`` then is true. What is wrong, else empty."""
        length = -1
        if announced:
            if not (announced.isascii() and announced.isdecimal()):
                return "400 Bad Request"
            length = int(announced)
        keep = length <= self.limit
        body: Any = io.BytesIO() if 0 <= length <= IN_MEMORY else tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with the request
        source, got = environ["wsgi.input"], 0
        most = self.limit * PATIENCE if length < 0 else min(length, self.limit * PATIENCE)
        while got < most and (piece := source.read(min(PIECE, most - got))):
            got += len(piece)
            keep = keep and got <= self.limit
            if keep:
                body.write(piece)
        if length >= 0 and got < most:
            return "400 Bad Request"  # the sender left in the middle
        body.seek(0)
        environ["wsgi.input"] = body if keep else io.BytesIO()  # RequestSizeMiddleware refuses it by its length
        environ["CONTENT_LENGTH"] = str(max(length, got))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return ""


def _finished(response: Any) -> Iterable[bytes]:
    """The answer as bytes, and with it everything that belongs to the request given back before the bytes go out: who
    reads slowly keeps a thread, never a database connection."""
    if getattr(response, "streaming", True):
        for link in connections.all(initialized_only=True):
            if not link.in_atomic_block:
                link.close()
        return response  # Django's
    content = [response.content]
    response.close()
    return content


# --- connections that nobody uses -------------------------------------------------------------------------------------
# struct tcp_info of <linux/tcp.h>: 8 bytes of small fields, then 32-bit numbers; these are times in ms since …
_LAST_SENT, _LAST_RECEIVED = 8 + 4 * 9, 8 + 4 * 11


def silence(link: socket.socket) -> float:
    """Seconds since anything came or went."""
    info = link.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    sent, received = (struct.unpack_from("=I", info, at)[0] for at in (_LAST_SENT, _LAST_RECEIVED))
    return float(min(sent, received)) / 1000


def close_silent(port: int, seconds: float) -> int:
    """Close this process's connections at ``port`` that were silent for ``seconds``; how many that were."""
    closed = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            if not os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                continue
            link = socket.socket(fileno=os.dup(int(name)))  # ours now: the number may be somebody else's in a moment
        except OSError:
            continue
        with link:
            try:
                at = link.getsockname()
                if link.type != socket.SOCK_STREAM or not isinstance(at, tuple) or at[1] != port:
                    continue
                link.getpeername()  # the listening socket has none
                if silence(link) >= seconds:
                    link.shutdown(socket.SHUT_RDWR)
                    closed += 1
            except OSError:
                continue
    return closed


class Sweeper(threading.Thread):
    """Looks for silent connections as long as the process lives."""

    def __init__(self, port: int, seconds: float) -> None:
        super().__init__(name="silent-connections", daemon=True)
        self.port, self.seconds = port, seconds

    def run(self) -> None:
        pause = threading.Event()
        while not pause.wait(max(0.5, self.seconds / 4)):
            try:
                close_silent(self.port, self.seconds)
            except Exception:
                log.exception("sweep_failed")


def door(application: Application) -> Door:
    """As the environment wants it; ``WEB_PORT`` is where the web server listens."""
    port, idle = int(os.environ.get("WEB_PORT") or 0), float(os.environ.get("WEB_IDLE_SECONDS", "75"))
    if port and idle and os.path.isdir("/proc/self/fd"):
        Sweeper(port, idle).start()
    return Door(application, at_work=int(os.environ.get("WEB_THREADS", "4")), limit=settings.REQUEST_MAX_BYTES)
