"""The one check of who may call what over HTTP; pages use the same ``Actor.require``."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission

from bosonline.errors import Forbidden, Unauthenticated


class ActorPermission(BasePermission):
    """``view.actor`` names who the endpoint is for; ``view.rights`` which right each method needs."""

    def has_permission(self, request: Any, view: Any) -> bool:
        actor = getattr(view, "actor", None)
        if actor == "public":
            return True
        member = request.user
        if member is None:
            raise Unauthenticated()
        if actor == "seller":
            if member.store is None and view.needs_store:
                raise Forbidden(_("This account is not a member of a store."))
            right = view.rights.get(request.method)
            if right:
                member.require(right)
            return True
        if actor == "internal":
            if not member.user.internal_role:
                raise Forbidden()
            return True
        raise AssertionError(f"{type(view).__name__} names no actor")
