"""CloudWatch's metrics: the datapoints that alarms evaluate."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

KEPT = timedelta(days=7)
"""How long datapoints are kept; no alarm evaluates older ones (CloudWatch API reference, PutMetricAlarm, Period)."""
_JUST_BEFORE = timedelta(milliseconds=1)
_FEW = 1000
"""The number of old datapoints of a metric that are not worth removing."""

Gauge = Callable[[str, Mapping[str, str]], float | None]
"""A function from a region and the dimensions to the current value, or to None where there is nothing to measure."""


@dataclass(frozen=True)
class Metric:
    """The name of a metric, with the region and the dimensions that it belongs to."""

    region: str
    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, region: str, namespace: str, name: str, **dimensions: str) -> Metric:
        """Return the metric with these dimensions."""
        return cls(region, namespace, name, frozenset(dimensions.items()))


@dataclass
class _Series:
    """The datapoints of a metric, ordered by time."""

    times: list[datetime] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, at: datetime, value: float) -> None:
        place = bisect_right(self.times, at)
        self.times.insert(place, at)
        self.values.insert(place, value)
        old = bisect_left(self.times, at - KEPT)
        if old > _FEW:
            del self.times[:old], self.values[:old]

    def between(self, start: datetime, end: datetime) -> list[float]:
        return self.values[bisect_left(self.times, start) : bisect_left(self.times, end)]


class Metrics:
    """The datapoints of the last days; any thread may add datapoints."""

    def __init__(self) -> None:
        """Start without datapoints."""
        self._lock = threading.Lock()
        self._series: dict[Metric, _Series] = {}
        self._gauges: dict[tuple[str, str], Gauge] = {}

    def put(self, metric: Metric, value: float = 1.0) -> None:
        """Add a datapoint with the current time."""
        self._add(metric, datetime.now(UTC), value)

    def measure(self, namespace: str, name: str, gauge: Gauge) -> None:
        """Register a gauge that measures a metric whenever an alarm reads it."""
        self._gauges[namespace, name] = gauge

    def read(self, metric: Metric, end: datetime) -> None:
        """Measure a metric that has a gauge, and add the value as the last datapoint before `end`."""
        gauge = self._gauges.get((metric.namespace, metric.name))
        value = None if gauge is None else gauge(metric.region, dict(metric.dimensions))
        at = end - _JUST_BEFORE
        if value is not None and not self.values(metric, at, end):
            self._add(metric, at, value)

    def values(self, metric: Metric, start: datetime, end: datetime) -> list[float]:
        """Return the values from `start` (inclusive) to `end` (exclusive)."""
        with self._lock:
            series = self._series.get(metric)
            return series.between(start, end) if series else []

    def _add(self, metric: Metric, at: datetime, value: float) -> None:
        with self._lock:
            self._series.setdefault(metric, _Series()).add(at, value)
