from __future__ import annotations

from typing import Any

from rest_framework import serializers


class RegisterIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    email = serializers.EmailField(max_length=254)
    phone = serializers.CharField(max_length=30)
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    store_name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class LoginIn(serializers.Serializer[Any]):
    """``email`` may also be a phone number."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class RefreshIn(serializers.Serializer[Any]):
    refresh_token = serializers.CharField(max_length=2000)


class TokenOut(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    expires_in = serializers.IntegerField()
    issued_at = serializers.CharField()
    token_type = serializers.CharField()


class LoginUserOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.EmailField()
    role_id = serializers.IntegerField(allow_null=True)
    store_id = serializers.IntegerField(allow_null=True)
    staff_id = serializers.IntegerField(allow_null=True)
    store_name = serializers.CharField(allow_null=True)
    boscod = serializers.CharField()


class LoginOut(serializers.Serializer[Any]):
    message = serializers.CharField()
    token = TokenOut()
    user = LoginUserOut()
