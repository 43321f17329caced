"""The bell's lines about forms."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stores.notices import Notice, declare

declare(
    Notice(
        "form.restocked", "orders", lambda f: _("%(form)s is available again") % f,
        lambda f: ngettext(
            "%(count)s buyer waits to hear of it", "%(count)s buyers wait to hear of it", f["count"]
        ) % f,
        right="followups.view", url_name="form-waiting", url_args=("form_id",),
    ),
)  # fmt: skip
