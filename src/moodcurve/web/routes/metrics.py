"""Route of the metrics, at ``/metrics``."""

from fastapi import FastAPI, Response

from moodcurve.web.errors import error_responses
from moodcurve.web.monitoring.metrics import CONTENT_TYPE, Metrics
from moodcurve.web.security import METRICS_PATH

_MEDIA_TYPE = CONTENT_TYPE.partition(";")[0]


def add_metrics_route(app: FastAPI, metrics: Metrics) -> None:
    """Add the route of the metrics."""
    found = {
        "description": "Metrics in Prometheus' text format.",
        "content": {_MEDIA_TYPE: {"schema": {"type": "string"}}},
    }

    @app.get(METRICS_PATH, responses={200: found, **error_responses()})
    async def get_metrics() -> Response:
        """Return metrics for Prometheus: requests, songs, queues and the process."""
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE})
