"""One description per list: what it holds, and how it is narrowed, searched, sorted, counted and downloaded.

A resource is declared once (``orders/lists.py``); page, recap, tab counts, download, bulk action on "all results" and the
parameters of OpenAPI come out of the declaration, so that they cannot count different rows::

    ORDERS = Resource(name="orders", base=…, tabs=…, filters=(choice("status", …), dates(…)), columns=(Column(…), …))
    ORDERS.rows(member, params)        the queryset every other answer starts from
    ORDERS.page(member, params)        a page of it, with its total and the cursor of the next
    ORDERS.tab_counts(member, params)  per tab, with everything else kept
    ORDERS.export(member, params, …)   the downloaded rows
    ORDERS.selection(member, params)   the ids a bulk action on all results touches
"""

from bosonline.lists.filters import Filter, choice, dates, flag, reference, text
from bosonline.lists.resource import Column, Resource, Tab, resources

__all__ = [
    "Column", "Filter", "Resource", "Tab", "choice", "dates", "flag", "reference", "resources", "text",
]  # fmt: skip
