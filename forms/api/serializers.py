from __future__ import annotations

from typing import Any

from rest_framework import serializers


class FormIn(serializers.Serializer[Any]):
    """``content`` as in ``forms.content.FormContent``; ``publish`` makes it live at once."""

    name = serializers.CharField(max_length=80)
    slug = serializers.SlugField(max_length=60, required=False, allow_blank=True, default="")
    content = serializers.DictField(required=False, default=dict)
    publish = serializers.BooleanField(required=False, default=False)


class FormStatusIn(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["published", "closed"])


class AbandonedIn(serializers.Serializer[Any]):
    form = serializers.SlugField(max_length=60)
    store = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    phone = serializers.CharField(max_length=30)
    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    data = serializers.DictField(required=False, default=dict)


class AbandonedUpdateIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    data = serializers.DictField(required=False, default=dict)


class ViewIn(serializers.Serializer[Any]):
    form = serializers.SlugField(max_length=60)
    store = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(choices=["views", "starts"], required=False, default="views")
