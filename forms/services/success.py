"""The custom success page of a form, and the hosts it may lead to. Both take effect at once."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bosonline import timeline
from bosonline.actor import Actor
from bosonline.errors import Conflict, NotFound, ValidationFailed
from bosonline.tenancy import all_stores
from forms.models import OrderForm, RedirectHost
from forms.services.forms import forget_on_commit, form_locked, store_changed
from forms.success import redirect_hosts, success_check
from stores.models import Domain, Store

_HOST = re.compile(r"^(?=.{4,120}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$")
MAX_HOSTS = 50
# whole registries: allowing one would allow everybody
_BROAD = frozenset(
    f"{part}.id" for part in ["co", "web", "or", "ac", "go", "my", "biz", "sch", "desa", "mil", "net", "ponpes"]
)


@transaction.atomic
def success_save(*, store: Store, form_id: int, data: dict[str, Any], create: bool, actor: Actor) -> OrderForm:
    """Make (``create``) or change the page. 409 when it exists already, 404 when there is none to change."""
    actor.require("forms.edit")
    form = form_locked(form_id)
    if create and form.success is not None:
        raise Conflict(_("This form has a success page already. Change it instead."), code="already_exists")
    if not create and form.success is None:
        raise NotFound(_("This form has no success page of its own yet."))
    form.success = success_check(data, redirect_hosts(store))
    form.revision += 1
    form.save(update_fields=["success", "revision", "updated_at"])
    timeline.record(
        store_id=store.pk, subject="form", subject_id=form.pk, kind="form.success", actor=actor,
        data={"kind": form.success["kind"]},
    )  # fmt: skip
    forget_on_commit(store.pk, [form.slug])
    return form


@transaction.atomic
def host_add(*, store: Store, host: str, actor: Actor) -> RedirectHost:
    """Allow a host. Raises at ``host`` when it is no public host name, or too broad."""
    actor.require("store.edit")
    host = host.strip().lower().removeprefix("https://").removeprefix("http://").split("/")[0]
    if not _HOST.match(host) or host in _BROAD:
        raise ValidationFailed.field("host", _("Enter a host such as shop.example.com."))
    with all_stores():
        if Domain.objects.filter(hostname=host, verified_at__isnull=False).exclude(store=store).exists():
            raise ValidationFailed.field("host", _("This domain belongs to another store."))
    if RedirectHost.objects.count() >= MAX_HOSTS:
        raise ValidationFailed.field("host", _("There are too many hosts already."))
    row, _created = RedirectHost.objects.get_or_create(store=store, host=host)
    store_changed(store.pk, [])
    return row


@transaction.atomic
def host_remove(*, store: Store, host_id: int, actor: Actor) -> None:
    """Buyers are not sent there any more, whatever the forms say: the host is checked again when they order."""
    actor.require("store.edit")
    deleted, _rows = RedirectHost.objects.filter(pk=host_id).delete()
    if not deleted:
        raise NotFound()
    store_changed(store.pk, [])
