"""``make bench``: every benchmark, one after the other, each in its own process."""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "place_order",
    "public_page",
    "checkout_feel",
    "region_search",
    "catalog_pages",
    "catalog_transfer",
    "catalog_hot",
    "order_list",
    "order_search",
    "order_counts",
    "order_export_csv",
    "outbox_quick",
    "lanes",
    "sustained",
)


def main() -> int:
    failed = [n for n in NAMES if subprocess.run([sys.executable, "-m", f"benchmarks.{n}"], check=False).returncode]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
