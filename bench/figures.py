"""What a measurement yields, and the table of all of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value, what it should be, and the reference measured in the same run."""

    what: str
    value: float | None
    unit: str
    limit: str = ""
    reference: str = ""
    reference_value: float | None = None
    remark: str = ""


def median(values: Iterable[float]) -> float | None:
    found = list(values)
    return statistics.median(found) if found else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value that `share` of them do not exceed: the highest of fewer than 100 for 0.99."""
    found = sorted(values)
    return found[min(len(found) - 1, int(len(found) * share))] if found else None


def milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def print_table(title: str, figures: Iterable[Figure]) -> None:
    rows = [("", "value", "limit", "ratio", "reference")]
    for figure in figures:
        ratio = ""
        if figure.value is not None and figure.reference_value:
            ratio = f"{figure.value / figure.reference_value:.2f}"
        reference = figure.reference
        if figure.reference_value is not None:
            reference += f" {_number(figure.reference_value)} {figure.unit}"
        value = "not measured" if figure.value is None else f"{_number(figure.value)} {figure.unit}"
        rows.append((figure.what, value, figure.limit, ratio, f"{reference} {figure.remark}".strip()))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    print(f"\n## {title}")
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), flush=True
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
