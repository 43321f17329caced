"""Inventori: the grid, transfers, the ledger."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from catalog import queries
from catalog.api import serializers as s
from catalog.api.stock import level_short
from catalog.models import StockEntry
from catalog.services.stock import Pieces, StockLine, stock_transfer, stock_update
from catalog.views.common import JsonPage, chips, hidden, query_with, sections
from catalog.views.products import downloads
from sellers.pages import StorePage
from stores.models import Warehouse


def _warehouses() -> list[Warehouse]:
    return list(Warehouse.objects.filter(deleted_at__isnull=True).order_by("-is_default", "id"))


class InventoryPage(StorePage):
    """Stock per variant and warehouse, edited in place and saved together."""

    right = "inventory.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET
        page = queries.inventory_page(params.dict() | {"limit": params.get("limit") or "50"})
        counts = queries.inventory_counts(params.dict())
        state = params.get("stock", "") or "all"
        warehouses = _warehouses()
        names = {str(w.pk): w.name for w in warehouses}
        tabs = [("all", _("All")), ("low", _("Running low")), ("empty", _("Sold out"))]
        context = {
            "rows": [queries.level_as_api(level) for level in page.rows],
            "page": page,
            "tabs": [
                {"key": key, "label": label, "url": query_with(params, stock=None if key == "all" else key),
                 "count": counts[key], "current": key == state, "wait": key != "all"}
                for key, label in tabs
            ],
            "warehouses": warehouses,
            "many": len(warehouses) > 1,
            "filters": chips(params, {"keyword": (_("Search"), None), "warehouse": (_("Warehouse"), names)}),
            "keyword": params.get("keyword", ""),
            "hidden": hidden(params, "keyword"),
            "hidden_filters": hidden(params, "warehouse"),
            "sort_by": params.get("sort_by", ""),
            "sort_dir": params.get("sort_dir", ""),
            "sections": sections("inventory", self.member),
            "downloads": downloads(self.member, "inventory", params.urlencode()),
            "limit_low": self.store.low_stock_at,
        }  # fmt: skip
        return render(request, "catalog/inventory.html", context)


class InventorySave(JsonPage):
    right = "inventory.edit"

    def post(self, request: HttpRequest) -> JsonResponse:
        data = self.body(s.InventoryIn)
        levels = stock_update(
            store=self.store, lines=[StockLine(**line) for line in data["lines"]], reason=data["reason"],
            actor=self.member,
        )  # fmt: skip
        return self.answer([level_short(x) for x in levels])


class InventoryTransfer(JsonPage):
    right = "inventory.edit"

    def post(self, request: HttpRequest) -> JsonResponse:
        data = self.body(s.TransferIn)
        levels = stock_transfer(
            store=self.store, from_id=data["from_warehouse_id"], to_id=data["to_warehouse_id"],
            pieces=[Pieces(**line) for line in data["lines"]], reason=data["reason"], actor=self.member,
        )  # fmt: skip
        return self.answer([level_short(x) for x in levels])


class LedgerPage(StorePage):
    """Who changed the stock of what, when, why, for which order."""

    right = "inventory.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET
        page = queries.ledger_page(params.dict() | {"limit": params.get("limit") or "50"}, self.store)
        kinds = {str(k): v for k, v in StockEntry.Kind.choices}
        warehouses = _warehouses()
        rows = [
            row | {"at": e.created_at} for row, e in zip(queries.ledger_rows(page, self.store), page.rows, strict=True)
        ]
        labels: dict[str, tuple[Any, Any]] = {
            "keyword": (_("Search"), None), "kind": (_("Kind"), kinds), "from": (_("From"), None), "to": (_("To"), None),
            "warehouse": (_("Warehouse"), {str(w.pk): w.name for w in warehouses}),
            "variant_id": (_("Variant"), {str(r["variant_id"]): f"{r['product']} {r['variant']}" for r in rows}),
            "order_id": (_("Order"), {str(r["order_id"]): r["order_number"] for r in rows}),
        }  # fmt: skip
        context = {
            "rows": rows,
            "page": page,
            "filters": chips(params, labels),
            "keyword": params.get("keyword", ""),
            "hidden": hidden(params, "keyword"),
            "hidden_filters": hidden(params, "kind", "from", "to", "warehouse"),
            "kinds": StockEntry.Kind.choices,
            "warehouses": warehouses,
            "recent": not any(params.get(n) for n in ("from", "variant_id", "order_id")),
            "days": queries.LEDGER_DAYS,
            "params": params,
        }
        return render(request, "catalog/ledger.html", context)
