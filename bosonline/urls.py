"""The platform's host: dashboards, the whole API, callbacks."""

from __future__ import annotations

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from bosonline import views
from bosonline.api.docs import api_docs

handler400 = "bosonline.views.bad_request"
handler403 = "bosonline.views.forbidden"
handler404 = "bosonline.views.not_found"
handler500 = "bosonline.views.server_error"

urlpatterns = [
    path("healthz", views.healthz),
    path("internal/", include("stores.urls_internal")),
    path("readyz", views.readyz),
    path("metrics", views.metrics),
    path("api/schema", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]), name="api-schema"),
    path("api/docs", api_docs, name="api-docs"),
    # The resolver tries one path after the other: the one that takes the orders stands first.
    path("api/v1/", include("orders.api.urls_buyer")),
    path("api/v1/", include("sellers.api.urls")),
    path("api/v1/", include("stores.api.urls")),
    path("api/v1/", include("catalog.api.urls")),
    path("api/v1/", include("forms.api.urls")),
    path("api/v1/", include("orders.api.urls")),
    path("", include("sellers.urls")),
    path("", include("catalog.urls")),
    path("", include("forms.urls")),
    path("", include("orders.urls")),
    # Pictures only. Everything else that is a file has a view with a right.
    re_path(views.PICTURE_PATH, views.picture),
]
