"""What a user agent says about a device, in a person's words."""

from __future__ import annotations

from functools import lru_cache

from django.utils.translation import gettext as _


@lru_cache(maxsize=2000)
def _parts(user_agent: str) -> tuple[str, str, str]:
    import ua_parser  # its tables are large: loaded by those who look at sessions, not by every process

    found = ua_parser.parse(user_agent)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    model = found.device.family if found.device and found.device.family not in ("Other", "Mac") else ""
    return browser, system, model


def device_label(user_agent: str) -> str:
    """``Chrome Mobile · Android · Samsung SM-A145F``; what cannot be read is named as it came."""
    if not user_agent:
        return _("Unknown device")
    browser, system, model = _parts(user_agent[:300])
    parts = [part for part in (browser, system, model) if part and part != "Other"]
    return " · ".join(dict.fromkeys(parts)) or user_agent[:40]


def is_phone(user_agent: str) -> bool:
    return "Mobile" in user_agent or "Android" in user_agent or "iPhone" in user_agent
