"""Celery: the worker also runs the outbox relay and, in small installations, the beat schedule."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bosonline.settings")

app = Celery("bosonline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "expire-payments": {"task": "orders.expire_payments", "schedule": 60.0},
    "inquire-payments": {"task": "orders.inquire_payments", "schedule": 120.0},
    "poll-silent-parcels": {"task": "orders.poll_silent_parcels", "schedule": 300.0},
    "process-callbacks": {"task": "orders.process_callbacks", "schedule": 30.0},
    "complete-delivered": {"task": "orders.complete_delivered", "schedule": 3600.0},
    "refresh-sales": {"task": "catalog.refresh_sales", "schedule": 3600.0},
    "sweep-imports": {"task": "catalog.sweep_imports", "schedule": 86400.0},
    "flush-form-counters": {"task": "forms.flush_counters", "schedule": 30.0},
    "remove-test-orders": {"task": "orders.remove_trials", "schedule": 3600.0},
    "tell-new-devices": {"task": "sellers.tell_new_devices", "schedule": 60.0},
    "send-digests": {"task": "sellers.send_digests", "schedule": 1800.0},
    "erase-accounts": {"task": "sellers.erase_accounts", "schedule": 3600.0},
    "forget-history": {"task": "sellers.forget_history", "schedule": 86400.0},
    "recheck-domains": {"task": "stores.recheck_domains", "schedule": 3600.0},
    "release-subdomains": {"task": "stores.release_subdomains", "schedule": 3600.0},
    "housekeeping": {"task": "bosonline.housekeeping", "schedule": 3600.0},
}


@setup_logging.connect
def keep_our_logging(**_kwargs: Any) -> None:
    """Celery sets up no logging of its own when somebody listens: ours redacts, its does not."""


@worker_ready.connect
def start_relay(**_kwargs: Any) -> None:
    from bosonline.outbox import Relay

    app.relay = Relay()
    app.relay.start()


@worker_shutting_down.connect
def stop_relay(**_kwargs: Any) -> None:
    relay = getattr(app, "relay", None)
    if relay is not None:
        relay.stopping.set()
