"""Messages to the application: sent by a thread, retried with backoff until they are accepted."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

MAX_ATTEMPTS = 15


@dataclass(order=True)
class _Job:
    due: float
    order: int
    send: Callable[[], bool] = field(compare=False)
    attempt: int = field(default=1, compare=False)
    attempts: int = field(default=MAX_ATTEMPTS, compare=False)


class Sender(threading.Thread):
    """A small queue ordered by due time. ``send`` answers whether the application accepted the message."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="webhooks")
        self._queue: list[_Job] = []
        self._wake = threading.Condition()
        self._count = itertools.count()

    def push(self, send: Callable[[], bool], delay: float = 0.0, attempts: int = MAX_ATTEMPTS) -> None:
        with self._wake:
            job = _Job(time.monotonic() + delay, next(self._count), send, attempts=attempts)
            heapq.heappush(self._queue, job)
            self._wake.notify()

    def run(self) -> None:
        while True:
            with self._wake:
                while not self._queue or self._queue[0].due > time.monotonic():
                    wait = self._queue[0].due - time.monotonic() if self._queue else None
                    self._wake.wait(wait)
                job = heapq.heappop(self._queue)
            try:
                accepted = job.send()
            except requests.RequestException:
                accepted = False
            if not accepted and job.attempt < job.attempts:
                job.attempt += 1
                job.due = time.monotonic() + min(30.0, 0.5 * 2 ** (job.attempt - 2))
                with self._wake:
                    heapq.heappush(self._queue, job)
                    self._wake.notify()
