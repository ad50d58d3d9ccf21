import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moodcurve import __version__, formats
from moodcurve.curve import Curve
from moodcurve.mood.circumplex import describe
from moodcurve.report import write_report
from moodcurve.report.page import render
from moodcurve.report.sound import PageSound
from tests.helpers.short_song import small_curve, write_song

HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;$title\u2028${data}<!--.flac"
VOID = {"meta", "link", "img", "br"}


def silent(note: str = "") -> PageSound:
    return PageSound(data_url="", note=note, peaks=np.zeros(1))


class Page(HTMLParser):
    """What a browser would see: elements with attributes, and the text of each script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {tag} {attrs}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.text.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text[self.open[-1]][-1] += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def data_of(page: Page) -> dict[str, Any]:
    assert page.named("script")[0] == {"type": "application/json", "id": "data"}
    data: dict[str, Any] = json.loads(
        page.text["script"][0], parse_constant=lambda token: pytest.fail(f"{token} in strict JSON")
    )
    return data


def test_the_page_holds_the_song_and_names_no_folder(tmp_path: Path) -> None:
    audio = write_song(tmp_path, "x.flac", 8.0)
    write_report(small_curve(source="private/albums/A song.flac"), audio, tmp_path / "x.html")
    text = (tmp_path / "x.html").read_text(encoding="utf-8")
    page = Page(text)
    address = page.named("audio")[0]["src"]
    assert address
    assert base64.b64decode(address.partition(",")[2]) == audio.read_bytes()
    assert page.text["h1"] == ["A song.flac"]
    assert data_of(page)["curve"]["source"] == "A song.flac"
    for private in ("private", "albums", str(tmp_path)):
        assert private not in text
    assert [path.name for path in tmp_path.iterdir()] == ["x.flac", "x.html"]


def test_the_same_curve_gives_the_same_page() -> None:
    assert render(small_curve(), silent()) == render(small_curve(), silent())


@pytest.mark.parametrize("field", ["source", "model", "feature_set", "warnings"])
def test_html_in_text_is_escaped(field: str) -> None:
    # a file's name holds no slash, and the title no line separator
    hostile = HOSTILE.replace("/", "\u2215").replace("\u2028", " ") if field == "source" else HOSTILE
    plain = Page(render(small_curve(warnings=("a",)), silent()))
    changed: dict[str, Any] = {"warnings": ("a",)} | {field: (hostile,) if field == "warnings" else hostile}
    page = Page(render(small_curve(**changed), silent()))
    assert page.elements == plain.elements  # no element and no attribute more or other than with tame text
    data = data_of(page)["curve"]
    assert data[field] == ([hostile] if field == "warnings" else hostile)
    if field == "source":
        assert page.text["h1"] == [hostile]


def test_the_policy_allows_only_the_own_script_and_style() -> None:
    page = Page(render(small_curve(), silent()))
    policies = [meta["content"] for meta in page.named("meta") if "http-equiv" in meta]
    assert len(policies) == 1

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert policies[0] == (
        f"default-src 'none'; style-src {source(page.text['style'][0])}; "
        f"script-src {source(page.text['script'][1])}; media-src data:; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    tags = [tag for tag, _ in page.elements]
    assert tags.index("meta") < tags.index("style")
    assert (tags.count("script"), tags.count("style")) == (2, 1)
    for tag, attributes in page.elements:
        # the policy would block them
        assert not {name for name in attributes if name == "style" or name.startswith("on")}, tag


def test_the_page_loads_nothing() -> None:
    page = Page(render(small_curve(), silent()))
    addresses = [value or "" for _, a in page.elements for name, value in a.items() if name in ("src", "href")]
    assert addresses
    assert all(value.startswith("data:") for value in addresses)
    assert not re.search(r"url\(|@import", page.text["style"][0])


def test_no_placeholder_is_left() -> None:
    page = Page(render(small_curve(intervals=True), silent()))
    filled = [text for tag, texts in page.text.items() if tag not in ("script", "style") for text in texts]
    assert filled
    assert "$" not in "".join(filled)


@pytest.mark.parametrize("intervals", [False, True])
def test_the_script_gets_the_json_of_the_curve(intervals: bool) -> None:
    curve = small_curve(intervals=intervals, source="A song.flac")
    sound = PageSound(data_url="", note="no sound", peaks=np.array([0.1, 0.0, 0.4]))
    data = data_of(Page(render(curve, sound)))
    assert data["curve"] == json.loads(formats.to_json(curve))
    assert list(base64.b64decode(data["peaks"])) == [64, 0, 255]  # the highest is 255
    assert (data["note"], data["version"]) == ("no sound", __version__)


def test_the_waveform_of_silence_is_zero() -> None:
    sound = PageSound(data_url="", note="", peaks=np.zeros(3))
    assert list(base64.b64decode(data_of(Page(render(small_curve(), sound)))["peaks"])) == [0, 0, 0]


def test_without_scripts_the_song_is_named_and_playable(tmp_path: Path) -> None:
    curve = small_curve()
    song = curve.to_dict()["song"]
    write_report(curve, write_song(tmp_path, "pcm16.wav", 8.0), tmp_path / "x.html")
    page = Page((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert page.text["strong"] == [describe(song["arousal"], song["valence"])]
    assert "0:08" in page.text["span"]
    assert "controls" in page.named("audio")[0]
    assert not Page(render(curve, silent())).named("audio")


@pytest.mark.parametrize(
    "curve",
    [
        small_curve(1.0),
        small_curve(duration_s=0.0),
        small_curve(arousal=np.zeros(15), valence=np.zeros(15)),
        small_curve(arousal=np.ones(15), valence=np.full(15, -1.0)),
        small_curve(3 * 3600.0),
        small_curve(source="caf\udce9", model="\udcff", warnings=("\udcff",)),
    ],
    ids=["one point", "no duration", "neutral", "corner", "three hours", "no text"],
)
def test_any_curve_gives_a_page(tmp_path: Path, curve: Curve) -> None:
    audio = write_song(tmp_path, "pcm16.wav", 1.0)
    write_report(curve, audio, tmp_path / "x.html")
    text = (tmp_path / "x.html").read_bytes().decode("utf-8")
    assert len(data_of(Page(text))["curve"]["arousal"]) == len(curve.arousal)


def test_a_page_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    audio = write_song(tmp_path, "pcm16.wav", 1.0)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_report(small_curve(), audio, tmp_path / "file" / "x.html")
