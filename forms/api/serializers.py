from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bosonline.api.fields import PhoneField
from bosonline.moments import MomentField
from bosonline.sheets import FORMATS


class FormIn(serializers.Serializer[Any]):
    """``content`` as in ``forms.content.FormContent``; ``publish`` makes it live at once."""

    name = serializers.CharField(max_length=80)
    slug = serializers.SlugField(max_length=60, required=False, allow_blank=True, default="")
    content = serializers.DictField(required=False, default=dict)
    publish = serializers.BooleanField(required=False, default=False)


class FormEditIn(FormIn):
    """Every part may be absent and then stays as it is. ``draft_rev``: refuse when another save came between."""

    name = serializers.CharField(max_length=80, required=False)
    slug = serializers.SlugField(max_length=60, required=False)
    content = serializers.DictField(required=False)
    opens_at = MomentField(required=False, allow_null=True)
    closes_at = MomentField(required=False, allow_null=True)
    quota = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=10_000_000)
    draft_rev = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class FormStatusIn(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["published", "closed"])


class FormIdsIn(serializers.Serializer[Any]):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), allow_empty=False, max_length=50
    )


class RestoreIn(serializers.Serializer[Any]):
    publish = serializers.BooleanField(required=False, default=False)


class FormDownloadIn(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=list(FORMATS), required=False, default="csv")


class HostIn(serializers.Serializer[Any]):
    host = serializers.CharField(max_length=140)


class PixelTokenIn(serializers.Serializer[Any]):
    provider = serializers.ChoiceField(choices=["meta", "tiktok", "google"])
    pixel_id = serializers.CharField(max_length=40)
    token = serializers.CharField(max_length=500, write_only=True)
    test_code = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class BlockIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["phone", "ip", "address"])
    value = serializers.CharField(max_length=120)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class AbandonedIn(serializers.Serializer[Any]):
    form = serializers.SlugField(max_length=60)
    store = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    phone = PhoneField()
    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    data = serializers.DictField(required=False, default=dict)
    token = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class AbandonedStatusIn(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["open", "dismissed"])


class AbandonedUpdateIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    data = serializers.DictField(required=False, default=dict)


class ViewIn(serializers.Serializer[Any]):
    form = serializers.SlugField(max_length=60)
    store = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(choices=["views", "starts"], required=False, default="views")
