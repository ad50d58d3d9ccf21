"""Metrics in Prometheus' text format, in a registry of their own.

Every label has few values: methods, the paths of routes with ``{id}`` in place of ids, statuses, and words of this
module.
"""

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
_METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")
_REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
_SONG_S = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)


class Metrics:
    """The metrics of one server.

    Parameters
    ----------
    version, model : str
        Of moodcurve, and the name of the model.
    """

    def __init__(self, *, version: str, model: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a time for each series, which doubles them
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Info("moodcurve_build", "Version and model.", registry=registry).info({"version": version, "model": model})
        self._requests = Counter(
            "moodcurve_http_requests", "Requests by route.", ("method", "route", "status"), registry=registry
        )
        self._request_s = Histogram(
            "moodcurve_http_request_duration_seconds",
            "Time from a request's headers to the end of its response.",
            ("route",),
            buckets=_REQUEST_S,
            registry=registry,
        )
        self._request_series: dict[tuple[str, str, int | None], tuple[Counter, Histogram]] = {}
        """Series by method, route and status: to find them by their labels costs more than to count."""
        self._songs = Counter(
            "moodcurve_songs",
            "Songs by source and result.",
            ("source", "result"),
            registry=registry,
        )
        self._song_s = Histogram(
            "moodcurve_song_duration_seconds",
            "Time from the end of an upload, or the start of a download, to the curve.",
            ("source",),
            buckets=_SONG_S,
            registry=registry,
        )
        self._queue = Gauge("moodcurve_queue", "Songs that wait or run.", ("source", "state"), registry=registry)
        self._webhooks = Counter(
            "moodcurve_webhook_attempts", "Attempts to send a message, by result.", ("result",), registry=registry
        )

    def text(self) -> bytes:
        """Return all metrics in the text format."""
        return generate_latest(self._registry)

    def watch_queue(self, source: str, state: str, count: Callable[[], int]) -> None:
        """Ask for a number of songs at each request for the metrics."""
        self._queue.labels(source, state).set_function(count)

    def count_request(self, method: str, route: str, status: int | None, seconds: float) -> None:
        """Count a request; `route` is the path of its route, with names in place of parameters."""
        key = method if method in _METHODS else "other", route, status
        series = self._request_series.get(key)
        if series is None:
            labels = key[0], route, "none" if status is None else str(status)
            series = self._request_series[key] = self._requests.labels(*labels), self._request_s.labels(route)
        count, duration = series
        count.inc()
        duration.observe(seconds)

    def count_song(self, source: str, result: str, seconds: float) -> None:
        """Count a song that was analyzed."""
        self._songs.labels(source, result).inc()
        self._song_s.labels(source).observe(seconds)

    def count_webhook(self, result: str) -> None:
        """Count an attempt to send a message."""
        self._webhooks.labels(result).inc()
