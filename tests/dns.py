"""A small DNS server on loopback whose zone a test writes: what own domains are proved against."""

from __future__ import annotations

import contextlib
import socket
import threading

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset


class DnsServer:
    """Answers from ``zone``: ``{("tokomadu.com", "A"): ["203.0.113.7"]}``; other names do not exist.

    Names in ``silent`` get no answer at all, names in ``broken`` get SERVFAIL. ``asked`` are the questions so far.
    With ``together`` = n nothing is answered before n different questions have come.
    """

    def __init__(self) -> None:
        self.zone: dict[tuple[str, str], list[str]] = {}
        self.silent: set[str] = set()
        self.broken: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.together = 0
        self.waiting: dict[bytes, tuple[bytes, tuple[str, int]]] = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, name="test-dns", daemon=True).start()

    def clear(self) -> None:
        self.zone.clear()
        self.silent.clear()
        self.broken.clear()
        self.asked.clear()
        self.together = 0
        self.waiting.clear()

    def set(self, name: str, kind: str, *values: str) -> None:
        self.zone[(name, kind)] = list(values)

    def stop(self) -> None:
        self.socket.close()

    def _serve(self) -> None:
        while True:
            try:
                wire, sender = self.socket.recvfrom(4096)
            except OSError:
                return
            with contextlib.suppress(Exception):  # a strange question must not end the server
                answer = self._answer(dns.message.from_wire(wire))
                if answer is not None:
                    self.waiting[wire[12:]] = (answer.to_wire(), sender)
                if len(self.waiting) >= self.together:
                    for packet, asker in self.waiting.values():
                        self.socket.sendto(packet, asker)
                    self.waiting.clear()

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if name in self.broken:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        for _hop in range(12):
            if (name, "CNAME") not in self.zone or kind == "CNAME":
                break
            target = self.zone[(name, "CNAME")][0]
            response.answer.append(self._rrset(name, "CNAME", [f"{target}."]))
            name = target
        values = self.zone.get((name, kind))
        if values:
            response.answer.append(self._rrset(name, kind, values))
        elif not any(known == name for known, _kind in self.zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response

    @staticmethod
    def _rrset(name: str, kind: str, values: list[str]) -> dns.rrset.RRset:
        if kind == "TXT":
            values = ['"' + value.replace('"', '\\"') + '"' for value in values]
        return dns.rrset.from_text(dns.name.from_text(name), 60, "IN", kind, *values)
