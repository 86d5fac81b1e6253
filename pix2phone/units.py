"""Figures with their units as text: times, ratios, bytes, decibels."""

NONE = "–"  # for a figure that is not known
SPACE = "\N{NO-BREAK SPACE}"


def time_text(seconds: float) -> str:
    """Three digits: 4.13 ms, 286 ms, 1.98 s; the space does not break."""
    return f"{_three(seconds * 1000)}{SPACE}ms" if seconds < 0.9995 else f"{_three(seconds)}{SPACE}s"


def ratio_text(ratio: float | None) -> str:
    """How many times faster than the paper's model: 480×, 1.3×; whole ones rounded down, as goals are judged."""
    if ratio is None:
        return ""
    return f"{int(ratio)}×" if ratio >= 9.95 else f"{ratio:.1f}×" if ratio >= 0.095 else f"{ratio:.2f}×"


def bytes_text(count: int | None) -> str:
    """Decimal kB and MB, three digits."""
    if count is None:
        return NONE
    return f"{_three(count / 1e6)}{SPACE}MB" if count >= 999_500 else f"{_three(count / 1e3)}{SPACE}kB"


def decibels(value: float | None) -> str:
    """One digit."""
    return NONE if value is None else f"{value:.1f}"


def _three(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
