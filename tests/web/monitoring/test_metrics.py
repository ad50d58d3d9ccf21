"""Tests of the metrics: parsed by Prometheus' own parser, and with few values for every label."""

from prometheus_client.parser import text_string_to_metric_families

from moodcurve.web.monitoring.metrics import Metrics


def samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return the samples by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return samples(metrics)[name, frozenset(labels.items())]


def test_counts_and_queues() -> None:
    metrics = Metrics(version="1.2", model="m")
    assert value(metrics, "moodcurve_build_info", version="1.2", model="m") == 1
    waiting = 3
    metrics.watch_queue("batch", "waiting", lambda: waiting)
    metrics.count_request("GET", "/api/songs", "200", 0.02)
    metrics.count_request("GET", "/api/songs", "200", 0.2)
    metrics.count_song("url", "failed", 3.0)
    metrics.count_webhook("delivered")
    labels = {"method": "GET", "route": "/api/songs", "status": "200"}
    assert value(metrics, "moodcurve_http_requests_total", **labels) == 2
    assert value(metrics, "moodcurve_http_request_duration_seconds_bucket", route="/api/songs", le="0.025") == 1
    assert value(metrics, "moodcurve_songs_total", source="url", result="failed") == 1
    assert value(metrics, "moodcurve_webhook_attempts_total", result="delivered") == 1
    assert value(metrics, "moodcurve_queue", source="batch", state="waiting") == 3
    waiting = 4
    assert value(metrics, "moodcurve_queue", source="batch", state="waiting") == 4
    assert value(metrics, "process_resident_memory_bytes") > 0


def test_two_servers_of_one_process_share_nothing() -> None:
    first, second = Metrics(version="1", model="m"), Metrics(version="1", model="m")
    first.count_webhook("delivered")
    assert ("moodcurve_webhook_attempts_total", frozenset({("result", "delivered")})) not in samples(second)


def test_invented_methods_make_no_series() -> None:
    metrics = Metrics(version="1", model="m")
    before = len(samples(metrics))
    for number in range(100):
        metrics.count_request(f"METHOD{number}", "none", "405", 0.01)
    assert value(metrics, "moodcurve_http_requests_total", method="other", route="none", status="405") == 100
    assert len(samples(metrics)) - before < 20
