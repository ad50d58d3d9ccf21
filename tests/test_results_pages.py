"""The pages of the benchmark say what the stored figures say."""

import json
from pathlib import Path

import pytest

RESULTS = Path(__file__).parents[1] / "docs" / "results"
TITLES = {"rmse": "RMSE", "r": "r", "ccc": "CCC", "rmse_song": "RMSE per song", "r_song": "r per song"}


@pytest.mark.parametrize("protocol", ["paper", "mediaeval2015", "deam"])
def test_page_holds_the_stored_figures(protocol: str) -> None:
    stored = json.loads((RESULTS / f"{protocol}.json").read_text(encoding="utf-8"))
    lines = (RESULTS / f"{protocol}.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    header = next(row for row in rows if row[:2] == ["model", "axis"])
    assert stored["models"]
    for model in stored["models"]:
        for axis in ("arousal", "valence"):
            row = next(row for row in rows if row[:2] == [model["family"].upper(), axis])
            for key, title in TITLES.items():
                figure = model[axis][key]
                stated = f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
                assert row[header.index(title)] == stated, (model["family"], axis, key)


@pytest.mark.parametrize("protocol", ["mediaeval2015", "deam"])
def test_readme_states_the_stored_figures(protocol: str) -> None:
    """Each row of the README's table of ours is one of the protocol's models, to its digits."""
    stored = json.loads((RESULTS / f"{protocol}.json").read_text(encoding="utf-8"))
    models = {model["family"]: model for model in stored["models"]}
    readme = (RESULTS.parents[1] / "README.md").read_text(encoding="utf-8")
    lines = [line for line in readme.splitlines() if line.startswith(f"| `{protocol}`")]
    assert lines
    for line in lines:
        label, songs, *cells = [cell.strip() for cell in line.split("|")[1:-1]]
        model = models[label.split(": ")[1].split(",")[0]]
        assert int(songs) == stored["songs"]
        stated = [
            " / ".join(f"{model[axis][key]['value']:.3f}".replace("0.", ".") for axis in ("arousal", "valence"))
            for key in ("rmse", "r", "ccc", "r_song")
        ]
        assert cells == stated, label
