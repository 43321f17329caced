"""A store's host: the form, the order, and the public part of the API."""

from __future__ import annotations

from django.urls import include, path, re_path

from bosonline import views

handler400 = "bosonline.views.bad_request"
handler403 = "bosonline.views.forbidden"
handler404 = "orders.views.buyer.not_found"
handler500 = "bosonline.views.server_error"

urlpatterns = [
    path("healthz", views.healthz),
    path("internal/", include("stores.urls_internal")),
    path("api/v1/", include("orders.api.urls_buyer")),
    re_path(views.PICTURE_PATH, views.picture),
    path("", include("orders.urls_buyer")),
]
