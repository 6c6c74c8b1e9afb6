"""The statistics of the report: pure functions of lists of numbers.

Runs are compared in pairs that lie next to each other in time, because what disturbs a machine
disturbs neighbours alike.  A pair gives one ratio head / base.  Ratios multiply, so their
logarithms are averaged; the interval is Student's t on these logarithms.  With few runs it is
honest: three pairs that scatter by 2 % give an interval of 5 % to each side.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "CONFIDENCE",
    "Fit",
    "Ratio",
    "linear_fit",
    "median",
    "paired_ratio",
    "spread",
    "t_quantile",
]

#: Confidence of every interval.
CONFIDENCE = 0.95

median = statistics.median


def spread(values: Sequence[float]) -> float:
    """(largest - smallest) / median; 0.0 where all are the same.

    Examples
    --------
    >>> round(spread([66704, 63180, 64049]), 3)
    0.055
    """
    width = max(values) - min(values)
    return width / median(values) if width else 0.0


@dataclass(frozen=True)
class Ratio:
    """A ratio head / base with its interval.

    Attributes
    ----------
    value : float
        Geometric mean of the pairs' ratios.
    low, high : float or None
        The interval at `CONFIDENCE`; None when one pair, which has no scatter, is all there is.
    """

    value: float
    low: float | None
    high: float | None

    @property
    def excludes_one(self) -> bool:
        """Whether the interval says that something changed."""
        return self.low is not None and self.high is not None and not self.low <= 1.0 <= self.high


def paired_ratio(
    base: Sequence[float], head: Sequence[float], *, exact: bool = False
) -> Ratio | None:
    """Geometric mean of head[i] / base[i], and its t interval on the logarithms.

    Parameters
    ----------
    base, head : sequence of float
        Measurements; those with the same index are a pair.
    exact : bool
        The numbers do not scatter by nature: one pair is enough for an interval, of no width.

    Returns
    -------
    Ratio or None
        None when a value is not positive, for which there is no ratio.

    Examples
    --------
    >>> paired_ratio([10.0, 20.0], [11.0, 22.0]).value.__round__(6)
    1.1
    >>> paired_ratio([100], [90], exact=True)
    Ratio(value=0.9, low=0.9, high=0.9)
    """
    if not base or min(*base, *head, 1) <= 0:
        return None
    logs = [math.log(new / old) for old, new in zip(base, head, strict=True)]
    if len(set(zip(base, head, strict=True))) == 1:  # without the rounding of exp(log)
        value = head[0] / base[0]
        known = exact or len(logs) > 1
        return Ratio(value, value if known else None, value if known else None)
    middle = statistics.fmean(logs)
    half = t_quantile(len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))
    return Ratio(math.exp(middle), math.exp(middle - half), math.exp(middle + half))


def t_quantile(degrees: int, confidence: float = CONFIDENCE) -> float:
    """The t with P(\\|T\\| < t) = `confidence` for Student's distribution.

    Parameters
    ----------
    degrees : int
        Degrees of freedom, at least 1.
    confidence : float
        Between 0 and 1.

    Examples
    --------
    >>> [round(t_quantile(n), 3) for n in (1, 2, 9, 30)]
    [12.706, 4.303, 2.262, 2.042]
    """
    low, high = 0.0, math.pi / 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _inside(middle, degrees) < confidence else (low, middle)
    return math.sqrt(degrees) * math.tan(low)


def _inside(theta: float, degrees: int) -> float:
    """P(\\|T\\| < sqrt(degrees) tan(theta)): Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    sine, cosine = math.sin(theta), math.cos(theta)
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = 0.0
    for k in range(odd, degrees - 1, 2):
        total += term
        term *= cosine * cosine * (k + 1) / (k + 2)
    return (theta + sine * total) * 2 / math.pi if odd else sine * total


@dataclass(frozen=True)
class Fit:
    """A straight line through points.

    Attributes
    ----------
    slope, intercept : float
    r_squared : float
        Share of the variance that the line explains: 1.0 is a line, 0.0 has no trend.
    """

    slope: float
    intercept: float
    r_squared: float


def linear_fit(x: Sequence[float], y: Sequence[float]) -> Fit:
    """The least-squares line y = intercept + slope x.

    Parameters
    ----------
    x, y : sequence of float
        At least two different x.

    Examples
    --------
    >>> linear_fit([1, 2, 4], [5, 7, 11])
    Fit(slope=2.0, intercept=3.0, r_squared=1.0)
    """
    line = statistics.linear_regression(x, y)
    level = statistics.fmean(y)
    total = sum((value - level) ** 2 for value in y)
    left = sum((b - line.intercept - line.slope * a) ** 2 for a, b in zip(x, y, strict=True))
    return Fit(line.slope, line.intercept, 1.0 - left / total if total else 1.0)
