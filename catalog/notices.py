"""The bell's lines about stock and imports."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stores.notices import Facts, Notice, declare


def _low(facts: Facts) -> str:
    parts = [_("%(name)s: %(left)s left") % row for row in facts["low"]]
    more = facts["count"] - len(parts)
    return " · ".join(parts + ([_("and %(count)s more") % {"count": more}] if more > 0 else []))


def _import_title(facts: Facts) -> str:
    return (_("Import finished: %(file)s") if "counts" in facts else _("Import stopped: %(file)s")) % facts


def _import_body(facts: Facts) -> str:
    if "counts" not in facts:
        return str(facts["error"])
    return _("%(new)s new, %(changed)s changed, %(unchanged)s unchanged, %(errors)s left out") % facts["counts"]


declare(
    Notice(
        "stock.low", "problems",
        lambda f: ngettext("%(count)s item is running low", "%(count)s items are running low", f["count"]) % f,
        _low, right="inventory.view", url_name="inventory", tail=lambda f: "?stock=low",
    ),
    Notice("job.import", "jobs", _import_title, _import_body, url_name="product-import", url_args=("run_id",)),
)  # fmt: skip
