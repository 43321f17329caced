"""Periodic work on the catalogue: thin, idempotent."""

from __future__ import annotations

from celery import shared_task

from catalog.services.imports import imports_sweep
from catalog.services.stock import sales_refresh


@shared_task(name="catalog.refresh_sales")
def refresh_sales() -> int:
    return sales_refresh()


@shared_task(name="catalog.sweep_imports")
def sweep_imports() -> int:
    return imports_sweep()
