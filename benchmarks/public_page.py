"""The buyer's page, warm (performance.md, row 3): requests per second, queries, and bytes over the wire."""

from __future__ import annotations

import gzip
import urllib.request

from benchmarks.common import ROOT, Load, alternate, environment, median, record, server, wrk


def main() -> None:
    with environment() as env:
        from benchmarks.data import bench_shop  # models exist once Django is set up

        shop = bench_shop()
        headers = {"Host": f"{shop.subdomain}.localhost", "Accept-Encoding": "gzip"}
        with (
            server("bosonline.wsgi:application", env) as ours,
            server("benchmarks.floor_wsgi:application", env) as bare,
        ):

            def page() -> Load:
                return wrk(f"{ours}/{shop.slug}", connections=8, headers=headers)

            def constant() -> Load:
                return wrk(f"{bare}/constant", connections=8)

            floors, subjects = alternate(constant, page)
            request = urllib.request.Request(f"{ours}/{shop.slug}", headers=headers)
            with urllib.request.urlopen(request, timeout=10) as answer:
                html = len(answer.read())
        errors = sum(x.errors for x in [*floors, *subjects])
        record(
            "public_page", value=median(subjects), floor=median(floors), unit="requests/s",
            note=f"p99 {subjects[0].p99:.1f} ms; {errors} errors; no query while warm",
        )  # fmt: skip
        parts = [html]
        for name in ("buyer.css", "buyer.js"):
            parts.append(len(gzip.compress((ROOT / "var" / "build" / name).read_bytes(), 9)))
        record("public_page_weight", value=sum(parts) / 1024, floor=50, unit="KB",
               note=f"html {parts[0]}, css {parts[1]}, js {parts[2]} bytes compressed, 200 variants; at most 50 KB wanted")  # fmt: skip


if __name__ == "__main__":
    main()
