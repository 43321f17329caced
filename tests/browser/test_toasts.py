"""Short messages cover neither the heading nor what one presses, are announced and can be put away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.kit import enter
from tests.browser.test_main_job import SIZES, Tour, until
from tests.conftest import LiveApp
from tests.factories import make_shop

pytestmark = pytest.mark.browser
LONG = "Tab lain sudah berpindah ke toko lain. Tidak ada yang disimpan: pindah kembali, lalu coba lagi."
TELL = "([message, kind]) => document.body.dispatchEvent(new CustomEvent('toast', { detail: { message, kind }, bubbles: true }))"
# what lies under a message, of what must stay free
COVERED = """() => {
  const lines = [...document.querySelectorAll("#toasts > *")].map((line) => line.getBoundingClientRect());
  const free = [...document.querySelectorAll("h1, main .btn-primary, .topbar, .bottombar, .bulk-bar, .form-actions-sticky")];
  return free.filter((node) => {
    const box = node.getBoundingClientRect();
    return box.height && lines.some((l) => l.left < box.right && l.right > box.left && l.top < box.bottom && l.bottom > box.top);
  }).map((node) => node.className || node.tagName);
}"""


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_messages_leave_the_heading_and_the_buttons_free(live_app: LiveApp, chromium: Any, size: str) -> None:
    shop = make_shop(stock=5)
    tour = Tour(chromium, size)
    enter(tour, shop.user, shop.store)
    page = tour.page
    for path in ("/form", "/voucher/baru", f"/form/{shop.form.pk}", "/pengaturan/toko"):
        page.goto(live_app.url + path)
        page.wait_for_load_state()
        if path == "/form":
            page.locator("tbody [data-select]").check()
            page.locator(".bulk-bar").wait_for()
        page.evaluate(TELL, ["Stok tersimpan.", "success"])
        page.evaluate(TELL, [LONG, "error"])
        # the toasts are the page's live region, so what is put in is read out
        page.locator("#toasts[role=status]", has_text=LONG).wait_for()
        tour.shot("pesan" + path.replace("/", "-"))
        page.wait_for_timeout(250)
        assert page.evaluate(COVERED) == [], path
    page.get_by_text(LONG).locator("..").get_by_role("button", name="Tutup").click()
    page.get_by_text(LONG).wait_for(state="detached")
    tour.close()


def test_a_message_that_comes_with_the_page_is_put_into_the_live_region(
    live_app: LiveApp, chromium: Any, size: str
) -> None:
    shop = make_shop(stock=5)
    tour = Tour(chromium, size)
    tour.context.add_init_script(
        "window.heard = []; addEventListener('DOMContentLoaded', () => new MutationObserver((changes) => changes.forEach("
        "(c) => c.addedNodes.forEach((n) => heard.push(n.textContent.trim())))).observe(document.getElementById('toasts'), { childList: true }));"
    )
    enter(tour, shop.user, shop.store)
    page = tour.page
    page.goto(live_app.url + "/form")
    page.get_by_role("button", name="Lainnya untuk Madu Hutan").click()
    page.get_by_role("menuitem", name="Duplikat").click()
    line = page.locator("#toasts [data-toast]")
    line.wait_for()
    until(lambda: page.evaluate("heard.length > 0"))
    assert page.evaluate("heard") == [line.locator("p").inner_text()]
    line.get_by_role("button", name="Tutup").click()
    line.wait_for(state="detached")
    tour.close()
