"""Views and starts of a form: counted in Redis, written to the database every half minute."""

from __future__ import annotations

import zoneinfo
from datetime import date

import redis
from django.db.models import F
from django.utils import timezone

from bosonline.redis import redis_ask
from bosonline.tenancy import all_stores
from forms.models import FormStat, OrderForm

KEY = "bos:formstat"


def count(*, form_id: int, time_zone: str, kind: str) -> None:
    """One more view or start. Losing a count when Redis is away hurts nobody."""
    day = timezone.now().astimezone(zoneinfo.ZoneInfo(time_zone)).date().isoformat()
    redis_ask(lambda client: client.hincrby(KEY, f"{form_id}:{day}:{kind}", 1), otherwise=0)


def flush() -> int:
    """Move the counters to the database. The rename makes sure that each count is moved once."""
    return redis_ask(_flush, otherwise=0)


def _flush(client: redis.Redis) -> int:
    work = f"{KEY}:work"
    if not client.exists(work):
        try:
            client.rename(KEY, work)
        except redis.ResponseError:
            return 0
    rows: dict[bytes, bytes] = client.hgetall(work)  # type: ignore[assignment]  # sync client
    for name, value in rows.items():
        form_id, day, kind = name.decode().split(":")
        _add(int(form_id), date.fromisoformat(day), kind, int(value))
        client.hdel(work, name)
    return len(rows)


def _add(form_id: int, day: date, kind: str, value: int) -> None:
    with all_stores():
        form = OrderForm.objects.filter(pk=form_id).first()
        if form is None or kind not in ("views", "starts"):
            return
        row, _created = FormStat.objects.get_or_create(store_id=form.store_id, form=form, day=day)
        FormStat.objects.filter(pk=row.pk).update(**{kind: F(kind) + value})
