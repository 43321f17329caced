"""Celery: one queue per lane of the outbox and one for periodic work; every worker also runs a relay.

``make run`` starts two workers: the quick lanes with the beat schedule inside, and the long lane with the periodic work,
which asks outside services for up to a minute at a time. A worker without ``-Q`` serves everything.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutting_down
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bosonline.settings")

PERIODIC = "periodic"

app = Celery("bosonline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name) for name in ("buyer", "parcels", "tell", "long", PERIODIC)]
app.conf.task_default_queue = PERIODIC
app.autodiscover_tasks()


def _every(task: str, seconds: float) -> dict[str, Any]:
    """A round that nobody began before the next one is due is not made up for."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


app.conf.beat_schedule = {
    "expire-payments": _every("orders.expire_payments", 60.0),
    "inquire-payments": _every("orders.inquire_payments", 120.0),
    "poll-silent-parcels": _every("orders.poll_silent_parcels", 300.0),
    "process-callbacks": _every("orders.process_callbacks", 30.0),
    "fold-reading": _every("orders.fold_reading", 2.0),
    "complete-delivered": _every("orders.complete_delivered", 3600.0),
    "refresh-sales": _every("catalog.refresh_sales", 3600.0),
    "sweep-imports": _every("catalog.sweep_imports", 86400.0),
    "flush-form-counters": _every("forms.flush_counters", 30.0),
    "remove-test-orders": _every("orders.remove_trials", 3600.0),
    "tell-new-devices": _every("sellers.tell_new_devices", 60.0),
    "send-digests": _every("sellers.send_digests", 1800.0),
    "erase-accounts": _every("sellers.erase_accounts", 3600.0),
    "forget-history": _every("sellers.forget_history", 86400.0),
    "recheck-domains": _every("stores.recheck_domains", 3600.0),
    "release-subdomains": _every("stores.release_subdomains", 3600.0),
    "housekeeping": _every("bosonline.housekeeping", 3600.0),
}


@setup_logging.connect
def keep_our_logging(**_kwargs: Any) -> None:
    """Celery sets up no logging of its own when somebody listens: ours redacts, its does not. Nor does it heed its
    ``--loglevel`` then: a line for every message would cost more than many messages do."""
    logging.getLogger("celery").setLevel(logging.WARNING)


@worker_ready.connect
def start_relay(**_kwargs: Any) -> None:
    from bosonline.lanes import Relay

    app.relay = Relay()
    app.relay.start()


@worker_shutting_down.connect
def stop_relay(**_kwargs: Any) -> None:
    relay = getattr(app, "relay", None)
    if relay is not None:
        relay.stopping.set()
