"""The DNS records an own domain needs, and what a look-up says about each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from stores.dns import Answer, Lookup, Outcome
from stores.hostnames import is_apex, relative_name
from stores.models import Domain

PROOF_LABEL = "_bosonline"
PROOF_PREFIX = "bosonline-verify="


def proof_name(host: str) -> str:
    return f"{PROOF_LABEL}.{host}"


def proof_text(row: Domain) -> str:
    return f"{PROOF_PREFIX}{row.txt_token}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``proved`` and ``points_here``: True, False, or None when the DNS gave no usable answer.

    ``states``: ``[purpose, ok, found, problem]`` per record, kept as JSON; sentences are made when it is shown.
    """

    proved: bool | None
    points_here: bool | None
    states: list[tuple[str, bool | None, list[str], str]]

    def as_json(self) -> dict[str, Any]:
        return {
            "records": [
                {"purpose": purpose, "ok": ok, "found": found, "problem": problem}
                for purpose, ok, found, problem in self.states
            ]
        }


def judge(row: Domain, found: Lookup) -> Verdict:
    """What the answers mean for this claim."""
    proved, proof_problem = _proof(found.proof, proof_text(row))
    points, point_problem, shown = _pointing(found.ipv4)
    states = [
        ("proof", proved, found.proof.values[:5], proof_problem),
        ("pointing", points, shown, point_problem),
    ]
    foreign = [a for a in found.ipv6.values if a not in settings.DOMAIN_ADDRESSES]
    if foreign and not _through_target(found.ipv6):
        # phones on IPv6 would go there instead of to us
        states.append(("ipv6", False, foreign[:5], "foreign"))
        points = False
    return Verdict(proved, points, states)


def _proof(answer: Answer, wanted: str) -> tuple[bool | None, str]:
    if answer.outcome is Outcome.UNKNOWN:
        return None, answer.problem
    if wanted in (value.strip().strip('"') for value in answer.values):
        return True, ""
    return False, "other" if answer.values else "missing"


def _pointing(answer: Answer) -> tuple[bool | None, str, list[str]]:
    """A CNAME that leads to our target, or addresses that are all ours."""
    shown = [*answer.chain, *answer.values][:8]
    if _through_target(answer):
        return True, "", shown
    if answer.outcome is Outcome.UNKNOWN:
        return None, answer.problem, shown
    if not shown:
        return False, "missing", shown
    ours = [value for value in answer.values if value in settings.DOMAIN_ADDRESSES]
    if answer.values and len(ours) == len(answer.values):
        return True, "", shown
    return False, "mixed" if ours else "other", shown


def _through_target(answer: Answer) -> bool:
    return settings.DOMAIN_TARGET.lower() in answer.chain


def records_of(row: Domain) -> list[dict[str, Any]]:
    """The records to set, each with the state of the last look: ``ok`` (None: not looked yet, or no answer), ``found``,
    ``expected``, ``problem`` (a code), ``message``. ``host`` is the name relative to the zone, as DNS panels ask for it."""
    if row.kind != Domain.Kind.CUSTOM:
        return []
    states = {state["purpose"]: state for state in row.check_result.get("records", [])}
    apex = is_apex(row.hostname) and bool(settings.DOMAIN_ADDRESSES)
    proof = _record("proof", "TXT", proof_name(row.hostname), [proof_text(row)], row, states)
    if apex:
        pointing = _record("pointing", "A", row.hostname, list(settings.DOMAIN_ADDRESSES), row, states)
    else:
        pointing = _record("pointing", "CNAME", row.hostname, [settings.DOMAIN_TARGET], row, states)
    records = [proof, pointing]
    if "ipv6" in states:
        records.append(_record("ipv6", "AAAA", row.hostname, [], row, states))
    return records


def _record(
    purpose: str, kind: str, name: str, values: list[str], row: Domain, states: dict[str, Any]
) -> dict[str, Any]:
    state = states.get(purpose, {"ok": None, "found": [], "problem": "unchecked"})
    return {
        "purpose": purpose,
        "type": kind,
        "name": name,
        "host": relative_name(name, row.hostname),
        "expected": values,
        "found": state["found"],
        "ok": state["ok"],
        "problem": state["problem"],
        "message": _message(purpose, kind, state),
    }


def _message(purpose: str, kind: str, state: dict[str, Any]) -> str:
    if state["ok"]:
        return _("Correct.")
    match state["problem"]:
        case "unchecked":
            return _("Not checked yet.")
        case "timeout":
            return _("The DNS server did not answer in time. Try again in a few minutes.")
        case "servfail" | "unusable":
            return _("The DNS server of this domain answers with an error. Ask where you bought the domain.")
        case "missing" if purpose == "proof":
            return _("This record is not there yet. After setting it, it can take some minutes to be seen.")
        case "missing":
            return _("The domain does not lead anywhere yet. After setting the record, it can take some minutes.")
        case "mixed":
            return _("Some addresses lead elsewhere. Remove the other A records.")
        case "foreign":
            return _("Phones on IPv6 are led elsewhere by this record. Remove it.")
    if purpose == "proof":
        return _("There is another text. Set the one shown here beside it.")
    return _("It leads elsewhere. Replace the %(kind)s record with the one shown here.") % {"kind": kind}
