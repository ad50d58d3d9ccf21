"""How often two songs are in the right order (`benchmarks/pairs.py`): the shares, and the table of docs/idea.md."""

import json
import re
from types import ModuleType

import numpy as np
import pytest

from tests.helpers import ROOT


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import pairs

    return pairs


def test_shares_are_those_of_a_plain_count(pairs: ModuleType) -> None:
    rng = np.random.default_rng(0)
    predicted, rated = rng.uniform(-1, 1, 40), rng.normal(size=40).round(1)
    edges = (0.0, 0.5, 1.0, 2.0, 3.0)
    found = pairs.right_order(predicted, rated, edges)
    counted = [[0, 0] for _ in edges[1:]]
    for i in range(40):
        for j in range(i):
            if rated[i] != rated[j]:
                place = sum(abs(predicted[i] - predicted[j]) >= edge for edge in edges) - 1
                counted[place][0] += (predicted[i] > predicted[j]) == (rated[i] > rated[j])
                counted[place][1] += 1
    total = sum(number for _, number in counted)
    expected = [(right / number if number else np.nan, number / total) for right, number in counted]
    np.testing.assert_allclose(found, expected)
    assert np.isnan(found[-1, 0])


def test_the_table_of_the_page_is_what_was_measured(pairs: ModuleType) -> None:
    stored = json.loads((ROOT / "docs" / "results" / "pairs.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "idea.md").read_text(encoding="utf-8")
    for axis, rows in stored.items():
        assert [row["from"] for row in rows] == list(pairs.EDGES[:-1])
        (line,) = re.findall(rf"^ *\| {axis} in the right order \|(.*)\|$", page, flags=re.MULTILINE)
        assert [cell.strip() for cell in line.split("|")] == [f"{row['right']:.0%}".replace("%", " %") for row in rows]
