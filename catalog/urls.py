from __future__ import annotations

from django.urls import path

from catalog.views import pages as v

urlpatterns = [
    path("produk", v.ProductListPage.as_view(), name="products"),
    path("produk/baru", v.ProductNewPage.as_view(), name="product-new"),
]
