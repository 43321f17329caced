"""Integer rupiah and basis points (product.md §4). No floats come near money."""

from __future__ import annotations

BASIS_POINTS = 10_000


def ceil_div(numerator: int, denominator: int) -> int:
    """Integer division rounded towards +infinity."""
    return -(-numerator // denominator)


def fee_of(amount: int, rate_bp: int, *, minimum: int = 0) -> int:
    """A fee of ``rate_bp`` basis points on ``amount`` rupiah, rounded **up** to 1 rupiah, at least ``minimum``."""
    if amount <= 0:
        return 0
    return max(ceil_div(amount * rate_bp, BASIS_POINTS), minimum)


def discount_of(amount: int, rate_bp: int, *, maximum: int | None = None) -> int:
    """A discount of ``rate_bp`` basis points on ``amount`` rupiah, rounded **down**, never more than ``maximum``."""
    value = max(amount, 0) * rate_bp // BASIS_POINTS
    return value if maximum is None else min(value, maximum)


def round_up_to(amount: int, step: int) -> int:
    """``amount`` rounded up to a multiple of ``step`` rupiah."""
    return ceil_div(amount, step) * step


def format_rupiah(amount: int) -> str:
    """``1234567`` → ``Rp 1.234.567``; negative amounts carry a true minus sign."""
    text = f"{abs(amount):,}".replace(",", ".")
    return f"−Rp {text}" if amount < 0 else f"Rp {text}"
