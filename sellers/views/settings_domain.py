"""Pengaturan › Domain: the BosOnline address, own domains with the live state of each DNS record, the default."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from bosonline.errors import DomainError
from bosonline.hosts import host_url
from sellers.pages import StorePage, put_errors
from stores.forms import DomainForm, SubdomainForm
from stores.hostnames import hostname_shown
from stores.models import Domain
from stores.queries import domains_of, public_url
from stores.services import domains as services
from stores.services.domain_records import records_of
from stores.services.subdomains import REDIRECT_DAYS, subdomain_set


def domain_row(row: Domain) -> dict[str, Any]:
    """What the page shows of a name."""
    return {
        "id": row.pk,
        "shown": hostname_shown(row.hostname),
        "hostname": row.hostname,
        "url": host_url(row.hostname),
        "row": row,
        "own": row.kind == Domain.Kind.CUSTOM,
        "records": records_of(row),
    }


class DomainSettingsPage(StorePage):
    rights = {"GET": "store.view", "POST": "store.edit"}

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Add an own domain."""
        form = DomainForm(request.POST)
        if form.is_valid():
            try:
                row = services.domain_add(
                    store=self.store, hostname=form.cleaned_data["hostname"], actor=self.member
                )  # fmt: skip
            except DomainError as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("Added. Now set the two DNS records."))
                return redirect(f"{request.path}#domain-{row.pk}")
        return self._show(form, status=422)

    def _show(self, form: DomainForm | None = None, status: int = 200) -> HttpResponse:
        rows = [domain_row(row) for row in domains_of()]
        context = {
            "form": form or DomainForm(),
            "subdomains": [r for r in rows if not r["own"] and r["row"].redirect_until is None],
            "old_names": [r for r in rows if r["row"].redirect_until is not None],
            "own_domains": [r for r in rows if r["own"]],
            "public_url": public_url(self.store),
            "base_domain": settings.BASE_DOMAIN,
        }
        return render(self.request, "settings/domain.html", context, status=status)


class SubdomainSettingsPage(StorePage):
    """Change the address, with what happens to the links that are out there."""

    right = "store.edit"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(SubdomainForm(initial={"subdomain": self.store.subdomain or ""}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SubdomainForm(request.POST)
        if form.is_valid():
            try:
                subdomain_set(store=self.store, name=form.cleaned_data["subdomain"], actor=self.member)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("The address was changed."))
                return redirect("settings-domain")
        return self._show(form, status=422)

    def _show(self, form: SubdomainForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "current": f"{self.store.subdomain}.{settings.BASE_DOMAIN}" if self.store.subdomain else "",
            "base_domain": settings.BASE_DOMAIN,
            "days": REDIRECT_DAYS,
        }
        return render(self.request, "settings/subdomain.html", context, status=status)


class DomainAction(StorePage):
    """Check now, make default, remove: each answers with the page again."""

    actions = dict.fromkeys(("periksa", "utama", "hapus"), ("store.edit",))

    def post(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        if action == "periksa":
            return self._check(request, pk)
        if action == "utama":
            row = services.domain_set_default(store=self.store, domain_id=pk, actor=self.member)
            messages.success(request, _("Links now use %(domain)s.") % {"domain": hostname_shown(row.hostname)})
        else:
            services.domain_remove(domain_id=pk, actor=self.member)
            messages.success(request, _("The domain was removed."))
        return redirect("settings-domain")

    def _check(self, request: HttpRequest, pk: int) -> HttpResponse:
        """With htmx only the domain's card is shown again, in place."""
        row = services.domain_verify(domain_id=pk, actor=self.member)
        if request.htmx:  # type: ignore[attr-defined]  # django-htmx
            current = next(r for r in domains_of() if r.pk == row.pk)
            return render(request, "settings/includes/domain_card.html", {"domain": domain_row(current)})
        return redirect(f"{redirect('settings-domain').url}#domain-{pk}")
