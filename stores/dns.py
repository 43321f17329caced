"""What the DNS really says about a seller's domain, looked up within a time that a web worker can spare.

No models here: names go in, what was found comes out. All questions of a check are asked at once, and together they
take at most ``DNS_TIMEOUT`` seconds, however the servers behave.
"""

from __future__ import annotations

import concurrent.futures
from dataclasses import dataclass, field
from enum import StrEnum

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver
import structlog
from django.conf import settings

log = structlog.get_logger("dns")


class Outcome(StrEnum):
    """``FOUND``: there are records. ``NOTHING``: surely none. ``UNKNOWN``: no usable answer, says nothing."""

    FOUND = "found"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """Texts (TXT) or addresses (A, AAAA) at the end of ``chain``, the names that CNAMEs led to."""

    outcome: Outcome
    values: list[str] = field(default_factory=list)
    chain: list[str] = field(default_factory=list)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    proof: Answer
    ipv4: Answer
    ipv6: Answer


def lookup(host: str, proof_name: str) -> Lookup:
    """TXT at ``proof_name``, A and AAAA at ``host``, asked at the same time."""
    questions = ((proof_name, "TXT"), (host, "A"), (host, "AAAA"))
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=len(questions), thread_name_prefix="dns")
    try:
        futures = [pool.submit(_ask, name, kind) for name, kind in questions]
        # a little more than the resolver's own limit, which is the one that normally ends it
        concurrent.futures.wait(futures, timeout=settings.DNS_TIMEOUT + 0.5)
        answers = [f.result() if f.done() else Answer(Outcome.UNKNOWN, problem="timeout") for f in futures]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return Lookup(*answers)


def _resolver() -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not settings.DNS_NAMESERVERS)
    if settings.DNS_NAMESERVERS:
        resolver.nameservers = list(settings.DNS_NAMESERVERS)
        resolver.port = settings.DNS_PORT
    resolver.lifetime = settings.DNS_TIMEOUT
    resolver.timeout = min(2.0, settings.DNS_TIMEOUT)
    resolver.use_search_by_default = False
    return resolver


def _ask(name: str, kind: str) -> Answer:
    try:
        question = dns.name.from_text(name)
        answer = _resolver().resolve(question, kind, raise_on_no_answer=False, search=False)
    except dns.resolver.NXDOMAIN as exc:
        # a CNAME to a name that does not exist (yet) is still a CNAME
        response = exc.kwargs.get("responses", {}).get(question)
        chain = _chain(response, question) if response is not None else []
        return Answer(Outcome.NOTHING, chain=chain, problem="nxdomain")
    except (dns.resolver.LifetimeTimeout, dns.exception.Timeout):
        return Answer(Outcome.UNKNOWN, problem="timeout")
    except dns.resolver.NoNameservers:
        return Answer(Outcome.UNKNOWN, problem="servfail")
    except (dns.exception.DNSException, OSError, ValueError) as exc:
        log.warning("dns_failed", name=name, kind=kind, error=type(exc).__name__)
        return Answer(Outcome.UNKNOWN, problem="unusable")
    chain = _chain(answer.response, question)
    values = sorted(_value(row) for row in answer) if answer.rrset is not None else []
    return Answer(Outcome.FOUND if values else Outcome.NOTHING, values, chain, "" if values else "nodata")


def _value(row: object) -> str:
    strings = getattr(row, "strings", None)
    if strings is not None:  # long texts come in pieces of 255 bytes
        return b"".join(strings).decode("utf-8", "replace")
    return str(getattr(row, "address", row))


def _chain(response: dns.message.Message, name: dns.name.Name) -> list[str]:
    """The names a response's CNAMEs lead to, in order, at most 16 of them, each once."""
    targets = {
        rrset.name: rrset[0].target for rrset in response.answer if rrset.rdtype == dns.rdatatype.CNAME and len(rrset)
    }
    chain: list[str] = []
    while name in targets and len(chain) < 16:
        name = targets[name]
        text = name.to_text(omit_final_dot=True).lower()
        if text in chain:
            break
        chain.append(text)
    return chain
