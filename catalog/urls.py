from __future__ import annotations

from django.urls import path

from catalog.views import choices as c
from catalog.views import inventory as i
from catalog.views import products as p
from catalog.views import transfer as t
from catalog.views import vouchers as v

urlpatterns = [
    path("pilihan/<slug:kind>", c.ChoicesPage.as_view(), name="choices"),
    path("produk", p.ProductListPage.as_view(), name="products"),
    path("produk/baru", p.ProductEditorPage.as_view(), name="product-new"),
    path("produk/simpan", p.ProductSave.as_view(), name="product-save-new"),
    path("produk/gambar", p.ProductImageUpload.as_view(), name="product-image"),
    path("produk/cek-sku", p.ProductSku.as_view(), name="product-sku"),
    path("produk/varian", p.VariantListPage.as_view(), name="product-variants"),
    path("produk/ubah/<slug:target>", p.BulkEditPage.as_view(), name="product-bulk"),
    path("produk/ubah/<int:pk>/batal", p.BulkUndo.as_view(), name="product-bulk-undo"),
    path("produk/impor", t.ImportStartPage.as_view(), name="product-imports"),
    path("produk/impor/contoh/<slug:kind>.csv", t.ImportSample.as_view(), name="product-import-sample"),
    path("produk/impor/<int:pk>", t.ImportRunPage.as_view(), name="product-import"),
    path("produk/impor/<int:pk>/proses", t.ImportProgress.as_view(), name="product-import-progress"),
    path("produk/unduh/<slug:kind>", t.DownloadStart.as_view(), name="product-download"),
    path("produk/<int:pk>", p.ProductEditorPage.as_view(), name="product-edit"),
    path("produk/<int:pk>/simpan", p.ProductSave.as_view(), name="product-save"),
    path("produk/<int:pk>/<slug:action>", p.ProductAction.as_view(), name="product-action"),
    path("produk/aksi/<slug:action>", p.ProductAction.as_view(), name="product-make"),
    path("inventori", i.InventoryPage.as_view(), name="inventory"),
    path("inventori/simpan", i.InventorySave.as_view(), name="inventory-save"),
    path("inventori/pindah", i.InventoryTransfer.as_view(), name="inventory-transfer"),
    path("inventori/riwayat", i.LedgerPage.as_view(), name="inventory-ledger"),
    path("voucher", v.VoucherListPage.as_view(), name="vouchers"),
    path("voucher/baru", v.VoucherEditorPage.as_view(), name="voucher-new"),
    path("voucher/<int:pk>", v.VoucherEditorPage.as_view(), name="voucher-edit"),
    path("voucher/<int:pk>/<slug:action>", v.VoucherAction.as_view(), name="voucher-action"),
]
