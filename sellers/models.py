"""Users, their places in stores, and their sessions."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from bosonline.tenancy import StoreOwned
from stores.models import Store


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person. Belongs to stores through memberships; ``internal_role`` is for the platform's own staff only."""

    class InternalRole(models.TextChoices):
        NONE = ""
        SUPERADMIN = "superadmin"
        OPERATIONS = "operations"
        SUPPORT = "support"
        FINANCE = "finance"

    email = models.EmailField(unique=True)
    phone = models.CharField(max_length=16, null=True, unique=True)
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=2, default="id")
    email_confirmed_at = models.DateTimeField(null=True)
    internal_role = models.CharField(max_length=12, choices=InternalRole.choices, blank=True, default="")
    is_active = models.BooleanField(default=True)
    deletion_requested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower"),
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+\d{8,15}$"), name="user_phone_e164"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A set of rights. Presets have no store and are the same for everyone; a store's own roles have one."""

    store = models.ForeignKey(Store, null=True, on_delete=models.CASCADE, related_name="+")
    preset = models.CharField(max_length=20, blank=True, default="")
    name = models.CharField(max_length=40)
    rights = ArrayField(models.CharField(max_length=40), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["preset"], name="role_preset_once", condition=Q(store__isnull=True)),
            models.UniqueConstraint("store", Lower("name"), name="role_name_once", condition=Q(store__isnull=False)),
        ]

    @property
    def is_owner(self) -> bool:
        return self.preset == "owner"


class Membership(StoreOwned):
    """A user's place in a store (the API's ``staff_id``)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)
    lead_weight = models.PositiveSmallIntegerField(default=1)
    takes_leads = models.BooleanField(default=True)
    max_open_leads = models.PositiveSmallIntegerField(null=True)
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "user"], name="membership_once", condition=Q(removed_at__isnull=True)
            )
        ]


class LoginSession(models.Model):
    """One log-in on one device. Tokens and the browser's cookie die with it."""

    class Kind(models.TextChoices):
        WEB = "web"
        API = "api"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_sessions")
    store = models.ForeignKey(Store, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    # The only refresh token that may still be used; any other of this session is a replay.
    refresh_jti = models.CharField(max_length=32, blank=True, default="")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="loginsession_user")]


class LoginAttempt(models.Model):
    """History of log-ins that worked and failed; also what the growing waits are counted from."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    identifier = models.CharField(max_length=120)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")
    succeeded = models.BooleanField()
    reason = models.CharField(max_length=20, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["identifier", "-created_at"], name="loginattempt_identifier"),
            models.Index(fields=["user", "-id"], name="loginattempt_user"),
        ]
