"""Small JSON answers for the store's pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from sellers.pages import StorePage
from stores.services.stores import subdomain_check


class SubdomainCheckPage(StorePage):
    """The live check beside the address field."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"data": subdomain_check(request.GET.get("subdomain", "")[:80], store=self.store)})
