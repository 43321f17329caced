"""Names of the store over HTTP: subdomain and own domains."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bosonline.api.views import ApiView
from stores import queries
from stores.api import serializers as s
from stores.services import domains
from stores.services.subdomains import subdomain_check, subdomain_set


class SubdomainCheckView(ApiView):
    """Whether a subdomain may be taken: available, reason, message, up to three suggestions."""

    group = "store"

    @extend_schema(parameters=[OpenApiParameter("subdomain", str, required=True)], responses={200: dict})
    def get(self, request: Request) -> Response:
        name = request.query_params.get("subdomain", "").replace("\x00", "")[:80]
        return Response({"data": subdomain_check(name, store=self.member.store)})


class SubdomainView(ApiView):
    """Change the store's subdomain. The old one redirects for 90 days."""

    group = "store"
    rights = {"PUT": "store.edit"}

    @extend_schema(request=s.SubdomainIn, responses={200: s.StoreOut})
    def put(self, request: Request) -> Response:
        name = self.parse(s.SubdomainIn)["subdomain"]
        store = subdomain_set(store=self.member.store, name=name, actor=self.member)
        return Response({"data": s.StoreOut(store).data})


class DomainsView(ApiView):
    """The store's names: subdomain, own domains with their DNS records and state, old names that redirect."""

    group = "store"
    rights = {"GET": "store.view", "POST": "store.edit"}

    @extend_schema(responses={200: s.DomainOut(many=True)})
    def get(self, request: Request) -> Response:
        data = s.DomainOut(queries.domains_of(), many=True).data
        return Response({"data": data, "total": len(data)})

    @extend_schema(request=s.DomainIn, responses={201: s.DomainOut})
    def post(self, request: Request) -> Response:
        """Add an own domain; ``records`` are what to set in its DNS."""
        hostname = self.parse(s.DomainIn)["hostname"]
        row = domains.domain_add(store=self.member.store, hostname=hostname, actor=self.member)
        return Response({"data": s.DomainOut(row).data}, status=201)


class DefaultDomainView(ApiView):
    """The name that links use from now on."""

    group = "store"
    rights = {"PUT": "store.edit"}

    @extend_schema(request=s.DefaultDomainIn, responses={200: s.DomainOut})
    def put(self, request: Request) -> Response:
        domain_id = self.parse(s.DefaultDomainIn)["id"]
        row = domains.domain_set_default(store=self.member.store, domain_id=domain_id, actor=self.member)
        return Response({"data": s.DomainOut(row).data})


class DomainView(ApiView):
    """Take an own domain away."""

    group = "store"
    rights = {"DELETE": "store.edit"}

    @extend_schema(responses={200: dict})
    def delete(self, request: Request, pk: int) -> Response:
        domains.domain_remove(domain_id=pk, actor=self.member)
        return Response({"message": _("The domain was removed.")})


class DomainVerifyView(ApiView):
    """Look the DNS up now. Takes a few seconds at most; each record says ``ok``, ``found``, ``expected``, ``message``."""

    group = "store"
    rights = {"POST": "store.edit"}

    @extend_schema(request=None, responses={200: s.DomainOut})
    def post(self, request: Request, pk: int) -> Response:
        row = domains.domain_verify(domain_id=pk, actor=self.member)
        return Response({"data": s.DomainOut(row).data})
