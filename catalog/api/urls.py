from __future__ import annotations

from bosonline.api.paths import both
from catalog.api import products as p
from catalog.api import stock as st
from catalog.api import transfer as t
from catalog.api import vouchers as v

urlpatterns = [
    *both("store/products", p.ProductsView.as_view()),
    *both("store/products/check-sku", p.SkuCheckProductView.as_view()),
    *both("store/products/dummy", p.ProductDummyView.as_view()),
    *both("store/products/bulk", p.BulkView.as_view()),
    *both("store/products/bulk/<int:pk>/undo", p.BulkUndoView.as_view()),
    *both("store/products/<int:pk>", p.ProductView.as_view()),
    *both("store/products/<int:pk>/edit", p.ProductEditView.as_view()),
    *both("store/products/<int:pk>/status", p.ProductStatusView.as_view()),
    *both("store/products/<int:pk>/duplicate", p.ProductDuplicateView.as_view()),
    *both("store/products/<int:pk>/variants", p.ProductVariantsView.as_view()),
    *both("store/variants", p.VariantsView.as_view()),
    *both("store/variants/check-sku", p.SkuCheckView.as_view()),
    *both("store/variants/<int:pk>", p.VariantView.as_view()),
    *both("store/variants/<int:pk>/status", p.VariantStatusView.as_view()),
    *both("store/categories", p.CategoriesView.as_view()),
    *both("store/images", p.ImagesView.as_view()),
    *both("store/inventory", st.InventoryView.as_view()),
    *both("store/inventory/transfers", st.TransfersView.as_view()),
    *both("store/inventory/ledger", st.LedgerView.as_view()),
    *both("store/products/download", t.ProductsDownloadView.as_view()),
    *both("store/variants/download", t.VariantsDownloadView.as_view()),
    *both("store/inventory/download", t.InventoryDownloadView.as_view()),
    *both("store/imports", t.ImportsView.as_view()),
    *both("store/imports/<int:pk>", t.ImportView.as_view()),
    *both("store/imports/<int:pk>/apply", t.ImportApplyView.as_view()),
    *both("store/vouchers", v.VouchersView.as_view()),
    *both("store/vouchers/<int:pk>", v.VoucherView.as_view()),
    *both("store/vouchers/<int:pk>/status", v.VoucherStatusView.as_view()),
    *both("store/vouchers/<int:pk>/uses", v.VoucherUsesView.as_view()),
]
