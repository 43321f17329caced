"""What a picker of products or variants asks while one types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from bosonline import cleaning
from bosonline.errors import NotFound
from catalog import queries
from sellers.pages import StorePage

KINDS = {"produk": queries.product_choices, "varian": queries.variant_choices}
USERS = ("products.view", "forms.view", "vouchers.view")  # whose pages have a picker


class ChoicesPage(StorePage):
    """JSON for a picker: at most 30 products or variants that match ``keyword``."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        self.member.require_any(*USERS)
        if kind not in KINDS:
            raise NotFound()
        keyword = cleaning.keyword(request.GET.get("keyword", ""))[:100]
        return JsonResponse({"data": KINDS[kind](keyword)})
