"""Asked by our own proxy, on whatever host name it knows us by."""

from __future__ import annotations

from django.urls import path

from stores.views.internal import tls_allowed

urlpatterns = [path("tls-allowed", tls_allowed)]
