import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moodcurve import formats
from moodcurve.circumplex import describe
from moodcurve.curve import Curve
from moodcurve.report import drawing, write_report
from moodcurve.report.page import render
from moodcurve.report.scale import smooth_path
from moodcurve.report.sound import Sound
from small_song import small_curve, write_song

HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;$title\u2028${data}<!--.flac"
VOID = {"meta", "link", "img", "br"}


def silent(note: str = "") -> Sound:
    return Sound(address="", note=note, peak=np.zeros(1), rms=np.zeros(1))


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
    for private in ("private", "albums", str(tmp_path)):
        assert private not in text
    assert [path.name for path in tmp_path.iterdir()] == ["x.flac", "x.html"]


def test_the_same_curve_gives_the_same_page() -> None:
    assert render(small_curve(), silent()) == render(small_curve(), silent())


@pytest.mark.parametrize("field", ["source", "model", "feature_set", "warnings"])
def test_hostile_text_stays_text(field: str) -> None:
    # a file's name holds no slash, and the title no line separator
    hostile = HOSTILE.replace("/", "\u2215").replace("\u2028", " ") if field == "source" else HOSTILE
    plain = Page(render(small_curve(warnings=("a",)), silent()))
    changed: dict[str, Any] = {"warnings": ("a",)} | {field: (hostile,) if field == "warnings" else hostile}
    page = Page(render(small_curve(**changed), silent()))
    assert page.elements == plain.elements  # no element and no attribute more or other than with tame text
    seen = {"source": "h1", "model": "dd", "feature_set": "dd", "warnings": "li"}[field]
    assert hostile in page.text[seen]


def test_the_policy_allows_the_pages_own_script_and_style_alone() -> None:
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


