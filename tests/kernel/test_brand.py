"""A store's colour is readable on buyers' pages, and the one stylesheet that says so is the one that is served."""

from __future__ import annotations

from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bosonline.brand import contrast, theme_css
from tests.factories import make_shop


@given(st.text("0123456789abcdef", min_size=6, max_size=6))
def test_any_colour_holds_the_contrast(colour: str) -> None:
    css = theme_css(colour) or ""
    found = dict(part.split(":") for part in css.removeprefix(":root{").rstrip("}\n").split(";"))
    assert contrast(found["--brand"], found["--brand-ink"]) >= 4.5
    assert contrast(found["--brand-text"], "#ffffff") >= 4.5


def test_the_page_gets_exactly_this_stylesheet(db: None, client: Client) -> None:
    shop = make_shop()
    answer = client.get("/theme/7fb800.css", headers={"host": f"{shop.store.subdomain}.localhost"})
    assert answer.content.decode() == theme_css("7fb800")
