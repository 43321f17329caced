"""Small JSON answers for the store's pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from sellers.pages import StorePage
from stores.services.notifications import announcement_dismiss
from stores.services.stores import subdomain_check


class SubdomainCheckPage(StorePage):
    """The live check beside the address field."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"data": subdomain_check(request.GET.get("subdomain", "")[:80], store=self.store)})


class AnnouncementClosePage(StorePage):
    """Close an announcement or tip on the home page for oneself."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        announcement_dismiss(store=self.store, user_id=self.member.user.pk, announcement_id=pk)
        return HttpResponse() if getattr(request, "htmx", False) else redirect("home")
