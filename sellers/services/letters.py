"""The mails about accounts. Handlers of the outbox: they look everything up anew and make links themselves, so that a
usable token is never stored and a person who is gone gets nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bosonline import mail
from bosonline.hosts import platform_url
from bosonline.outbox import handler
from bosonline.phone import InvalidPhone, normalise
from bosonline.tenancy import all_stores
from sellers.devices import device_label
from sellers.models import EmailToken, Invitation, LoginSession, User
from sellers.services import accounts


def _link(path: str, token: str) -> str:

    return platform_url(f"{path}?{urlencode({'token': token})}")


@handler("mail.confirm_email", lane="tell", limit=mail.LIMIT)
def confirm_email(payload: dict[str, Any]) -> None:
    user = User.objects.filter(pk=payload["user_id"], is_active=True).first()
    email = payload["email"]
    if user is None or email not in (user.email, user.pending_email):
        return
    if email == user.email and user.email_confirmed_at is not None:
        return
    if User.objects.filter(email=email).exclude(pk=user.pk).exists():
        return  # somebody else's address: they get no letter, and the sender learns nothing
    token = accounts.email_token_make(
        user=user, purpose=EmailToken.Purpose.CONFIRM_EMAIL, email=email, seconds=settings.CONFIRM_EMAIL_SECONDS
    )
    with translation.override(user.language):
        mail.send(
            email,
            mail.Letter(
                _("Confirm your e-mail address"),
                [
                    _("Hello %(name)s,") % {"name": user.name},
                    _(
                        "please confirm that this address is yours. You need it to get back in when you forget your password."
                    ),
                ],
                (_("Confirm e-mail"), _link("/konfirmasi-email", token)),
                foot=_("The link works for three days. If you did not ask for this, ignore this letter."),
            ),
        )


@handler("mail.forgot_password", lane="tell", limit=mail.LIMIT)
def forgot_password(payload: dict[str, Any]) -> None:
    condition = Q(email=payload["identifier"])
    with suppress(InvalidPhone):
        condition |= Q(phone=normalise(payload["identifier"]))
    user = User.objects.filter(condition, is_active=True, erased_at__isnull=True).first()
    if user is None:
        return
    token = accounts.email_token_make(
        user=user, purpose=EmailToken.Purpose.RESET_PASSWORD, email=user.email, seconds=settings.RESET_PASSWORD_SECONDS
    )
    with translation.override(user.language):
        mail.send(
            user.email,
            mail.Letter(
                _("Choose a new password"),
                [
                    _("Hello %(name)s,") % {"name": user.name},
                    _("someone, hopefully you, asked for a new password of your BosOnline account."),
                ],
                (_("Choose a new password"), _link("/kata-sandi/baru", token)),
                foot=_(
                    "The link works once, for one hour. If it was not you, do nothing: your password stays as it is."
                ),
            ),
        )


@handler("mail.invitation", lane="tell", limit=mail.LIMIT)
def invitation(payload: dict[str, Any]) -> None:
    from sellers.services.staff import invitation_token_make

    with all_stores():
        row = (
            Invitation.objects.select_related("store", "invited_by")
            .filter(pk=payload["invitation_id"], accepted_at__isnull=True, withdrawn_at__isnull=True)
            .first()
        )
        if row is None or row.expires_at <= timezone.now():
            return
        token = invitation_token_make(row)
    language = row.invited_by.language if row.invited_by else "id"
    with translation.override(language):
        by = row.invited_by.name if row.invited_by else row.store.name
        mail.send(
            row.email,
            mail.Letter(
                _("Invitation to the store %(store)s") % {"store": row.store.name},
                [
                    _("%(by)s invites you to work in the store %(store)s on BosOnline.")
                    % {"by": by, "store": row.store.name},
                ],
                (_("Accept the invitation"), _link("/undangan", token)),
                foot=_("The invitation is valid for seven days. If you do not know this store, ignore this letter."),
            ),
        )


def _security_text(what: str) -> tuple[str, str]:
    return {
        "password_changed": (
            _("Your password was changed"),
            _("The password of your BosOnline account was changed and all other devices were logged out."),
        ),
        "second_factor_on": (
            _("Second factor switched on"),
            _("From now on a code of your authenticator app is asked for when you log in."),
        ),
        "second_factor_off": (
            _("Second factor switched off"),
            _("The second factor of your BosOnline account was switched off. Only the password protects it now."),
        ),
        "refresh_reused": (
            _("A session was ended for safety"),
            _("A key of one of your sessions was used twice. Somebody may have copied it; the session was ended."),
        ),
        "email_changed": (
            _("Your e-mail address was changed"),
            _("Your BosOnline account now belongs to another e-mail address."),
        ),
        "deletion_requested": (
            _("Your account will be deleted"),
            _(
                "You asked to delete your BosOnline account. It is erased after %(days)s days; log in before to take it back."
            )
            % {"days": settings.ACCOUNT_DELETION_DAYS},
        ),
        "deletion_cancelled": (
            _("Your account stays"),
            _("The deletion of your BosOnline account was taken back."),
        ),
        "store_received": (
            _("You are the owner of a store now"),
            _("A store was handed over to you on BosOnline."),
        ),
        "store_given": (
            _("Your store was handed over"),
            _("You handed a store over to another owner on BosOnline."),
        ),
    }[what]


@handler("mail.security", lane="tell", limit=mail.LIMIT)
def security(payload: dict[str, Any]) -> None:
    user = User.objects.filter(pk=payload["user_id"], erased_at__isnull=True).first()
    if user is None:
        return
    with translation.override(user.language):
        subject, text = _security_text(payload["what"])
        rows = [(_("Store"), payload["store"])] if payload.get("store") else []
        mail.send(
            payload.get("to") or user.email,
            mail.Letter(
                subject,
                [_("Hello %(name)s,") % {"name": user.name}, text],
                (_("Look at your sessions"), platform_url("/pengaturan/sesi")),
                rows=rows,
                foot=_("If this was not you, choose a new password now and end all sessions."),
            ),
        )


@handler("mail.new_device", lane="tell", limit=mail.LIMIT)
def new_device(payload: dict[str, Any]) -> None:
    session = LoginSession.objects.select_related("user").filter(pk=payload["session_id"]).first()
    if session is None or session.user.erased_at is not None:
        return
    with translation.override(session.user.language):
        mail.send(
            session.user.email,
            mail.Letter(
                _("Log-in from a new device"),
                [
                    _("Hello %(name)s,") % {"name": session.user.name},
                    _("a device that was not known before logged in to your account."),
                ],
                (_("Look at your sessions"), platform_url("/pengaturan/sesi")),
                rows=[
                    (_("Device"), device_label(session.user_agent)),
                    ("IP", session.ip or "–"),
                    (
                        _("Time"),
                        timezone.localtime(session.created_at, timezone.get_fixed_timezone(420)).strftime(
                            "%d/%m/%Y %H.%M WIB"
                        ),
                    ),
                ],
                foot=_("If this was not you, choose a new password now and end all sessions."),
            ),
        )
