"""Users, their places in stores, and their sessions."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from bosonline.tenancy import StoreOwned
from sellers.rights import ALL_RIGHTS, PRESETS
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
    # the new address while it waits for its confirmation; the old one stays valid until then
    pending_email = models.EmailField(blank=True, default="")
    # the store that made this account with a password, as long as the person has no other place: only then may its
    # owner change name, e-mail, phone and password (docs/security.md)
    managed_by = models.ForeignKey(Store, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    internal_role = models.CharField(max_length=12, choices=InternalRole.choices, blank=True, default="")
    is_active = models.BooleanField(default=True)
    deletion_requested_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
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
        indexes = [
            models.Index(
                fields=["deletion_requested_at"],
                name="user_deletion",
                condition=Q(deletion_requested_at__isnull=False, erased_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.name


class TwoFactor(models.Model):
    """A user's second factor (TOTP, RFC 6238: six digits, 30 seconds). Counts once ``confirmed_at`` is set."""

    encrypted = ("secret",)

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="two_factor")
    secret = models.CharField(max_length=200)  # base32, encrypted with FIELD_KEY
    confirmed_at = models.DateTimeField(null=True)
    # the newest time step that was used: a code works once, also within its 30 seconds
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)


class RecoveryCode(models.Model):
    """A way in without the second factor, once. Only the digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recoverycode_once")]


class EmailToken(models.Model):
    """A link that was mailed: single-use, expiring; only the digest is kept."""

    class Purpose(models.TextChoices):
        CONFIRM_EMAIL = "confirm_email"
        RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, not a password

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    digest = models.CharField(max_length=64, unique=True)
    email = models.EmailField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())


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

    @property
    def is_preset(self) -> bool:
        return self.store_id is None

    @property
    def granted(self) -> frozenset[str]:
        """What the role allows. A preset follows the table in code, whatever its row was made with."""
        if self.preset in PRESETS:
            return frozenset(PRESETS[self.preset][1])
        return frozenset(right for right in self.rights if right in ALL_RIGHTS)

    @property
    def label(self) -> str:
        return str(PRESETS[self.preset][0]) if self.preset in PRESETS else self.name


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


class Invitation(StoreOwned):
    """A place in a store, offered by e-mail and not taken yet. The link's digest only; seven days."""

    email = models.EmailField()
    name = models.CharField(max_length=80, blank=True, default="")
    phone = models.CharField(max_length=16, blank=True, default="")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True, null=True)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "email"],
                name="invitation_open_once",
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
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
    # which known device this is (sellers/services/guard.py); the same number over many log-ins
    device_id = models.CharField(max_length=32, blank=True, default="")
    # the owner has not been told yet that a new device logged in (a periodic task does it: log-in stays short)
    tell_owner = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="loginsession_user"),
            models.Index(fields=["id"], name="loginsession_tell", condition=Q(tell_owner=True)),
        ]


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
