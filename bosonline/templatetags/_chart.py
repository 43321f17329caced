"""Geometry of the small server-side charts.

ApexCharts was tried and left out: it injects a ``<style>`` element and builds tooltips with ``style="…"`` in HTML
strings, which our policy (``style-src 'self'``, no nonce) refuses, and it weighs more than the rest of the dashboard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

LEFT, RIGHT, TOP, BOTTOM = 8, 8, 20, 24


def nice_ceiling(value: int) -> int:
    """The smallest 1, 2, 2.5 or 5 × 10ⁿ that is not below ``value``: the top of the axis."""
    if value <= 0:
        return 1
    magnitude = 10 ** (len(str(value)) - 1)
    for step in (10, 20, 25, 50, 100):
        if value * 10 <= step * magnitude:
            return -(-step * magnitude // 10)
    return 10 * magnitude


def draw(
    series: Sequence[Mapping[str, Any]],
    labels: Sequence[str],
    *,
    kind: str,
    width: int,
    height: int,
    say: Callable[[int], str],
) -> dict[str, Any]:
    """Coordinates for ``components/chart.html``; every figure is also returned as text for the table."""
    top = nice_ceiling(max((int(v) for row in series for v in row["values"]), default=0))
    bottom = -nice_ceiling(-min((int(v) for row in series for v in row["values"]), default=0))
    bottom = 0 if bottom == -1 else bottom
    floor = height - BOTTOM
    slots = max(len(labels), 1)
    slot = (width - LEFT - RIGHT) / slots

    def y(value: int) -> float:
        return round(TOP + (floor - TOP) * (top - value) / (top - bottom), 1)

    def x(index: int) -> float:
        return round(LEFT + slot * (index + 0.5), 1)

    shapes = []
    for order, row in enumerate(series):
        values = [int(v) for v in row["values"]]
        points = [(x(i), y(v)) for i, v in enumerate(values)]
        bar = min(slot * 0.72 / len(series), 40)
        shapes.append(
            {
                "name": row["name"],
                "tone": row.get("tone", "accent" if order == 0 else "muted"),
                "values": [say(v) for v in values],
                "path": " ".join(f"{'M' if i == 0 else 'L'}{px} {py}" for i, (px, py) in enumerate(points)),
                "dots": [
                    {"x": px, "y": py, "text": f"{labels[i]}: {say(values[i])}"} for i, (px, py) in enumerate(points)
                ],
                "bars": [
                    {
                        "x": round(px - bar * len(series) / 2 + bar * order + 1, 1),
                        "y": min(py, y(0)),
                        "width": round(max(bar - 2, 1), 1),
                        "height": round(max(abs(y(0) - py), 0.5), 1),
                        "text": f"{labels[i]}: {say(values[i])}",
                    }
                    for i, (px, py) in enumerate(points)
                ],
                "end": {"x": points[-1][0], "y": points[-1][1]} if points else None,
            }
        )
    every = max(1, -(-slots // (width // 80)))
    grid_values = [top, (top + bottom) // 2, bottom] if bottom >= 0 else [top, 0, bottom]
    return {
        "kind": kind,
        "width": width,
        "height": height,
        "floor": floor,
        "left": LEFT,
        "right": width - RIGHT,
        "shapes": shapes,
        "grid": [{"y": y(v), "text": say(v)} for v in grid_values],
        "ticks": [{"x": x(i), "text": label} for i, label in enumerate(labels) if i % every == 0],
        "rows": [
            {"label": label, "cells": [say(int(row["values"][i])) for row in series]} for i, label in enumerate(labels)
        ],
        "empty": not any(any(row["values"]) for row in series),
    }
