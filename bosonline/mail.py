"""Mail to people: one letter form, as plain text and as simple HTML. Sent by the worker, never on a request's way.

Services enqueue an outbox row; its handler builds a :class:`Letter` in the reader's language and calls :func:`send`.
A mail server that is away makes the handler raise, and the outbox tries again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from bosonline.outbox import Limit

LIMIT = Limit("mail", 2)  # letters of every kind together: a mail server that hangs holds no more of the lane


@dataclass(frozen=True, slots=True)
class Letter:
    """``button`` is (label, absolute URL). ``foot`` says why the reader got this letter."""

    subject: str
    paragraphs: list[str]
    button: tuple[str, str] | None = None
    rows: list[tuple[str, str]] = field(default_factory=list)
    foot: str = ""


def send(to: str, letter: Letter) -> None:
    """Hand the letter to the mail server of ``EMAIL_URL``. Raises what the server says."""
    context = {"letter": letter}
    message = EmailMultiAlternatives(
        subject=" ".join(letter.subject.split())[:150],  # no line break can smuggle a header in
        body=render_to_string("mail/letter.txt", context),
        to=[to],
    )
    message.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    message.send()
