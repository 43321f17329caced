"""Pictures of forms and buyer's pages for docs/tour.md, taken from a running `make run` with its demo store.

.venv/bin/python scripts/screenshots.py            (writes docs/screenshots/*.webp)
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
APP, SHOP = "http://localhost:8000", "http://madu.localhost:8000"
ARGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZES = {"desk": (1440, 900), "phone": (360, 740)}


def shot(page: Page, name: str, size: str, *, whole: bool = False) -> None:
    page.wait_for_timeout(400)  # fonts and lazy pictures
    picture = Image.open(io.BytesIO(page.screenshot(full_page=whole)))
    picture.convert("RGB").save(FOLDER / f"{name}-{size}.webp", quality=82, method=6)
    print(f"{name}-{size}")


@contextmanager
def visitor(browser: Browser, size: str) -> Iterator[Page]:
    width, height = SIZES[size]
    phone: dict[str, Any] = {"has_touch": True, "is_mobile": True} if size == "phone" else {}
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="id-ID", timezone_id="Asia/Jakarta", **phone
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def password() -> str:
    found = re.search(r"pemilik@\S+\s+(\S+)", (ROOT / "var" / "demo-logins.txt").read_text())
    if not found:
        sys.exit("No demo store: start `make run` first.")
    return found[1]


def seller(page: Page, size: str) -> None:
    page.goto(f"{APP}/masuk")
    page.fill("input[name=email]", "pemilik@demo.bosonline.id")
    page.fill("input[name=password]", password())
    page.keyboard.press("Enter")
    page.wait_for_url("**/beranda")
    for path, name in (("/form", "form-daftar"), ("/form/1", "form-editor"), ("/form/1/sukses", "form-sukses"),
                       ("/terbengkalai", "terbengkalai")):  # fmt: skip
        page.goto(APP + path)
        page.wait_for_load_state("networkidle")
        shot(page, name, size)
    page.goto(f"{APP}/form/1")
    page.wait_for_load_state("networkidle")
    for button, name in (("Periksa", "form-dokter"), ("Bagikan", "form-bagikan")):
        page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_timeout(1500)
        shot(page, name, size)
        page.keyboard.press("Escape")


def fill(page: Page, method: str) -> None:
    page.fill("input[name=name]", "Siti Aminah")
    page.fill("input[name=phone]", f"0812{int(time.time() * 10) % 100_000_000:08d}")
    area = page.locator("input[role=combobox]").first
    area.click()
    area.type("juwana pati", delay=30)
    page.get_by_role("option", name="Juwana").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.fill("textarea[name=street]", "Jl. Melati 5 RT 02 RW 03")
    page.get_by_text("Disarankan").wait_for()
    page.locator(f"label:has(input[value={method}])").evaluate(
        "e => { e.scrollIntoView({block: 'center'}); e.click() }"
    )
    page.wait_for_timeout(800)


def buyer(page: Page, size: str) -> None:
    page.goto(f"{SHOP}/madu-hutan")
    page.wait_for_load_state("networkidle")
    shot(page, "pembeli-awal", size)
    page.get_by_role("button", name="Pesan Sekarang").click()
    shot(page, "pembeli-kurang", size)
    for method in ("cod", "qris", "bank_transfer"):
        page.goto(f"{SHOP}/madu-hutan")
        page.wait_for_load_state("networkidle")
        fill(page, method)
        if method == "cod":
            shot(page, "pembeli-terisi", size, whole=True)
        page.get_by_role("button", name="Pesan Sekarang").click()
        page.wait_for_url("**/o/**")
        if method == "qris":
            page.locator("img.qr").wait_for()
        page.wait_for_load_state("networkidle")
        shot(page, f"pembeli-sukses-{method.replace('_', '-')}", size, whole=True)
        if method == "cod":
            page.goto(page.url.split("?")[0])
            shot(page, "pembeli-pesanan", size, whole=True)


def main() -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        for size in SIZES:
            with visitor(browser, size) as page:
                seller(page, size)
            with visitor(browser, size) as page:
                buyer(page, size)


if __name__ == "__main__":
    main()
