"""Tests of the structured log: one line of JSON per record, whatever it holds, and a slow reader stops nothing."""

import io
import json
import logging
import sys
import threading
from typing import Any

import pytest

from moodcurve.web.errors import ProblemError
from moodcurve.web.monitoring import logs
from moodcurve.web.monitoring.logs import REQUEST_ID, json_log, plain_log
from moodcurve.web.monitoring.metrics import Metrics
from moodcurve.web.monitoring.reports import Reports


@pytest.fixture
def reports() -> Reports:
    return Reports(Metrics(version="1", model="m"))


def lines(monkeypatch: pytest.MonkeyPatch, work: Any) -> list[dict[str, Any]]:
    """Return what is logged during some work."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    with json_log():
        work()
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_record_is_one_line(monkeypatch: pytest.MonkeyPatch, reports: Reports) -> None:
    def work() -> None:
        context = REQUEST_ID.set("id-1")
        scope = {"method": "GET", "path": '/a"\n{}', "client": ("192.0.2.1", 5), "query_string": b"token=secret"}
        reports.request(scope, route="none", status=404, seconds=0.1234567, size=5)
        REQUEST_ID.reset(context)
        reports.song("upload", problem=ProblemError(422, "not\naudio"), seconds=1.0, job="j")
        try:
            raise ValueError("a\nbug")
        except ValueError as error:
            reports.error(error)
        logging.getLogger("other").info("not shown")
        logging.getLogger("other").warning("two\nlines %s", "\x1b[31m")

    first, second, third, fourth = lines(monkeypatch, work)
    assert first.pop("time").endswith("Z")
    assert first == {
        "level": "info", "event": "request", "request_id": "id-1", "method": "GET", "path": '/a"\n{}', "route": "none",
        "status": 404, "seconds": 0.123457, "bytes": 5, "client": "192.0.2.1",
    }  # fmt: skip
    assert (second["event"], second["result"], second["problem"]) == ("song", "failed", "not\naudio")
    assert "request_id" not in second
    assert "ValueError" in third["exception"]
    assert fourth["event"] == "two\nlines \x1b[31m"


@pytest.mark.parametrize("level", [logging.NOTSET, logging.DEBUG, logging.CRITICAL])
def test_without_it_only_warnings_and_errors_are_told(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, reports: Reports, level: int
) -> None:
    """Whatever level the rest of the process has set."""
    caplog.set_level(level, "moodcurve")
    with plain_log():
        reports.song("upload", problem=None, seconds=1.0)
        assert capsys.readouterr() == ("", "")
        reports.error(ValueError("a bug"))
        # a name that no other test has used: libraries that configure logging may disable those in use
        logging.getLogger("moodcurve.of_this_test").warning("a gap")
    reports.error(ValueError("after the end"))
    assert capsys.readouterr() == ("", "moodcurve: internal error\nValueError: a bug\nmoodcurve: a gap\n")
    assert logging.getLogger("moodcurve").level == level


def test_a_reader_that_stalls_stops_nothing(monkeypatch: pytest.MonkeyPatch, reports: Reports) -> None:
    goes_on = threading.Event()

    class Stalled(io.StringIO):
        def write(self, text: str) -> int:
            goes_on.wait(10)
            return super().write(text)

    monkeypatch.setattr(logs, "MAX_WAITING_LINES", 10)
    written = Stalled()
    monkeypatch.setattr(sys, "stderr", written)
    with json_log():
        for _ in range(100):
            reports.song("upload", problem=None, seconds=1.0)
        goes_on.set()
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    dropped = sum(line.get("count", 0) for line in found)
    songs = sum(line["event"] == "song" for line in found)
    assert 10 <= songs <= 12
    assert songs + dropped == 100
