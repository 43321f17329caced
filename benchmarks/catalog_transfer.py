"""Import of 10,000 rows and export of 100,000: rows per second and how much memory grows while it runs."""

from __future__ import annotations

import os
import resource
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.common import environment, record

IMPORTED, EXPORTED = 10_000, 100_000


class Memory:
    """The growth of this process's resident memory above what it was at the start, in MB."""

    def __enter__(self) -> Memory:
        self.start = self._now()
        self.peak = self.start
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    @staticmethod
    def _now() -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576

    def _watch(self) -> None:
        while not self.stop.wait(0.05):
            self.peak = max(self.peak, self._now())

    def __exit__(self, *_args: Any) -> None:
        self.stop.set()
        self.thread.join()

    @property
    def growth(self) -> float:
        return self.peak - self.start


def products_csv(rows: int, price: int = 50_000) -> bytes:
    lines = ["Nama Produk,Kategori,Deskripsi,Atribut 1,Item 1,SKU,Harga,Harga Coret,HPP,Berat (gram),Harga Grosir,Stok"]
    for n in range(rows):
        product, item = divmod(n, 5)
        lines.append(
            f"Madu Impor {product},Kategori {product % 20},Madu murni nomor {product},Ukuran,{item + 1}00 gr,IMP-{n},{price + n % 100},"
            f"{price * 2},20000,{(item + 1) * 100},3:{price - 5000},{n % 50}"
        )
    return "\n".join(lines).encode()


def imported(member: Any, data: bytes, file_format: str = "csv") -> tuple[dict[str, float], Any]:
    """Seconds of upload, check and apply, and the run at the end."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from bosonline import outbox
    from bosonline.tenancy import store_scope
    from catalog.services import imports

    seconds: dict[str, float] = {}

    def step(name: str, work: Any) -> Any:
        began = time.perf_counter()
        result = work()
        seconds[name] = time.perf_counter() - began
        return result

    with store_scope(member.store):
        file = SimpleUploadedFile(f"produk.{file_format}", data)
        run = step("upload", lambda: imports.import_upload(actor=member, kind="products", upload=file))
        imports.import_check(run_id=run.pk, mapping=run.mapping, actor=member)
        step("check", outbox.drain)
        imports.import_apply(run_id=run.pk, actor=member)
        step("apply", outbox.drain)
        run.refresh_from_db()
    assert run.status == "applied", (run.status, run.error, run.report[:3])
    return seconds, run


def measure_import(member: Any) -> None:
    outcomes = []
    for name, data in (
        ("new", products_csv(IMPORTED)),
        ("unchanged", products_csv(IMPORTED)),
        ("changed", products_csv(IMPORTED, 60_000)),
    ):
        with Memory() as memory:
            seconds, run = imported(member, data)
        outcomes.append((name, seconds, run.counts, memory.growth))
        assert run.counts[name] == IMPORTED, run.counts
    slowest = max(s["check"] + s["apply"] for _n, s, _c, _g in outcomes)
    parts = "; ".join(
        f"{n}: check {s['check']:.1f} s, apply {s['apply']:.1f} s, +{g:.0f} MB" for n, s, _c, g in outcomes
    )
    record("catalog_import", value=IMPORTED / slowest, floor=1000, unit="rows/s",
           note=f"at least 1,000 wanted; {IMPORTED:,} rows, check and apply together, the slowest of three; {parts}")  # fmt: skip


def measure_export(member: Any, store: Any) -> None:
    from django.db import connection
    from django.http import QueryDict

    from bosonline import outbox
    from bosonline.models import BackgroundJob
    from bosonline.tenancy import store_scope
    from catalog.exports import catalog_download

    with connection.cursor() as cursor:
        began = time.perf_counter()
        query = (
            "COPY (SELECT p.name, p.slug, p.description, v.* FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id"
            f" WHERE v.store_id = {store.pk}) TO STDOUT (FORMAT csv)"
        )
        with cursor.copy(query) as copy:
            for _block in copy:
                pass
        floor = EXPORTED / (time.perf_counter() - began)
    for kind, file_format, wanted in (
        ("products", "csv", 30_000),
        ("products", "xlsx", 8_000),
        ("inventory", "csv", 30_000),
    ):
        with store_scope(store), Memory() as memory:
            job = catalog_download(actor=member, kind=kind, query=QueryDict(""), file_format=file_format)
            began = time.perf_counter()
            outbox.drain()
            seconds = time.perf_counter() - began
            job = BackgroundJob.objects.get(pk=job.pk)
        assert job.status == "done" and job.rows_done == EXPORTED, (job.status, job.error, job.rows_done)
        record(f"catalog_export_{kind}_{file_format}", value=EXPORTED / seconds, floor=floor, unit="rows/s",
               note=f"at least {wanted:,} wanted; {EXPORTED:,} rows, +{memory.growth:.0f} MB; floor is COPY")  # fmt: skip


def main() -> None:
    with environment():
        from benchmarks.catalog_data import many_variants
        from bosonline.actor import Actor
        from bosonline.tenancy import store_scope
        from sellers.models import Membership

        def member_of(user: Any, store: Any) -> Any:
            with store_scope(store):
                membership = Membership.objects.select_related("role").get(user=user)
            return Actor(user, None, membership, store, membership.role.granted)

        store, user, _warehouse = many_variants("ekspor", products=EXPORTED // 10, variants=10, entries=1)
        small, owner, _w = many_variants("impor", products=10, variants=2)
        from bosonline import outbox

        outbox.drain(500)
        measure_import(member_of(owner, small))
        measure_export(member_of(user, store), store)
    print(f"peak of the whole process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
