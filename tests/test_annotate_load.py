"""The load test of rating studies (`benchmarks/annotate_load.py`), for five seconds: no sample is lost."""

import pytest

from tests.helpers import ROOT


@pytest.mark.slow
def test_thirty_raters_at_once_lose_no_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from annotate_load import simulate

    results = simulate(raters=30, seconds=5, lost=0.2)
    assert results["raters"] == 30
    assert results["samples"] > 30 * 3 * 60
    assert (results["stored"], results["lost"], results["twice"]) == (results["samples"], 0, 0)
    assert results["pieces_sent_again"] > 0
