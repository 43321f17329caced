"""Products, variants, inventory, vouchers and the import wizard in a real browser, at a phone's and a desk's width."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from catalog.models import Image, Product, StockEntry, StockLevel, Variant, Voucher
from catalog.services.stock import StockLine, stock_update
from sellers.services.accounts import store_open
from tests.browser.kit import switch_store
from tests.browser.test_main_job import SIZES, Tour, until
from tests.conftest import LiveApp
from tests.factories import PASSWORD, make_shop

pytestmark = pytest.mark.browser


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def seller(live_app: LiveApp, chromium: Any, size: str) -> Any:
    shop = make_shop(stock=10)
    tour = Tour(chromium, size)
    tour.page.goto(live_app.url + "/masuk")
    tour.page.get_by_label("E-mail").fill(shop.user.email)
    tour.page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    tour.page.get_by_role("button", name="Masuk").click()
    tour.page.wait_for_url("**/beranda*", timeout=30_000)
    yield tour, shop, live_app.url
    tour.close()


def picture(tmp_path: Path, name: str, colour: str) -> Path:
    buffer = io.BytesIO()
    Pillow.new("RGB", (60, 40), colour).save(buffer, "PNG")
    path = tmp_path / name
    path.write_bytes(buffer.getvalue())
    return path


def row(page: Any, name: str) -> Any:
    return page.get_by_role("group", name=name, exact=True)


def test_a_product_with_variants_and_pictures(seller: Any, tmp_path: Path) -> None:
    tour, shop, url = seller
    page = tour.page
    page.goto(url + "/produk/baru")
    page.get_by_label("Nama produk").fill("Kaos Polos")
    page.locator("[data-picture-input]").set_input_files(
        [picture(tmp_path, "a.png", "red"), picture(tmp_path, "b.png", "blue")]
    )
    page.locator(".picture img").nth(1).wait_for()
    first = page.locator(".picture").first.get_attribute("data-picture")
    page.get_by_role("button", name="Mundurkan gambar 1").click()
    assert page.locator(".picture").nth(1).get_attribute("data-picture") == first
    page.get_by_role("button", name="Tambah atribut").click()
    page.get_by_label("Atribut", exact=True).fill("Ukuran")
    page.get_by_label("Pilihan, pisahkan dengan koma").fill("S, M")
    page.get_by_label("Pilihan, pisahkan dengan koma").blur()
    row(page, "S").get_by_label("Harga (Rp)", exact=True).fill("50000")
    row(page, "S").get_by_label("Stok awal").fill("7")
    row(page, "S").get_by_label("SKU").fill(shop.variants[0].sku)
    row(page, "S").get_by_text("Sudah dipakai").wait_for()
    page.get_by_role("button", name="Salin angka baris pertama ke semua").click()
    tour.shot("produk-baru")
    page.get_by_role("button", name="Simpan").click()
    page.get_by_text(re.compile("sudah dipakai di toko ini")).first.wait_for()  # refused at the field, nothing lost
    row(page, "S").get_by_label("SKU").fill("KAOS-S")
    row(page, "S").get_by_text("Dimensi, grosir, gambar").click()
    row(page, "S").get_by_role("button", name="Tambah harga grosir").click()
    row(page, "S").get_by_label("Mulai (buah)").fill("3")
    row(page, "S").get_by_label("Harga satuan (Rp)").fill("45000")
    page.get_by_role("button", name="Simpan").click()
    page.get_by_text("Kaos Polos tersimpan").first.wait_for()
    tour.shot("produk-ubah")
    with store_scope(shop.store):
        product = Product.objects.get(name="Kaos Polos")
        small, medium = product.variants.order_by("position")
        assert (small.sku, small.price, small.tiers) == ("KAOS-S", 50_000, [{"min_qty": 3, "price": 45_000}])
        assert medium.price == 50_000 and small.levels.get().on_hand == 7
        assert product.product_images.count() == 2

    # another attribute: what exists goes on, the rest is new
    page.get_by_role("button", name="Tambah atribut").click()
    page.get_by_label("Atribut", exact=True).nth(1).fill("Warna")
    page.get_by_label("Pilihan, pisahkan dengan koma").nth(1).fill("Merah, Biru")
    page.get_by_label("Pilihan, pisahkan dengan koma").nth(1).blur()
    row(page, "S / Biru").wait_for()
    page.get_by_role("button", name="Simpan").click()

    def options() -> list[list[str]]:
        with store_scope(shop.store):
            rows = Variant.objects.filter(product=product, deleted_at__isnull=True).order_by("position")
            return [list(v.options) for v in rows]

    until(lambda: len(options()) == 4)
    assert options() == [["S", "Merah"], ["S", "Biru"], ["M", "Merah"], ["M", "Biru"]]
    with store_scope(shop.store):
        assert Variant.objects.get(pk=small.pk).options == ["S", "Merah"]
    page.get_by_role("group", name="M / Biru", exact=True).wait_for()

    # a variant that a form sells is not removed without a word
    page.goto(f"{url}/produk/{shop.product.pk}")
    page.get_by_label("Pilihan, pisahkan dengan koma").fill("100gr")
    page.get_by_label("Pilihan, pisahkan dengan koma").blur()
    page.get_by_role("button", name="Simpan").click()
    page.get_by_text("Form Order: Madu Hutan.").wait_for()
    tour.shot("produk-varian-dipakai")
    page.get_by_role("button", name="Hapus varian").click()
    page.get_by_text("Madu Hutan tersimpan").first.wait_for()
    with store_scope(shop.store):
        assert Variant.objects.get(pk=shop.variants[1].pk).deleted_at is not None


def test_a_picture_meant_for_another_store_is_refused(seller: Any, live_app: LiveApp, tmp_path: Path) -> None:
    """The store was switched in a second tab: the picture must not land in the wrong one."""
    tour, shop, url = seller
    second = store_open(user=shop.user, name="Toko kedua")
    page = tour.page
    page.goto(url + "/produk/baru")
    switch_store(tour, live_app, "Toko kedua")
    page.locator("[data-picture-input]").set_input_files(picture(tmp_path, "a.png", "red"))
    page.get_by_text("Tab lain sudah berpindah ke toko Toko kedua").wait_for()
    for store in (shop.store, second):
        with store_scope(store):
            assert not Image.objects.exists()
    switch_store(tour, live_app, str(shop.store.name))
    page.locator("[data-picture-input]").set_input_files(picture(tmp_path, "a.png", "red"))
    page.locator(".picture img").first.wait_for()
    with store_scope(shop.store):
        assert Image.objects.count() == 1


def test_prices_are_changed_in_bulk_and_back(seller: Any) -> None:
    tour, shop, url = seller
    page = tour.page
    page.goto(url + "/produk/varian")
    page.get_by_role("checkbox", name="Madu Hutan 100gr").check(force=True)
    page.get_by_role("button", name="Ubah massal").click()
    page.get_by_label("Caranya").select_option("percent")
    page.get_by_label("Rupiah atau persen").fill("-10")
    page.get_by_role("button", name="Pratinjau").click()
    page.get_by_text("Rp 45.000").wait_for()
    tour.shot("ubah-massal")
    page.get_by_role("button", name="Ubah 1 baris").click()
    page.get_by_text("1 baris baru saja diubah massal").wait_for()
    tour.shot("varian")
    assert shop.snapshot.variants[shop.variants[0].pk].price == 45_000
    page.locator(".undo-note button").click()
    page.get_by_text("1 baris kembali seperti semula").first.wait_for()
    assert shop.snapshot.variants[shop.variants[0].pk].price == 50_000


def test_stock_is_counted_in_the_grid_and_a_conflict_is_shown(seller: Any) -> None:
    tour, shop, url = seller
    page = tour.page
    page.goto(url + "/inventori")
    box = page.get_by_label(f"Stok fisik {shop.variants[0].sku}", exact=True)
    other = page.get_by_label(f"Stok fisik {shop.variants[1].sku}", exact=True)
    box.fill("25")
    other.fill("3")
    page.get_by_label("Alasan", exact=True).fill("hitung ulang")
    tour.shot("inventori")
    with store_scope(shop.store):  # somebody else counts meanwhile
        lines = [StockLine(shop.variants[0].pk, shop.warehouse.pk, "set", 12)]
        stock_update(store=shop.store, lines=lines, reason="gudang", actor=SYSTEM)
    page.get_by_role("button", name="Simpan").click()
    page.get_by_text("Sekarang 12.").wait_for()
    tour.shot("inventori-bentrok")
    with store_scope(shop.store):
        assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {12, 10}
    page.get_by_role("button", name="Simpan").click()
    page.get_by_text("Stok tersimpan").first.wait_for()
    with store_scope(shop.store):
        assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {25, 3}
        assert StockEntry.objects.filter(reason="hitung ulang", actor=shop.user).count() == 2
    page.goto(url + "/inventori/riwayat")
    page.get_by_text("hitung ulang").first.wait_for()
    tour.shot("riwayat-stok")
    page.goto(url + "/inventori?stock=low")
    page.get_by_text("menipis").first.wait_for()


def test_a_file_is_imported_step_by_step(seller: Any, tmp_path: Path) -> None:
    tour, shop, url = seller
    page = tour.page
    path = tmp_path / "daftar.csv"
    path.write_text("Barang;Kode;Harga jual\nKopi Gayo;KG-1;Rp 35.000\nTeh Poci;TP-1;murah\n")
    page.goto(url + "/produk")
    page.get_by_role("link", name="Impor").click()
    page.get_by_role("heading", name="Apa isi berkasnya?").wait_for()
    tour.shot("impor")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Unggah").click()
    page.get_by_role("heading", name="Kolom mana berisi apa?").wait_for()
    page.get_by_label("Barang", exact=True).select_option("product")
    assert page.get_by_label("Kode", exact=True).input_value() == "sku"
    tour.shot("impor-kolom")
    page.get_by_role("button", name="Periksa berkas").click()
    page.get_by_text("bukan bilangan bulat").wait_for(timeout=20_000)
    tour.shot("impor-periksa")
    page.get_by_role("button", name="Impor tanpa 1 baris yang salah").click()
    page.get_by_text("Impor selesai.").wait_for(timeout=20_000)
    tour.shot("impor-selesai")
    with store_scope(shop.store):
        assert Variant.objects.get(sku="KG-1").price == 35_000 and not Variant.objects.filter(sku="TP-1").exists()

    page.goto(url + "/produk")
    page.get_by_role("button", name="Unduh").click()
    page.get_by_role("menuitem", name="CSV", exact=True).click()
    page.wait_for_url("**/unduhan#job-*")
    job = page.locator("#" + page.url.partition("#")[2])
    job.get_by_role("link", name="Unduh").wait_for()
    with page.expect_download() as got:
        job.get_by_role("link", name="Unduh").click()
    assert "KG-1" in Path(got.value.path()).read_text(encoding="utf-8-sig")


def test_a_voucher_from_its_making_to_its_end(seller: Any) -> None:
    tour, shop, url = seller
    page = tour.page
    page.goto(url + "/voucher")
    page.get_by_text("Belum ada voucher").wait_for()
    page.get_by_role("link", name="Voucher baru").first.click()
    page.get_by_label("Kode").fill("hemat10")
    page.get_by_label("Persen", exact=True).last.fill("10")
    page.get_by_label("Dari").fill("2026-01-01")
    page.get_by_label("Sampai").fill("2030-12-31")
    page.get_by_label("Kuota pemakaian").fill("1")
    page.get_by_label("Berlaku di mana").select_option("area")
    page.get_by_label(re.compile("jakarta", re.I)).first.check()
    tour.shot("voucher-baru")
    page.get_by_role("button", name="Simpan").click()
    page.get_by_text("HEMAT10 tersimpan").first.wait_for()
    page.wait_for_load_state()
    tour.shot("voucher")
    order = shop.order(voucher_codes=["HEMAT10"])
    assert order.discount == 5_000
    page.get_by_role("link", name="HEMAT10").click()
    page.get_by_text(order.order_number).wait_for()
    tour.shot("voucher-dipakai")
    page.goto(url + "/voucher")
    assert "Habis" in page.locator("tbody tr").first.inner_text()
    page.get_by_role("button", name="Hapus HEMAT10").click()
    page.get_by_role("dialog").get_by_role("button", name="Hapus").click()
    page.get_by_text("Belum ada voucher").wait_for()
    with store_scope(shop.store):
        until(lambda: Voucher.objects.get().deleted_at is not None)
