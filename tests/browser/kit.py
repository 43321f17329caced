"""What the browser tests of people and settings share: the mailbox, log-in, a shop with people, axe."""

from __future__ import annotations

import email
import email.policy
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.signed_cookies import SessionStore

from bosonline.tenancy import store_scope
from orders.models import Order
from sellers.middleware import SESSION_KEY
from sellers.models import LoginSession, Membership, User
from sellers.services.sessions import session_open
from stores.models import Store
from tests.browser.test_main_job import Tour, until
from tests.conftest import ROOT, LiveApp
from tests.factories import PASSWORD, Shop, make_shop

ARGON = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
# impact serious or critical fails; the rest is axe's advice
RUN_AXE = """async (only) => {
  const options = { resultTypes: ["violations"], ...(only ? { runOnly: only } : {}) };
  const { violations } = await axe.run(document, options);
  return violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) =>
    `${v.id}: ${v.nodes.slice(0, 4).map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).join(" | ")}`);
}"""


def shop_for_log_in(settings: Any, **content: Any) -> Shop:
    """A shop whose people can log in at the live app: their passwords are hashed as it hashes them."""
    settings.PASSWORD_HASHERS = ARGON
    return make_shop(**content)


def mails(folder: Path, to: str) -> list[Any]:
    """The mails to one address, oldest first. One file may hold several."""
    found = []
    for path in sorted(folder.glob("*.log"), key=lambda p: p.stat().st_mtime_ns) if folder.exists() else []:
        for part in path.read_bytes().split(b"\n" + b"-" * 79 + b"\n"):
            message = email.message_from_bytes(part, policy=email.policy.default)
            if message["to"] == to:
                found.append(message)
    return found


def mailed_link(app: LiveApp, to: str, path: str) -> str:
    """The newest link to ``path`` that was mailed to this address; waits for the worker."""

    def look() -> str | None:
        for message in reversed(mails(app.mail, to)):
            text = message.get_body(preferencelist=("plain",)).get_content()
            if found := re.search(rf"https?://\S+{re.escape(path)}\?token=[\w-]+", text):
                return found.group()
        return None

    return str(until(look))


def log_in(tour: Tour, app: LiveApp, address: str, password: str = PASSWORD) -> None:
    """Through the page, as a person does."""
    page = tour.page
    page.goto(app.url + "/masuk")
    page.get_by_label("E-mail atau no. WhatsApp").fill(address)
    page.get_by_label("Kata sandi").fill(password)
    page.get_by_role("button", name="Masuk", exact=True).click()


def enter(
    tour: Tour, user: User, store: Store | None, agent: str = "Mozilla/5.0 (X11; Linux) Chrome/140.0"
) -> LoginSession:
    """Put the window into a session of its own without the log-in page."""
    session = session_open(user=user, store=store, kind=LoginSession.Kind.WEB, ip="10.1.2.3", user_agent=agent)
    cookie = SessionStore()
    cookie[SESSION_KEY] = session.pk
    cookie.save()
    tour.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie.session_key, "domain": "localhost", "path": "/"}]
    )
    return session


def assigned(shop: Shop, membership: Membership) -> Order:
    """An open order that belongs to this person."""
    order = shop.order()
    with store_scope(shop.store):
        Order.objects.filter(pk=order.pk).update(assigned_to=membership)
    return order


def switch_store(tour: Tour, app: LiveApp, name: str) -> None:
    """Go over to another store, in a second tab that is closed again."""
    tab = tour.context.new_page()
    tab.goto(app.url + "/beranda")
    if tour.size == "phone":
        tab.get_by_role("button", name="Menu", exact=True).click()
    tab.locator(".store-switch:visible").click()
    tab.get_by_role("menuitemradio", name=name).click()
    tab.locator(".store-switch", has_text=name).first.wait_for(state="attached")
    tab.close()


def sideways(tour: Tour) -> int:
    """By how many pixels the page scrolls sideways."""
    return int(tour.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def check(tour: Tour, name: str) -> list[str]:
    """What is wrong with the page that is shown: axe in the light, contrast in the dark, sideways scrolling."""
    page = tour.page
    page.evaluate(AXE)
    wrong = page.evaluate(RUN_AXE, None)
    if (wide := sideways(tour)) > 0:
        wrong.append(f"scrolls sideways by {wide} px")
    tour.picture(name)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    wrong += [f"dark {text}" for text in page.evaluate(RUN_AXE, ["color-contrast"])]
    tour.picture(f"{name}-gelap")
    return [f"{name} at {tour.size}: {text}" for text in wrong]
