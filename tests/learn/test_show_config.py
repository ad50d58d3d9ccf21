"""The settings that are shown are complete, explained and readable, and the docs page shows the same."""

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from moodcurve.learn import TrainingError
from moodcurve.learn.config import as_table, differing, read_config
from moodcurve.learn.models.ffnn import FFNNConfig
from moodcurve.learn.show_config import show_config
from moodcurve.learn.training import FAMILIES
from tests.helpers import ROOT

PAGE = ROOT / "docs" / "train-config.md"
VARIANTS = {"lstm": "gru", "gru-forward": "gru", "state-space-live": "state-space"}
"""Families that have the settings of another one, with other defaults."""


def keys(kind: type, prefix: str = "") -> list[str]:
    """Names of all settings, nested ones joined by dots."""
    found = []
    for field in fields(kind):
        value = getattr(kind(), field.name)
        found += keys(type(value), f"{prefix}{field.name}.") if is_dataclass(value) else [f"{prefix}{field.name}"]
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_shown_settings_are_read_back_as_the_defaults(family: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(show_config(family), encoding="utf-8")
    kind = FAMILIES[family].config
    assert read_config(path, kind) == kind()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_setting_is_shown_after_a_comment(family: str) -> None:
    lines = show_config(family).splitlines()
    table, found = "", []
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("["):
            table = f"{line[1:-1]}."
        if line and not line.startswith("#"):
            assert before.startswith("# ")
            assert before.endswith(".")
            assert len(before) < 120
        if " = " in line and not line.startswith("#"):
            found.append(table + line.split(" = ")[0])
    assert sorted(found) == sorted(keys(FAMILIES[family].config))


def test_tuples_numbers_and_texts_are_valid_toml(tmp_path: Path) -> None:
    text = show_config("ffnn")
    assert "hidden = [128, 128, 128]\n" in text
    assert "learning_rate = 0.0003\n" in text
    assert 'optimizer = "adam"\n' in text
    assert "refit = true\n" in text
    path = tmp_path / "ffnn.toml"
    path.write_text(text.replace("epochs = 16", "epochs = 100"), encoding="utf-8")
    assert read_config(path, FFNNConfig) == FFNNConfig(epochs=100)


def test_unknown_family_names_the_known_ones() -> None:
    with pytest.raises(TrainingError, match="unknown model family 'knn'; known are mlr, svr, ffnn, gru"):
        show_config("knn")


def test_page_shows_the_settings_of_every_family() -> None:
    """Settings of nested families are left to their own sections, and variants to a line with the differences."""
    page = PAGE.read_text(encoding="utf-8")
    text = {family: show_config(family) for family in FAMILIES}
    assert f"```toml\n{text['mlr']}```" in page
    for family in FAMILIES:
        if family in VARIANTS:
            base = as_table(FAMILIES[VARIANTS[family]].config())
            changes = differing(as_table(FAMILIES[family].config()), base)
            assert f"`{family}`: {changes or 'the same defaults'}" in page
        elif family != "mlr":
            own = text[family].partition("\n\n#")[0]
            assert f"## {family}\n" in page
            assert f"```toml\n{own}\n```" in page


def test_page_names_the_defaults_of_nested_settings() -> None:
    page = PAGE.read_text(encoding="utf-8")
    blend, own = as_table(FAMILIES["blend"].config()), {}
    own["two_level"] = as_table(FAMILIES["two-level"].config())
    own["state_space"] = as_table(FAMILIES["state-space-live"].config())
    for key, table in own.items():
        assert f"`[{key}]`: {differing(blend[key], table)}" in page
    gp_blend = as_table(FAMILIES["gp-blend"].config())
    assert not differing(gp_blend["gp"], as_table(FAMILIES["gp"].config()))
    assert "`[gp]`: the same defaults" in page
    changes = differing(gp_blend["state_space"], own["state_space"])
    assert f"`[state_space]`: {changes}" in page.partition("## gp-blend")[2]
    assert show_config("gp").partition("\n\n")[2] in page
    live = as_table(FAMILIES["gp-live"].config())
    assert not differing(live["level"], as_table(FAMILIES["gp"].config())["level"])
    changes = differing(live["state_space"], own["state_space"])
    assert f"`[state_space]`: {changes}" in page.partition("## gp-live")[2]
    pca = differing(
        as_table(FAMILIES["ffnn"].config())["preprocessing"], as_table(FAMILIES["mlr"].config())["preprocessing"]
    )
    assert f"`[preprocessing]`: {pca}" in page
