"""Requests exactly as written: no client of ours puts a path in order, joins a header or waits for a body."""

from __future__ import annotations

import socket
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def send(port: int, data: bytes, *, seconds: float = 15) -> Answer:
    """Send ``data`` and read the answer until the server closes or its Content-Length is there."""
    with socket.create_connection(("127.0.0.1", port), seconds) as link:
        link.settimeout(seconds)
        link.sendall(data)
        return read(link)


def read(link: socket.socket) -> Answer:
    got = b""
    while b"\r\n\r\n" not in got:
        piece = link.recv(65536)
        if not piece:
            return Answer(0, {}, got)
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", -1))
    while length < 0 or len(body) < length:
        piece = link.recv(65536)
        if not piece:
            break
        body += piece
    return Answer(int(first.split()[1]), headers, body)


def get(port: int, path: str, host: str = "localhost", *headers: str) -> Answer:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers, "", ""]
    return send(port, "\r\n".join(lines).encode("latin-1"))
