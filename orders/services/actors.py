"""Who changes an order: a person with rights, or a named event source."""

from __future__ import annotations

from dataclasses import dataclass

from sellers.rights import Member


@dataclass(frozen=True, slots=True)
class Actor:
    user_id: int | None = None
    label: str = ""

    @classmethod
    def of(cls, member: Member) -> Actor:
        return cls(user_id=member.user.pk)


SYSTEM = Actor(label="system")
BUYER = Actor(label="buyer")
BOSCOD = Actor(label="boscod")
WINPAY = Actor(label="winpay")
