from __future__ import annotations

from bosonline.api.paths import both
from catalog.api import views as v

urlpatterns = [
    *both("store/products", v.ProductsView.as_view()),
    *both("store/products/check-sku", v.SkuCheckProductView.as_view()),
    *both("store/products/<int:pk>", v.ProductView.as_view()),
    *both("store/products/<int:pk>/variants", v.ProductVariantsView.as_view()),
    *both("store/variants/check-sku", v.SkuCheckView.as_view()),
    *both("store/categories", v.CategoriesView.as_view()),
    *both("store/inventory", v.InventoryView.as_view()),
    *both("store/images", v.ImagesView.as_view()),
]
