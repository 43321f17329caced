from __future__ import annotations

from celery import shared_task

from forms.services import stats


@shared_task(name="forms.flush_counters")
def flush_counters() -> int:
    return stats.flush()
