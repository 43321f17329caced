"""Links into WhatsApp (integrations.md): a chat with somebody, or a text to share with whom one chooses."""

from __future__ import annotations

from urllib.parse import quote


def chat_link(phone: str, text: str) -> str:
    """``https://wa.me/<62…>?text=…``: opens the chat with this E.164 number, the text already typed."""
    return f"https://wa.me/{phone.lstrip('+')}?text={quote(text)}"


def share_link(text: str) -> str:
    """Opens WhatsApp with the text, to be sent to whomever the person picks."""
    return f"https://wa.me/?text={quote(text)}"
