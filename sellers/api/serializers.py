from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bosonline.api.fields import CodeField, EmailField, PhoneField
from sellers.devices import device_label
from sellers.models import Invitation, LoginAttempt, LoginSession, Membership, Role
from sellers.rights import ALL_RIGHTS


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 200, "trim_whitespace": False, **kwargs})


class RegisterIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    email = EmailField(max_length=254)
    phone = PhoneField()
    password = PasswordField()
    store_name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class LoginIn(serializers.Serializer[Any]):
    """``email`` may also be a phone number. ``otp``: six digits or a recovery code, when the account asks for it."""

    email = serializers.CharField(max_length=254)
    password = PasswordField()
    otp = CodeField(max_length=40, required=False, allow_blank=True, default="")


class RefreshIn(serializers.Serializer[Any]):
    refresh_token = serializers.CharField(max_length=2000)


class ForgotIn(serializers.Serializer[Any]):
    """``email`` may also be a phone number; the mail goes to the account's address."""

    email = serializers.CharField(max_length=254)


class ResetIn(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=100)
    password = PasswordField()


class TokenIn(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=100)


class SwitchIn(serializers.Serializer[Any]):
    store_id = serializers.IntegerField(min_value=1, max_value=2**62)


class InvitationAcceptIn(serializers.Serializer[Any]):
    """Name, phone and password are for somebody without an account; others send the request with their bearer token."""

    token = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=80, required=False, default="")
    phone = PhoneField(required=False, default="")
    password = PasswordField(required=False, default="")


class TokenOut(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    expires_in = serializers.IntegerField()
    issued_at = serializers.CharField()
    token_type = serializers.CharField()


class LoginUserOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = EmailField()
    role_id = serializers.IntegerField(allow_null=True)
    store_id = serializers.IntegerField(allow_null=True)
    staff_id = serializers.IntegerField(allow_null=True)
    store_name = serializers.CharField(allow_null=True)
    boscod = serializers.CharField()


class LoginOut(serializers.Serializer[Any]):
    message = serializers.CharField()
    token = TokenOut()
    user = LoginUserOut()


# -- oneself ----------------------------------------------------------------------------------------------------------


class ProfileIn(serializers.Serializer[Any]):
    """``password`` is asked for when e-mail or phone change; a new e-mail counts after its confirmation."""

    name = serializers.CharField(max_length=80)
    email = EmailField(max_length=254)
    phone = PhoneField()
    language = serializers.ChoiceField(choices=["id", "en"])
    password = PasswordField(required=False, allow_blank=True, default="")


class PasswordIn(serializers.Serializer[Any]):
    password = PasswordField()


class PasswordChangeIn(serializers.Serializer[Any]):
    password = PasswordField()
    new_password = PasswordField()


class CodeIn(serializers.Serializer[Any]):
    otp = CodeField(max_length=40)


class PasswordCodeIn(serializers.Serializer[Any]):
    password = PasswordField()
    otp = CodeField(max_length=40)


class SessionOut(serializers.ModelSerializer[LoginSession]):
    device = serializers.SerializerMethodField()
    current = serializers.SerializerMethodField()

    class Meta:
        model = LoginSession
        fields = ("id", "kind", "device", "ip", "created_at", "last_seen_at", "expires_at", "current")

    def get_device(self, row: LoginSession) -> str:
        return device_label(row.user_agent)

    def get_current(self, row: LoginSession) -> bool:
        return bool(row.pk == self.context["current_id"])


class AttemptOut(serializers.ModelSerializer[LoginAttempt]):
    device = serializers.SerializerMethodField()

    class Meta:
        model = LoginAttempt
        fields = ("id", "created_at", "succeeded", "reason", "device", "ip")

    def get_device(self, row: LoginAttempt) -> str:
        return device_label(row.user_agent)


# -- staff and roles --------------------------------------------------------------------------------------------------


class RoleOut(serializers.ModelSerializer[Role]):
    name = serializers.CharField(source="label")
    rights = serializers.SerializerMethodField()
    members = serializers.IntegerField(default=0)

    class Meta:
        model = Role
        fields = ("id", "name", "preset", "rights", "members")

    def get_rights(self, row: Role) -> list[str]:
        return [right for right in ALL_RIGHTS if right in row.granted]


class RoleIn(serializers.Serializer[Any]):
    """``rights``: ``<module>.<view|create|edit|delete>`` and the special ones, as ``GET /store/roles`` lists them."""

    name = serializers.CharField(max_length=40)
    rights = serializers.ListField(child=serializers.CharField(max_length=40), max_length=len(ALL_RIGHTS) + 10)


class StaffOut(serializers.ModelSerializer[Membership]):
    name = serializers.CharField(source="user.name")
    email = EmailField(source="user.email")
    phone = serializers.CharField(source="user.phone", allow_null=True)
    role = serializers.SerializerMethodField()
    managed = serializers.SerializerMethodField()
    last_seen_at = serializers.DateTimeField(default=None, allow_null=True)

    class Meta:
        model = Membership
        fields = (
            "id", "name", "email", "phone", "role", "is_active", "takes_leads", "lead_weight", "max_open_leads", "managed",
            "last_seen_at", "created_at",
        )  # fmt: skip

    def get_role(self, row: Membership) -> dict[str, Any]:
        return {"id": row.role_id, "name": row.role.label, "preset": row.role.preset}

    def get_managed(self, row: Membership) -> bool:
        return row.user.managed_by_id == row.store_id


class StaffIn(serializers.Serializer[Any]):
    """With a password the account exists at once, without one an invitation is mailed."""

    name = serializers.CharField(max_length=80)
    email = EmailField(max_length=254)
    phone = PhoneField()
    password = PasswordField(required=False, allow_blank=True, default="")
    role_id = serializers.IntegerField(min_value=1, max_value=2**62)
    takes_leads = serializers.BooleanField(required=False)
    lead_weight = serializers.IntegerField(min_value=1, max_value=100, required=False)
    max_open_leads = serializers.IntegerField(min_value=1, max_value=10_000, required=False, allow_null=True)


class StaffUpdateIn(StaffIn):
    is_active = serializers.BooleanField(required=False)


class StatusIn(serializers.Serializer[Any]):
    is_active = serializers.BooleanField()


class MultiStatusIn(serializers.Serializer[Any]):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), min_length=1, max_length=100
    )
    is_active = serializers.BooleanField()


class HandOverWorkIn(serializers.Serializer[Any]):
    """Who takes the open orders over (a ``staff_id``)."""

    hand_over_to = serializers.IntegerField(min_value=1, max_value=2**62, required=False, allow_null=True, default=None)


class StoreNewIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)


class StoreHandOverIn(serializers.Serializer[Any]):
    """``stay``: what the old owner is afterwards."""

    staff_id = serializers.IntegerField(min_value=1, max_value=2**62)
    password = PasswordField()
    stay = serializers.ChoiceField(choices=["administrator", "owner"], required=False, default="administrator")


class InvitationOut(serializers.ModelSerializer[Invitation]):
    role = serializers.CharField(source="role.label")
    invited_by = serializers.CharField(source="invited_by.name", allow_null=True, default=None)

    class Meta:
        model = Invitation
        fields = ("id", "email", "name", "phone", "role", "invited_by", "expires_at", "created_at")