def test_the_page_reaches_out_nowhere() -> None:
    text = render(small_curve(), silent())
    page = Page(text)
    addresses = [value for _, a in page.elements for name, value in a.items() if name in ("src", "href")]
    links = [a["href"] for a in page.named("a")]
    assert links == ["https://doi.org/10.1037/h0077714"]
    assert all(value.startswith("data:") for value in addresses if value not in links)  # type: ignore[union-attr]
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp|sendBeacon|WebSocket|import\(", text)


def test_no_placeholder_is_left() -> None:
    assert "$" not in re.sub(r"<script>.*?</script>", "", render(small_curve(), silent()), flags=re.S)
    assert "${span}" not in render(small_curve(intervals=True), silent())


def test_the_players_numbers_are_those_of_the_curve() -> None:
    curve = small_curve()
    data = data_of(Page(render(curve, silent())))
    # three decimals
    np.testing.assert_allclose(data["times_s"], curve.times_s, rtol=0, atol=0.5001e-3)
    np.testing.assert_allclose(data["arousal"], curve.arousal, rtol=0, atol=0.5001e-3)
    np.testing.assert_allclose(data["valence"], curve.valence, rtol=0, atol=0.5001e-3)
    path = np.column_stack([data["path_arousal"], data["path_valence"]])
    np.testing.assert_allclose(path, smooth_path(curve), rtol=0, atol=0.5001e-3)
    moods = [data["moods"][i] for i in data["mood_at"]]
    assert moods == [describe(float(a), float(v)) for a, v in smooth_path(curve)]
    assert len(moods) == len(curve.times_s)
    assert data["length_s"] == 8.0


def test_a_long_recording_is_drawn_by_means_and_says_so() -> None:
    page = Page(render(small_curve(3600.0), silent()))
    assert len(data_of(page)["arousal"]) == 600
    assert any("each point drawn here is a mean over 6 s" in text for text in page.text["p"])
    assert not any("is a mean over" in text for text in Page(render(small_curve(), silent())).text["p"])


def test_the_rim_word_is_the_nearest_or_none() -> None:
    arousal = np.array([0.9, -0.9, 0.0, 0.01])
    curve = small_curve(
        2.5, times_s=np.array([0.0, 10.0, 20.0, 30.0]), arousal=arousal, valence=np.array([0, 0, -0.9, 0.0])
    )
    words = re.findall(r'class="word"[^>]*>([a-z ]+)<', drawing.circumplex_svg(curve))
    at = data_of(Page(render(curve, silent())))["rim_at"]
    assert [words[i] if i >= 0 else None for i in at] == ["tense", "tired", "miserable", None]


def test_the_summary_and_its_moments() -> None:
    cells = Page(render(small_curve(), silent())).text["td"]
    assert "−0.05" in cells  # mean of -0.4 ... +0.3
    assert "−0.40 " in cells
    assert "+0.30 " in cells
    page = Page(render(small_curve(), silent()))
    assert "at 0:07" in page.text["span"]


def test_warnings_and_notes_are_shown_when_there_are_any() -> None:
    page = Page(render(small_curve(warnings=("the file is truncated",)), silent("no sound")))
    assert "the file is truncated" in page.text["li"]
    assert "no sound" in page.text["p"]
    assert "audio" not in [tag for tag, _ in page.elements]
    assert not [a for a in Page(render(small_curve(), silent())).named("ul") if a.get("class") == "warnings"]


def test_what_the_model_knows_of_the_song_is_shown_and_nothing_else() -> None:
    page = Page(render(small_curve(intervals=True), silent()))
    spans = page.text["span"]
    assert spans[spans.index("excited-positive") + 1] == "35%"
    assert "How likely the song belongs to each quadrant" in page.text["h3"]
    assert "−0.25 to +0.15" in spans
    expected = "arousal 4.2 (3.0 to 5.6), valence 6.2 (5.2 to 7.2); in brackets the 90 % interval"
    assert expected in page.text["p"]
    (box,) = [a for a in page.named("rect") if a.get("class") == "song"]
    # valence .1 to .5 from left to right, arousal -.25 to .15 from bottom to top, 100 to the rim
    assert [box[name] for name in ("x", "y", "width", "height")] == ["10.0", "-15.0", "40.0", "40.0"]
    plain = Page(render(small_curve(), silent()))
    assert plain.text["h3"] == ["Time in each quadrant"]
    assert not [a for a in plain.named("rect") if a.get("class") == "song"]


def test_the_course_is_there_as_a_table_too() -> None:
    page = Page(render(small_curve(61.0), silent()))
    assert [th for th in page.text["th"] if re.fullmatch(r"\d+:\d\d", th)] == [
        f"0:{s:02}" if s < 60 else "1:00" for s in range(0, 61, 5)
    ]


def points(d: str | None) -> np.ndarray[Any, Any]:
    assert d
    return np.array([[float(x) for x in pair.split(",")] for pair in re.split("[MLZ]", d) if pair])


def paths(svg: str, kind: str) -> list[np.ndarray[Any, Any]]:
    tree = ET.fromstring(f"<g>{svg}</g>")
    return [points(p.get("d")) for p in tree.iter("path") if kind in (p.get("class") or "").split()]


def test_the_lines_are_drawn_at_their_places() -> None:
    curve = small_curve(intervals=True)  # reaches 0.75 with its intervals
    svg = drawing.course_svg(curve)
    (arousal,) = [p for p in paths(svg, "line") if p[0][1] > 500]
    x = [*(curve.times_s / 8.0 * 1000), 1000]
    y = (0.75 - curve.arousal) / 1.5 * 1000
    # one decimal of 1000 steps
    np.testing.assert_allclose(arousal, np.column_stack([x, [*y, y[-1]]]), rtol=0, atol=0.0501)
    band = paths(svg, "band")[0]
    assert band[0].tolist() == pytest.approx([0, (0.75 + 0.2) / 1.5 * 1000], abs=0.0501)
    assert band[-1].tolist() == pytest.approx([0, (0.75 + 0.6) / 1.5 * 1000], abs=0.0501)


def test_the_path_runs_through_the_circle_without_a_gap() -> None:
    curve = small_curve(200.0)
    pieces = paths(drawing.circumplex_svg(curve), "path")
    assert len(pieces) == 40
    for first, second in pairwise(pieces):
        assert first[-1].tolist() == second[0].tolist()
    smooth = smooth_path(curve)
    assert pieces[0][0].tolist() == pytest.approx([100 * smooth[0, 1], -100 * smooth[0, 0]], abs=0.0501)
    assert pieces[-1][-1].tolist() == pytest.approx([100 * smooth[-1, 1], -100 * smooth[-1, 0]], abs=0.0501)


def test_the_waveform_fills_its_height() -> None:
    (peak,), (rms,) = (
        paths(drawing.waveform_svg(np.array([0.1, 0.4]), np.array([0.1, 0.2])), name) for name in ("peak", "rms")
    )
    assert peak[:4].tolist() == [[0, 375], [500, 375], [500, 0], [1000, 0]]
    assert rms[:, 1].min() == 250
    flat = paths(drawing.waveform_svg(np.zeros(3), np.zeros(3)), "peak")[0]
    assert set(flat[:, 1]) == {500}


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
    data = data_of(Page(text))
    assert data["length_s"] > 0
    drawn = drawing.course_svg(curve) + drawing.circumplex_svg(curve)
    assert "nan" not in drawn
    assert "inf" not in drawn


def test_the_page_and_the_json_agree_on_the_song() -> None:
    curve = small_curve()
    song = formats.to_dict(curve)["song"]
    page = Page(render(curve, silent()))
    assert song["quadrant"] in page.text["span"]
    assert page.text["strong"] == [describe(song["arousal"], song["valence"])]


def test_a_page_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    audio = write_song(tmp_path, "pcm16.wav", 1.0)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_report(small_curve(), audio, tmp_path / "file" / "x.html")
