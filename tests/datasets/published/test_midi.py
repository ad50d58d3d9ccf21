"""Test rendering of MIDI files with a program that takes FluidSynth's place: its options, failures and the record."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from moodcurve.datasets import DatasetError
from moodcurve.datasets.published import midi
from moodcurve.datasets.published.midi import SR, render_midi
from tests.helpers import published_sets as sets
from tests.helpers.command_line import run

SOUNDFONT = b"RIFF\x00\x00\x00\x00sfbkLIST"
# plays a tone whose level is the last byte of the MIDI file in 1/10; 0 is silence, 1 an error, 2 nothing at all
PLAYER = """\
import sys
import numpy as np, soundfile
if sys.argv[1:] == ["--version"]:
    sys.exit(print("FluidSynth runtime version 9.9"))
*options, font, song = sys.argv[1:]
assert options[:2] == ["-f", {null!r}] and font.startswith("/") and song.startswith("/"), options
level = open(song, "rb").read()[-1]
if level == 1:
    sys.exit("fluidsynth: error: no such preset")
if level != 2:
    t = np.arange(4410) / 44100
    sound = np.sin(2 * np.pi * 440 * t) * level / 10
    path = options[options.index("-F") + 1]
    soundfile.write(path, np.stack([sound, sound], axis=1), 44100, subtype="FLOAT")
"""


@pytest.fixture(autouse=True)
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "fluidsynth"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n{PLAYER.format(null=os.devnull)}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return program


@pytest.fixture
def font(tmp_path: Path) -> Path:
    path = tmp_path / "piano.sf2"
    path.write_bytes(SOUNDFONT)
    return path


def write_midi(folder: Path, *levels: int) -> Path:
    sets.write_emopia(folder, songs=1, rendered=False)
    for path in (folder / "midis").glob("*"):
        path.unlink()
    for level in levels:
        (folder / "midis" / f"song {level}.mid").write_bytes(b"MThd" + bytes([0, level]))
    return folder


def test_files_are_rendered_once(tmp_path: Path, font: Path) -> None:
    folder = write_midi(tmp_path / "EMOPIA", 5, 20)
    steps: list[tuple[int, int]] = []
    result = render_midi(folder, font, progress=lambda done, total: steps.append((done, total)))
    assert (result.rendered, result.present, result.failed) == (2, 0, ())
    assert steps == [(0, 2), (1, 2), (2, 2)]
    x, sr = soundfile.read(folder / "audio" / "song 5.flac")
    assert (sr, x.shape) == (44_100, (4410, 2))
    assert x.max() == pytest.approx(0.5, abs=1e-4)
    # louder than full scale: scaled as a whole, not cut
    x, _ = soundfile.read(folder / "audio" / "song 20.flac")
    assert x.max() == pytest.approx(1, abs=1e-4)
    assert x[10, 0] == pytest.approx(np.sin(2 * np.pi * 440 * 10 / SR), abs=2e-3)
    record = json.loads((folder / "audio" / "rendered.json").read_text())
    assert (record["program"], record["soundfont"]) == ("FluidSynth runtime version 9.9", "piano.sf2")
    (folder / "audio" / "song 5.flac").unlink()
    assert render_midi(folder, font).rendered == 1


def test_files_that_cannot_be_rendered(tmp_path: Path, font: Path) -> None:
    folder = write_midi(tmp_path / "EMOPIA", 0, 1, 2, 5)
    (folder / "midis" / "text.mid").write_text("not music")
    result = render_midi(folder, font)
    assert result.rendered == 1
    assert result.failed == (
        "song 0.mid: is silent; does the soundfont have its instruments?",
        "song 1.mid: fluidsynth failed: fluidsynth: error: no such preset",
        "song 2.mid: fluidsynth failed: it ended with code 0",
        "text.mid: is not a MIDI file",
    )
    assert {path.name for path in (folder / "audio").iterdir()} == {"song 5.flac", "rendered.json"}


def test_a_file_that_takes_too_long(tmp_path: Path, font: Path, player: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    player.write_text(f"#!{sys.executable}\nimport sys, time\n'--version' in sys.argv or time.sleep(60)\n")
    monkeypatch.setattr(midi, "LIMIT_S", 1.0)
    result = render_midi(write_midi(tmp_path / "EMOPIA", 5), font)
    assert result.failed == ("song 5.mid: took longer than 1 s",)


def test_another_soundfont_is_not_mixed_in(tmp_path: Path, font: Path) -> None:
    folder = write_midi(tmp_path / "EMOPIA", 5)
    render_midi(folder, font)
    font.write_bytes(SOUNDFONT + b"other")
    with pytest.raises(DatasetError, match=r"json: .* rendered with another soundfont_sha256; remove the folder"):
        render_midi(folder, font)


def test_what_is_refused(tmp_path: Path, font: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_midi(tmp_path / "EMOPIA")
    with pytest.raises(DatasetError, match="no MIDI files in midis/; unpack them"):
        render_midi(folder, font)
    (folder / "midis" / "a.mid").write_bytes(b"MThd\x05")
    (tmp_path / "piano.txt").write_text("no")
    with pytest.raises(DatasetError, match=r"piano\.txt: is not a soundfont"):
        render_midi(folder, tmp_path / "piano.txt")
    with pytest.raises(DatasetError, match=r"gone\.sf2: cannot be read"):
        render_midi(folder, tmp_path / "gone.sf2")
    with pytest.raises(DatasetError, match="expected a set of MIDI files, EMOPIA or VGMIDI"):
        render_midi(tmp_path, font)
    with pytest.raises(DatasetError, match="gone: not found"):
        render_midi(tmp_path / "gone", font)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DatasetError, match=r"fluidsynth is not installed, .* apt install fluidsynth"):
        render_midi(folder, font)


def test_command(tmp_path: Path, font: Path) -> None:
    folder = write_midi(tmp_path / "EMOPIA", 5, 1)
    result = run("render", folder, "--soundfont", font)
    assert result.exit_code == 1
    assert "song 1.mid: fluidsynth failed" in result.stderr
    assert "rendered 1 files to" in result.stderr
    assert run("render", folder).exit_code == 2
