"""The import wizard: mapped, checked, applied; the same file again changes nothing; what is wrong is named and not done."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bosonline import outbox
from bosonline.actor import SYSTEM
from bosonline.cleaning import whole_of
from bosonline.tenancy import store_scope
from catalog.models import Category, ImportRun, Product, StockEntry, Variant
from catalog.queries import stock_mismatches
from catalog.services.imports import imports_sweep
from catalog.services.products import product_create, product_update
from catalog.services.variants import VariantInput
from sellers.models import Membership, Role
from stores.models import Notification
from tests.catalog.api import call, refused
from tests.catalog.test_stock import second_warehouse
from tests.factories import PASSWORD, Shop, make_shop

HEADER = "Nama Produk,Kategori,Atribut 1,Item 1,SKU,Harga,HPP,Berat (gram),Harga Grosir,Stok\n"
ROWS = (
    "Kopi Gayo,Kopi,Ukuran,100gr,KG-100,Rp 35.000,20000,150,3:33000,12\n"
    "Kopi Gayo,Kopi,Ukuran,250gr,KG-250,80.000,50000,300,,5\n"
    "Teh Poci,Teh,,,TP-1,9000,,200,,0\n"
)


@pytest.fixture
def shop(committed_db: None) -> Shop:
    shop = make_shop(stock=10)
    outbox.drain()
    return shop


def upload(
    client: Client, shop: Shop, data: bytes | str, kind: str = "products", name: str = "produk.csv", user: Any = None
) -> Any:
    file = SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)
    return client.post("/api/v1/store/imports", {"kind": kind, "file": file}, **shop.bearer(user))


def check(client: Client, shop: Shop, data: bytes | str, kind: str = "products", **mapping: str) -> dict[str, Any]:
    """Upload, take the guessed mapping (with changes), dry run: the run as answered."""
    answer = upload(client, shop, data, kind)
    assert answer.status_code == 201, answer.content
    run = answer.json()["data"]
    put = call(client, shop, "put", f"/imports/{run['id']}", {"mapping": run["mapping"] | mapping})
    assert put.status_code == 202, put.content
    outbox.drain()
    return call(client, shop, "get", f"/imports/{run['id']}").json()["data"]


def apply(client: Client, shop: Shop, run: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = call(client, shop, "post", f"/imports/{run['id']}/apply", body)
    assert answer.status_code == 202, answer.content
    outbox.drain()
    return call(client, shop, "get", f"/imports/{run['id']}").json()["data"]


def counts(run: dict[str, Any]) -> tuple[int, int, int, int]:
    c = run["counts"]
    return c["new"], c["changed"], c["unchanged"], c["errors"]


def test_products_come_in_and_the_same_file_again_changes_nothing(client: Client, shop: Shop) -> None:
    run = check(client, shop, HEADER + ROWS)
    assert run["mapping"]["Nama Produk"] == "product" and run["mapping"]["Harga Grosir"] == "tiers"
    assert run["status"] == "checked" and counts(run) == (3, 0, 0, 0)
    with store_scope(shop.store):
        assert Product.objects.count() == 1  # the dry run wrote nothing
    done = apply(client, shop, run)
    assert done["status"] == "applied" and counts(done) == (3, 0, 0, 0)
    with store_scope(shop.store):
        coffee = Product.objects.get(name="Kopi Gayo")
        assert coffee.attributes == [{"name": "Ukuran", "items": ["100gr", "250gr"]}] and coffee.category.name == "Kopi"
        small = Variant.objects.get(sku="KG-100")
        assert (small.price, small.cost_price, small.weight_grams, small.options) == (35_000, 20_000, 150, ["100gr"])
        assert small.tiers == [{"min_qty": 3, "price": 33_000}]
        assert small.levels.get(warehouse=shop.warehouse).on_hand == 12
        assert Notification.objects.get(kind="job.import").user_id == shop.user.pk
        entries = StockEntry.objects.count()
    again = check(client, shop, HEADER + ROWS)
    assert counts(again) == (0, 0, 3, 0)
    assert counts(apply(client, shop, again)) == (0, 0, 3, 0)
    with store_scope(shop.store):
        assert Product.objects.count() == 3 and Variant.objects.count() == 5 and Category.objects.count() == 2
        assert StockEntry.objects.count() == entries and stock_mismatches() == []


def test_changes_are_shown_before_and_after(client: Client, shop: Shop) -> None:
    apply(client, shop, check(client, shop, HEADER + ROWS))
    changed = (
        ROWS.replace("80.000", "85.000")
        .replace("Teh Poci,Teh", "Teh Poci,Minuman")
        .replace("Kopi Gayo,Kopi,Ukuran,100gr", "Kopi Gayo,,Ukuran,100gr")
    )
    extra = "Kopi Gayo,,Ukuran,1kg,KG-1000,300000,,1000,,3\n"
    run = check(client, shop, HEADER + changed + extra)
    assert counts(run) == (1, 2, 1, 0)
    shown = {r["sku"]: r for r in run["rows"]}
    assert shown["KG-250"]["changes"] == {"price": [80_000, 85_000]} and shown["KG-1000"]["kind"] == "new"
    assert shown["TP-1"]["changes"] == {"category": ["Teh", "Minuman"]}
    apply(client, shop, run)
    with store_scope(shop.store):
        assert Product.objects.get(name="Teh Poci").category.name == "Minuman"
        coffee = Product.objects.get(name="Kopi Gayo")
        assert coffee.attributes[0]["items"] == ["100gr", "250gr", "1kg"]
        assert list(coffee.variants.order_by("position").values_list("sku", flat=True)) == [
            "KG-100",
            "KG-250",
            "KG-1000",
        ]
        assert Variant.objects.get(sku="KG-250").price == 85_000


def test_forms_take_an_imported_price_at_once(client: Client, shop: Shop) -> None:
    revision = shop.snapshot.revision
    sku = shop.variants[0].sku
    apply(client, shop, check(client, shop, f"sku;harga\n{sku};61.000\n", "variants"))
    assert shop.snapshot.variants[shop.variants[0].pk].price == 61_000 and shop.snapshot.revision > revision


WRONG_ROWS = [
    ("Kopi,,,,KG-1,mahal,,,,", "price"),
    ("Kopi,,,,KG-1,-5,,,,", "price"),
    ("Kopi,,,,KG-1,99999999999,,,,", "price"),
    ("Kopi,,,,KG-1,1.5,,,,", "price"),
    ("Kopi,,,,KG-1,,,,,", "price"),
    ("Kopi,,,,,5000,,,,", "sku"),
    (",,,,KG-1,5000,,,,", "product"),
    ("Kopi,,,,\"8,99E+12\",5000,,,,", "sku"),
    ("Kopi,,,,KG-1,5000,,0,,", "weight_grams"),
    ("Kopi,,,,KG-1,5000,,999999,,", "weight_grams"),
    ("Kopi,,,,KG-1,5000,,,tiga: murah,", "tiers"),
    ("Kopi,,,,KG-1,5000,,,3:6000,", "tiers"),
    ("Kopi,,,,KG-1,5000,,,,-3", "stock"),
    ("Kopi,,Ukuran,,KG-1,5000,,,,", "item_1"),
    ("Kopi,,,100gr,KG-1,5000,,,,", "attribute_1"),
    ("Madu Hutan,,,,KG-1,5000,,,,", "attribute_1"),
    ("Madu Hutan,,Ukuran,100gr,KG-1,5000,,,,", "item_1"),
    ("Madu Hutan,,Warna,Merah,KG-1,5000,,,,", "attribute_1"),
    ("Kopi,,,,KG-1,5000,,,,,lebih", "row"),
    ("x" * 121 + ",,,,KG-1,5000,,,,", "product"),
]  # fmt: skip


def test_every_wrong_row_is_named_at_its_cell_and_nothing_is_done(client: Client, shop: Shop) -> None:
    good = "Baik,,,,BAIK-1,1000,,,,\n"
    for n, (row, column) in enumerate(WRONG_ROWS):
        run = check(client, shop, HEADER + good + row + "\n")
        assert counts(run)[3] == 1, (row, run)
        (wrong,) = [r for r in run["rows"] if r["kind"] == "errors"]
        assert wrong["row"] == 3 and list(wrong["errors"]) == [column], (n, row, wrong)
        assert wrong["sku"] in ("KG-1", "8,99E+12", ""), wrong
        assert all(text and "%(" not in text for text in wrong["errors"][column])
    refused(call(client, shop, "post", f"/imports/{run['id']}/apply"), 409, code="rows_wrong")
    with store_scope(shop.store):
        assert Product.objects.count() == 1
    done = apply(client, shop, run, skip_errors=True)
    assert done["status"] == "applied" and counts(done) == (1, 0, 0, 1)
    with store_scope(shop.store):
        assert set(Product.objects.values_list("name", flat=True)) == {"Madu Hutan", "Baik"}


def test_doubled_and_contradicting_rows_name_the_first(client: Client, shop: Shop) -> None:
    rows = (
        "Kopi,Kopi,Ukuran,S,K-S,1000,,,,\n"
        "Kopi,Kopi,Ukuran,M,k-s,1000,,,,\n"
        "Kopi,Teh,Ukuran,L,K-L,1000,,,,\n"
        "Kopi,,Ukuran,s,K-S2,1000,,,,\n"
    )
    run = check(client, shop, HEADER + rows)
    errors = {r["row"]: r["errors"] for r in run["rows"] if r["kind"] == "errors"}
    assert {row: list(e) for row, e in errors.items()} == {3: ["sku"], 4: ["category"], 5: ["item_1"]}
    assert "2" in errors[3]["sku"][0] and "2" in errors[4]["category"][0]


def test_two_hundred_and_one_variants_are_too_many(client: Client, shop: Shop) -> None:
    rows = "".join(f"Kaos,,Ukuran,{n},K-{n},1000,,,,\n" for n in range(201))
    run = check(client, shop, HEADER + rows)
    assert counts(run) == (200, 0, 0, 1) and "product" in run["rows"][-1]["errors"]


def test_a_deleted_products_sku_is_new_and_a_foreign_one_unknown(client: Client, shop: Shop) -> None:
    other = make_shop()
    theirs = other.variants[0].sku
    run = check(client, shop, f"sku,harga\n{theirs},1\n", "variants")
    assert counts(run) == (0, 0, 0, 1)
    with store_scope(shop.store):
        gone = product_create(
            store=shop.store, name="Lama", variants=[VariantInput([], 1000, sku="LAMA-1")], actor=SYSTEM
        )
        from catalog.services.products import product_delete

        product_delete(product_id=gone.pk, actor=SYSTEM)
    assert counts(check(client, shop, HEADER + f"Lama,,,,LAMA-1,1000,,,,\nX,,,,{theirs},1000,,,,\n")) == (2, 0, 0, 0)


def test_counted_stock_comes_in_by_warehouse(client: Client, shop: Shop) -> None:
    there = second_warehouse(shop)
    shop.place(items=[{"variant_id": shop.variants[1].pk, "qty": 4}])
    a, b = (v.sku for v in shop.variants)
    text = (
        f"SKU;Gudang;Stok\n{a};Gudang;25\n{a};surabaya;7\n{b};;3\n{b};Medan;3\n{b};Surabaya;dua\nX;;1\n{a};gudang;9\n"
    )
    run = check(client, shop, text, "inventory")
    errors = {r["row"]: list(r["errors"]) for r in run["rows"] if r["kind"] == "errors"}
    assert errors == {4: ["on_hand"], 5: ["warehouse"], 6: ["on_hand"], 7: ["sku"], 8: ["sku"]}
    assert counts(run) == (0, 2, 0, 5)
    done = apply(client, shop, run, skip_errors=True)
    assert done["status"] == "applied"
    with store_scope(shop.store):
        assert shop.variants[0].levels.get(warehouse=shop.warehouse).on_hand == 25
        assert shop.variants[0].levels.get(warehouse=there).on_hand == 7
        entry = StockEntry.objects.filter(kind="set").latest("id")
        assert entry.actor_id == shop.user.pk and "produk.csv" in entry.reason


def test_stock_that_changed_after_the_check_stops_the_import_as_a_whole(client: Client, shop: Shop) -> None:
    """Rows are judged again when they are applied: here the second one cannot be done any more."""
    a, b = (v.sku for v in shop.variants)
    run = check(client, shop, f"sku,on_hand\n{a},25\n{b},3\n", "inventory")
    assert counts(run) == (0, 2, 0, 0)
    shop.place(items=[{"variant_id": shop.variants[1].pk, "qty": 4}])
    done = apply(client, shop, run)
    assert done["status"] == "failed" and done["error"]
    assert shop.level(0).on_hand == 10


def test_a_person_who_lost_the_right_meanwhile_imports_nothing(client: Client, shop: Shop) -> None:
    run = check(client, shop, HEADER + ROWS)
    call(client, shop, "post", f"/imports/{run['id']}/apply")
    with store_scope(shop.store):
        membership = shop.owner.membership
        assert membership is not None
        viewer = shop.staff("viewer").membership
        assert viewer is not None
        membership.role = viewer.role
        membership.save(update_fields=["role"])
        outbox.drain()
        assert ImportRun.objects.get(pk=run["id"]).status == "failed" and Product.objects.count() == 1


def test_the_mapping_is_remembered_and_checked(client: Client, shop: Shop) -> None:
    text = "Barang,Kode internal,Rupiah\nKopi,K-1,5000\n"
    run = upload(client, shop, text).json()["data"]
    assert (
        run["mapping"] == {}
        and run["headers"] == ["Barang", "Kode internal", "Rupiah"]
        and run["sample"] == [["Kopi", "K-1", "5000"]]
    )
    path = f"/imports/{run['id']}"
    refused(call(client, shop, "put", path, {"mapping": {"Barang": "product"}}), 422, field="mapping")
    refused(call(client, shop, "put", path, {"mapping": {"Barang": "x"}}), 422, field="mapping.Barang")
    refused(call(client, shop, "put", path, {"mapping": {"Lain": "sku"}}), 422, field="mapping.Lain")
    refused(
        call(client, shop, "put", path, {"mapping": {"Barang": "sku", "Rupiah": "sku"}}), 422, field="mapping.Rupiah"
    )
    refused(call(client, shop, "post", f"{path}/apply"), 409, code="not_checked")
    mapping = {"Barang": "product", "Kode internal": "sku", "Rupiah": "price"}
    assert call(client, shop, "put", path, {"mapping": mapping}).status_code == 202
    assert (
        upload(client, shop, text.replace("Kode internal", "KODE  INTERNAL")).json()["data"]["mapping"][
            "KODE  INTERNAL"
        ]
        == "sku"
    )


def test_a_file_belongs_to_the_one_who_sent_it(client: Client, shop: Shop) -> None:
    run = upload(client, shop, HEADER + ROWS).json()["data"]
    other, colleague = make_shop(), shop.staff("administrator").user
    for who, user in ((other, None), (shop, colleague)):
        refused(call(client, who, "get", f"/imports/{run['id']}", user=user), 404)
        refused(call(client, who, "put", f"/imports/{run['id']}", {"mapping": {}}, user=user), 404)
        refused(call(client, who, "post", f"/imports/{run['id']}/apply", user=user), 404)
    refused(upload(client, shop, HEADER, user=shop.staff("viewer").user), 403)
    refused(upload(client, shop, "sku,on_hand\n", kind="inventory", user=shop.staff("finance").user), 403)
    refused(upload(client, shop, HEADER, kind="pesanan"), 422, field="kind")
    refused(client.post("/api/v1/store/imports", {"kind": "products"}, **shop.bearer()), 422, field="file")


def test_files_that_are_no_tables_are_refused_and_not_kept(client: Client, shop: Shop) -> None:
    folder = Path(settings.PRIVATE_ROOT) / "jobs" / str(shop.store.pk)
    before = set(folder.glob("import-*")) if folder.exists() else set()
    big = b"SKU\n" + b"x" * (30 * 1024 * 1024)
    refused(upload(client, shop, big, name="besar.xlsx"), 413, field="file", code="too_large")
    refused(upload(client, shop, b"PK\x03\x04tidak"), 422, field="file")
    refused(upload(client, shop, "Nama,SKU\nCaf\xe9,1\n".encode("cp1252")), 422, field="file", code="wrong_encoding")
    refused(upload(client, shop, b""), 422, field="file")
    assert (set(folder.glob("import-*")) if folder.exists() else set()) == before


def test_files_nobody_imports_are_removed_after_a_week(client: Client, shop: Shop) -> None:
    run = check(client, shop, HEADER + ROWS)
    assert imports_sweep() == 0
    with store_scope(shop.store):
        kept = ImportRun.objects.get(pk=run["id"])
        path = Path(settings.PRIVATE_ROOT) / kept.file
        assert path.exists() and Path(f"{path}.rows").exists()
        ImportRun.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert imports_sweep() == 1 and imports_sweep() == 0
    assert not path.exists() and not Path(f"{path}.rows").exists()
    refused(call(client, shop, "post", f"/imports/{run['id']}/apply"), 409, code="not_checked")


def test_a_workbook_with_formulas_dates_and_merged_cells(client: Client, shop: Shop) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    import datetime

    for line in (["SKU", "Harga", "Berat"], ["A-1", "=5*1000", 100], [datetime.date(2026, 3, 12), 5000, 100], ["A-3", 5000.5, 100],
                 ["A-4", 5000, 100], ["A-5", 5000, 100]):  # fmt: skip
        sheet.append(line)
    sheet.merge_cells("B5:B6")
    buffer = io.BytesIO()
    book.save(buffer)
    run = check(client, shop, buffer.getvalue(), "variants")
    errors = {r["row"]: list(r["errors"]) for r in run["rows"]}
    assert (
        set(errors[2]) == set(errors[4]) == {"sku", "price"}
        and errors[3] == ["sku"]
        and errors[5] == errors[6] == ["row"]
    )


def download(client: Client, shop: Shop, kind: str, file_format: str, query: str = "", user: Any = None) -> bytes:
    answer = client.post(
        f"/api/v1/store/{kind}/download{query}",
        {"format": file_format},
        content_type="application/json",
        **shop.bearer(user),
    )
    assert answer.status_code == 202, answer.content
    outbox.drain()
    job = client.get(f"/api/v1/store/exports/{answer.json()['data']['id']}", **shop.bearer(user)).json()["data"]
    assert job["status"] == "done", job
    return b"".join(client.get(job["url"], **shop.bearer(user)).streaming_content)


HOSTILE = [
    "=1+1",
    "'=1",
    "-5",
    "+62812",
    "@kopi",
    'bilang "enak"',
    "a;b,c",
    "Kopi\nSusu",
    "🍯 Madu",
    "007",
    "1E5",
    "Ñandú",
    "12/3",
    "it's",
]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_what_is_exported_is_imported_again_unchanged(client: Client, shop: Shop, file_format: str) -> None:
    second_warehouse(shop)
    with store_scope(shop.store):
        for n, text in enumerate(HOSTILE):
            product_create(
                store=shop.store, name=text, description=f"{text}\r\nbaris dua", category_name=text,
                status=["active", "draft", "inactive"][n % 3], sell_when_empty=n % 2 == 0,
                attributes=[{"name": text[:30], "items": [text, f"{text} 2"]}],
                variants=[
                    VariantInput([text], 10_000, sku=f"{text} {n}" if n else "=1+1", compare_at_price=12_000, cost_price=5000, stock=3,
                                 tiers=[{"min_qty": 2, "price": 9000}, {"min_qty": 5, "price": 8000}]),
                    VariantInput([f"{text} 2"], 20_000, sku=f"00{n}", is_active=False),
                ], actor=SYSTEM,
            )  # fmt: skip
        product_create(
            store=shop.store, name="Nama Kembar", variants=[VariantInput([], 1000, sku="KEMBAR-1")], actor=SYSTEM
        )
        product_create(
            store=shop.store, name="Nama Kembar", variants=[VariantInput([], 1000, sku="KEMBAR-2")], actor=SYSTEM
        )
    total = 2 + 2 * len(HOSTILE) + 2
    for kind, rows in (("products", total), ("variants", total), ("inventory", total * 2)):
        data = download(client, shop, kind, file_format)
        run = check(client, shop, data, kind)
        assert counts(run) == (0, 0, rows, 0), (kind, run["rows"][:5])
    if file_format == "csv":
        for kind in ("products", "variants"):
            for line in csv.reader(io.StringIO(download(client, shop, kind, "csv").decode("utf-8-sig"))):
                assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)


def test_a_download_holds_the_lists_filter_and_the_cost_only_for_those_who_may_see_it(
    client: Client, shop: Shop
) -> None:
    with store_scope(shop.store):
        product_create(store=shop.store, name="Kopi", variants=[VariantInput([], 1000, sku="KOPI")], actor=SYSTEM)
        product_update(product_id=shop.product.pk, values={"status": "draft"}, actor=SYSTEM)
    rows = list(
        csv.DictReader(io.StringIO(download(client, shop, "products", "csv", "?status=active").decode("utf-8-sig")))
    )
    assert [r["SKU"] for r in rows] == ["KOPI"] and "HPP" in rows[0]
    rows = list(
        csv.DictReader(io.StringIO(download(client, shop, "inventory", "csv", "?keyword=kopi").decode("utf-8-sig")))
    )
    assert [r["SKU"] for r in rows] == ["KOPI"]
    viewer = shop.staff("viewer").user
    refused(call(client, shop, "post", "/products/download", {"format": "csv"}, user=viewer), 403)
    refused(call(client, shop, "post", "/products/download", {"format": "pdf"}), 422, field="format")
    with store_scope(shop.store):
        member = shop.staff("viewer")
        assert member.membership is not None
        role = Role.objects.create(store=shop.store, name="Ekspor", rights=["products.view", "export"])
        Membership.objects.filter(pk=member.membership.pk).update(role=role)
    header = download(client, shop, "products", "csv", user=member.user).decode("utf-8-sig").split("\n")[0]
    assert "HPP" not in header and "SKU" in header


@pytest.mark.parametrize(
    "typed",
    ["35000", "35.000", "35,000", "35.000,00", "35,000.00", "35000.00", "35000,0", "Rp 35.000", "Rp35.000", "Rp. 35.000,-", "Rp 35.000,-",
     "rp 35.000,--", "IDR 35.000", "IDR 35,000.00", "35.000 IDR", "35.000 rupiah", "Rp 35 000", "Rp\u00a035.000", "'35000", "３５０００"],
)  # fmt: skip
def test_an_amount_is_read_however_it_is_written(typed: str) -> None:
    assert whole_of(typed) == 35_000


@pytest.mark.parametrize(
    "typed", ["", "Rp", "35.5", "35.00.0", "3,5,0", "35rb", "1e5", "abc", "12.34,5", "--5", "35.000,50"]
)
def test_nothing_else_is_an_amount(typed: str) -> None:
    assert whole_of(typed) is None


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(-(10**12), 10**12), st.sampled_from([".", ",", ""]), st.sampled_from(["", "Rp ", "Rp", "IDR "]))
def test_every_whole_number_comes_back(number: int, mark: str, before: str) -> None:
    assert whole_of(f"{before}{number:,}".replace(",", mark)) == number


def test_zeros_in_front_of_a_code_survive_excel(client: Client, shop: Shop) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (["SKU", "Nama", "Harga Jual"], [123, "Kopi", "Rp 35.000,-"], [4567, "Teh", 5000]):
        sheet.append(line)
    sheet["A2"].number_format = sheet["A3"].number_format = "00000"
    buffer = io.BytesIO()
    book.save(buffer)
    run = check(client, shop, buffer.getvalue())
    assert counts(run) == (2, 0, 0, 0), run["rows"]
    apply(client, shop, run)
    with store_scope(shop.store):
        prices = dict(Variant.objects.filter(sku__in=["00123", "04567"]).values_list("sku", "price"))
    assert prices == {"00123": 35_000, "04567": 5_000}


@pytest.mark.parametrize("first", ["sep=;\r\n", "SEP=;\n", '"sep=;"\n', "\ufeffsep=;\r\n"])
def test_excel_s_own_line_about_the_separator_is_understood(client: Client, shop: Shop, first: str) -> None:
    run = check(client, shop, first + "SKU;Nama;Harga Jual\nKOPI-9;Kopi, enak;35.000\n")
    assert counts(run) == (1, 0, 0, 0) and run["rows"][0]["row"] == 3, run


def test_the_stock_of_what_exists_is_never_passed_over_in_silence(client: Client, shop: Shop) -> None:
    with store_scope(shop.store):
        sku = Variant.objects.get(pk=shop.variants[0].pk).sku
    run = check(client, shop, f"SKU,Nama,Stok\n{sku},{shop.product.name},77\n")
    assert counts(run) == (0, 0, 1, 0)
    assert "77" in run["rows"][0]["notes"]["stock"] and "10" in run["rows"][0]["notes"]["stock"]
    same = check(client, shop, f"SKU,Nama,Stok\n{sku},{shop.product.name},10\n")
    assert same["rows"] == []
    client.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    assert "77" in client.get(f"/produk/impor/{run['id']}").content.decode()


def test_all_that_is_wrong_in_a_row_is_told_at_once(client: Client, shop: Shop) -> None:
    run = check(client, shop, "SKU,Nama,Harga Jual,Harga Coret,Berat,Panjang,Status\nA-1,,abc,5,0,999,mungkin\n")
    wrong = set(run["rows"][0]["errors"])
    assert {"product", "price", "weight_grams", "length_cm", "status"} <= wrong, wrong


def test_the_report_and_a_sample_are_a_click_away(client: Client, shop: Shop) -> None:
    client.post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    for kind in ("products", "variants", "inventory"):
        sample = client.get(f"/produk/impor/contoh/{kind}.csv")
        assert (
            sample.status_code == 200
            and f"/produk/impor/contoh/{kind}.csv" in client.get("/produk/impor").content.decode()
        )
        if kind == "products":
            run = check(client, shop, sample.content)
            assert counts(run) == (2, 0, 0, 0), run["rows"]
            page = client.get(f"/produk/impor/{run['id']}").content.decode()
            link = re.search(r'href="(/unduhan/\d+)"', page)
            assert link
            report = b"".join(client.get(link[1]).streaming_content).decode("utf-8-sig")
            assert report.startswith("baris,hasil,sku")
    assert client.get("/produk/impor/contoh/lain.csv").status_code == 404


@pytest.mark.parametrize("path", ["products", "variants", "inventory"])
def test_a_file_for_the_indonesian_excel_has_semicolons_and_comes_back(client: Client, shop: Shop, path: str) -> None:
    job = call(client, shop, "post", f"/{path}/download", {"format": "csv-excel"}).json()["data"]
    outbox.drain()
    data = b"".join(client.get(f"/api/v1/store/exports/{job['id']}/file", **shop.bearer()).streaming_content)
    assert data.startswith(b"\xef\xbb\xbf") and b";" in data.splitlines()[0]
    run = check(client, shop, data, path)
    assert counts(run)[0] == counts(run)[1] == counts(run)[3] == 0, run["rows"]
