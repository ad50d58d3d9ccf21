"""Measure in composed pieces the cues that they were composed with."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from scipy.signal import find_peaks

from moodcurve.analysis import analyze
from moodcurve.demo.composer import DEMO_SECTIONS, RING_S, Composition, Section, compose, demo_song, write_flac
from moodcurve.demo.synth.section import STYLES

pytestmark = pytest.mark.slow

SR = 44100
SAD, TENSE, EXCITED, CALM = DEMO_SECTIONS
# the cheapest section: two bars of the fastest style to synthesize
SHORT = replace(CALM, bars=2, tempo_bpm=160)


@pytest.fixture(scope="module")
def demo() -> Composition:
    return demo_song()


def sounds(piece: Composition) -> dict[str, np.ndarray]:
    """Mono sound of each section, without its first second, where the previous section decays."""
    mono = piece.audio.mean(axis=1).astype(float)
    return {s.section.name: mono[int((s.start_s + 1) * SR) : int(s.end_s * SR)] for s in piece.spans}


def of(section: Section, *, seed: int = 0) -> np.ndarray:
    """Mono sound of a piece of one section, without the decay of its last chord."""
    mono = compose([section], seed=seed).audio.mean(axis=1).astype(float)
    return mono[: int(section.duration_s * SR)]


def frames(x: np.ndarray, *, size: int = 2048, hop: int = 441) -> np.ndarray:
    """Magnitude spectra every 10 ms, shape (frames, bins)."""
    return np.abs(np.fft.rfft(np.lib.stride_tricks.sliding_window_view(x, size)[::hop] * np.hanning(size)))


def level_db(x: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(x**2)))


def centroid_hz(x: np.ndarray) -> float:
    power = (frames(x) ** 2).sum(axis=0)
    return float(np.fft.rfftfreq(2048, 1 / SR) @ power / power.sum())


def novelty(x: np.ndarray) -> np.ndarray:
    """Increase of the compressed spectrum every 10 ms (spectral flux)."""
    rise = np.diff(np.log1p(10 * frames(x)), axis=0)
    return np.maximum(rise, 0).sum(axis=1)


def onsets_per_s(x: np.ndarray) -> float:
    """Rate of peaks of the novelty above three times its median, at least 60 ms apart."""
    n = novelty(x)
    peaks, _ = find_peaks(n, height=3 * np.median(n), distance=6)
    return len(peaks) / (len(x) / SR)


def tempo_bpm(x: np.ndarray, *, slowest: float, fastest: float) -> float:
    """Tempo of the strongest periodicity of the novelty within a range."""
    n = novelty(x) - novelty(x).mean()
    similarity = np.correlate(n, n, mode="full")[len(n) - 1 :]
    lags = np.arange(int(6000 / fastest), int(6000 / slowest) + 1)
    best = int(lags[np.argmax(similarity[lags])])
    # parabolic interpolation of the peak, since a frame of 10 ms is 2 % of a beat
    a, b, c = similarity[best - 1 : best + 2]
    return float(6000 / (best + 0.5 * (a - c) / (a - 2 * b + c)))


def chroma(x: np.ndarray, tonic: int) -> np.ndarray:
    """Energy of the twelve semitones above the tonic, over the octaves from 110 to 880 Hz."""
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2
    hz = np.fft.rfftfreq(len(x), 1 / SR)
    semitone = 12 * np.log2(np.maximum(hz, 1) / 440) + 69
    # bins within a third of a semitone of a note
    near = (hz > 110) & (hz < 880) & (np.abs(semitone - np.rint(semitone)) < 1 / 3)
    pitch_class = (np.rint(semitone[near]).astype(int) - tonic) % 12
    return np.bincount(pitch_class, weights=spectrum[near], minlength=12)


def test_demo_takes_about_a_minute_and_a_half_in_four_quadrants(demo: Composition) -> None:
    assert 75 <= demo.duration_s <= 90
    assert {(s.section.arousal, s.section.valence) for s in demo.spans} == {(-1, 1), (1, 1), (1, -1), (-1, -1)}


def test_packaged_model_predicts_the_intended_quadrants(demo: Composition, tmp_path) -> None:
    """The margins are small for calm and tense: such songs are rare in the training data, and the error of the model is
    about 0.2."""
    write_flac(demo, tmp_path / "demo.flac")
    curve = analyze(tmp_path / "demo.flac")
    for span in demo.spans:
        inside = (curve.times_s >= span.start_s) & (curve.times_s + 1 <= span.end_s)
        assert curve.arousal[inside].mean() * span.section.arousal > 0, span.section.name
        assert curve.valence[inside].mean() * span.section.valence > 0, span.section.name


def test_spans_have_the_durations_of_their_bars(demo: Composition) -> None:
    start_s = 0.0
    for span in demo.spans:
        # edges are on whole samples
        assert span.start_s == pytest.approx(start_s, abs=1 / SR)
        start_s += span.section.bars * 4 * 60 / span.section.tempo_bpm
    assert [s.end_s for s in demo.spans[:-1]] == [s.start_s for s in demo.spans[1:]]
    assert demo.spans[-1].end_s == demo.duration_s == pytest.approx(start_s + RING_S, abs=2 / SR)


def test_sound_is_clean(demo: Composition) -> None:
    assert demo.audio.dtype == np.float32
    assert demo.audio.shape == (round(demo.duration_s * SR), 2)
    assert np.isfinite(demo.audio).all()
    # -1 dBFS leaves headroom for resampling and lossy coding
    assert np.abs(demo.audio).max() <= 10 ** (-1 / 20)
    # no offset: the mean over a minute of music without one is below -80 dBFS
    assert np.abs(demo.audio.mean(axis=0)).max() < 1e-4
    # it starts and ends in silence
    assert np.abs(demo.audio[[0, -1]]).max() < 1e-3


def test_there_are_no_clicks(demo: Composition) -> None:
    """A note that is cut, or two pieces set side by side, would spread over all frequencies; cello, piano and
    strings as dark as these have nothing up there."""
    sad = frames(sounds(demo)["sad"]) ** 2
    sad = sad[: len(sad) * 3 // 4]  # the last bar leads into the next section
    treble = sad[:, np.fft.rfftfreq(2048, 1 / SR) > 12000].sum(axis=1)
    assert 10 * np.log10(treble.max() / sad.sum(axis=1).max()) < -70


def test_channels_are_balanced_and_differ(demo: Composition) -> None:
    for span in demo.spans:
        left, right = demo.audio[int(span.start_s * SR) : int(span.end_s * SR)].T
        assert abs(level_db(left) - level_db(right)) < 4
        assert 0.2 < np.corrcoef(left, right)[0, 1] < 0.98


def test_sections_have_their_levels(demo: Composition) -> None:
    for span in demo.spans:
        section = span.section
        x = demo.audio[int((span.start_s + 1) * SR) : int((span.start_s + section.duration_s) * SR)]
        # without the first second; above -15 dBFS the limiter may take one or two decibels
        low = -2.5 if section.level_db > -15 else -1
        assert low < level_db(x) - section.level_db < 1


def test_sections_differ_in_level_brightness_and_onsets(demo: Composition) -> None:
    x = sounds(demo)
    # 8 dB is about twice as loud
    assert level_db(x["calm"]) + 8 < min(level_db(x["excited"]), level_db(x["tense"]))
    assert level_db(x["sad"]) + 8 < min(level_db(x["excited"]), level_db(x["tense"]))
    assert centroid_hz(x["sad"]) < centroid_hz(x["calm"]) < centroid_hz(x["excited"])
    assert centroid_hz(x["calm"]) < centroid_hz(x["tense"])
    assert onsets_per_s(x["sad"]) < onsets_per_s(x["calm"]) < onsets_per_s(x["excited"])


@pytest.mark.parametrize(("name", "bpm"), [("calm", 84), ("excited", 132)])
def test_pulse_is_at_the_tempo(demo: Composition, name: str, bpm: float) -> None:
    found = tempo_bpm(sounds(demo)[name], slowest=bpm / 1.4, fastest=bpm * 1.4)
    # inaccuracies of 6 ms in beats of 500 ms and rubato do not change the mean
    assert found == pytest.approx(bpm, rel=0.02)


def test_tempo_is_a_parameter() -> None:
    # a range without the half, third or double of any tempo
    for bpm in (110, 130, 150):
        found = tempo_bpm(of(replace(EXCITED, bars=4, tempo_bpm=bpm)), slowest=105, fastest=159)
        assert found == pytest.approx(bpm, rel=0.02)


def test_thirds_are_major_and_minor_as_the_mode_says(demo: Composition) -> None:
    x = sounds(demo)
    g, a = 7, 9
    calm, sad = chroma(x["calm"], g), chroma(x["sad"], a)
    # the fourth and third semitone above the tonic; a factor of 4 is far above leakage between neighbors
    assert calm[4] > 4 * calm[3]
    assert sad[3] > 4 * sad[4]


@pytest.mark.parametrize("tonic", ["C", "F#"])
def test_mode_is_a_parameter(tonic: str) -> None:
    pitch_class = {"C": 0, "F#": 6}[tonic]
    major, minor = (chroma(of(replace(SHORT, bars=4, mode=m, tonic=tonic)), pitch_class) for m in ("major", "minor"))
    assert major[4] / major[3] > 4
    assert minor[3] / minor[4] > 4


def test_dissonance_is_a_parameter() -> None:
    """Dissonant music has more energy in the minor second and the tritone, major music in the second and the fifth."""
    dissonant, major = (chroma(of(replace(SHORT, bars=4, mode=m, tonic="C")), 0) for m in ("dissonant", "major"))
    share = lambda c: (c[1] + c[6]) / (c[1] + c[6] + c[2] + c[7])  # noqa: E731
    assert share(dissonant) > 0.7
    assert share(major) < 0.2


def test_brightness_is_a_parameter() -> None:
    dark, bright = (centroid_hz(of(replace(SHORT, brightness=b))) for b in (0.0, 1.0))
    assert bright > 1.3 * dark


def test_articulation_is_a_parameter() -> None:
    """Staccato has gaps, so that quiet frames are further below loud ones."""

    def gap_db(articulation: float) -> float:
        x = of(replace(SHORT, articulation=articulation))
        loudness = 10 * np.log10((frames(x) ** 2).sum(axis=1))
        return float(np.percentile(loudness, 90) - np.percentile(loudness, 10))

    assert gap_db(0.2) > gap_db(1.0) + 3


def test_same_arguments_give_the_same_samples() -> None:
    sections = [SHORT, replace(SAD, bars=1)]
    first, second = compose(sections, seed=3), compose(sections, seed=3)
    assert np.array_equal(first.audio, second.audio)
    assert first.spans == second.spans


def test_seeds_give_different_pieces() -> None:
    first, second = compose([SHORT], seed=1), compose([SHORT], seed=2)
    # they do not only differ in noise
    assert np.abs(np.corrcoef(first.audio[:, 0], second.audio[:, 0])[0, 1]) < 0.5


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("sr", [22050, 96000])
def test_every_style_works_at_extreme_parameters_and_rates(style: str, sr: int) -> None:
    low = Section(
        name="low", bars=1, tempo_bpm=220, mode="dissonant", tonic="B", register=45, level_db=-50,
        articulation=0.1, brightness=0, density=1, style=style, arousal=1, valence=1,
    )  # fmt: skip
    high = replace(low, mode="major", register=90, level_db=-8, articulation=1.2, brightness=1, density=8)
    piece = compose([low, high], sr=sr)
    assert np.isfinite(piece.audio).all()
    assert np.abs(piece.audio).max() <= 10 ** (-1 / 20)
    assert piece.duration_s == pytest.approx(2 * 4 * 60 / 220 + RING_S, abs=2 / sr)
    assert level_db(piece.audio[: int(sr * 240 / 220)]) == pytest.approx(-50, abs=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bars": 0}, r"bars must lie in \[1, 64\], got 0"),
        ({"bars": 2.5}, "bars must be a whole number, got 2.5"),
        ({"density": 9}, r"density must lie in \[1, 8\], got 9"),
        ({"tempo_bpm": 300}, r"tempo_bpm must lie in \[40, 220\], got 300"),
        ({"tempo_bpm": float("nan")}, r"tempo_bpm must lie in \[40, 220\], got nan"),
        ({"register": 20}, r"register must lie in \[45, 90\], got 20"),
        ({"level_db": 0}, r"level_db must lie in \[-50, -8\], got 0"),
        ({"articulation": 0}, r"articulation must lie in \[0.1, 1.2\], got 0"),
        ({"brightness": 1.1}, r"brightness must lie in \[0, 1\], got 1.1"),
        ({"mode": "lydian"}, "mode must be one of major, minor, dissonant, got 'lydian'"),
        ({"tonic": "H"}, "tonic must be one of C, C#, Db, .* got 'H'"),
        ({"style": "polka"}, "style must be one of pastoral, festive, menace, elegy, got 'polka'"),
        ({"arousal": 0}, "arousal must be one of -1, 1, got 0"),
        ({"valence": 0.5}, "valence must be one of -1, 1, got 0.5"),
    ],
)
def test_sections_reject_values_out_of_range(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(CALM, **changes)


def test_compose_rejects_no_sections_and_other_rates() -> None:
    with pytest.raises(ValueError, match="sections must hold at least one Section, got none"):
        compose([])
    with pytest.raises(ValueError, match=r"sr must lie in \[22050, 96000\] Hz, got 8000"):
        compose([SHORT], sr=8000)


def test_flac_holds_the_piece(tmp_path) -> None:
    piece = compose([SHORT])
    path = tmp_path / "new folder" / "piece.flac"
    write_flac(piece, path)
    info = soundfile.info(path)
    assert (info.format, info.subtype, info.samplerate, info.channels) == ("FLAC", "PCM_16", SR, 2)
    # half a step of 16 bits, plus the rounding of the conversion
    assert np.abs(soundfile.read(path)[0] - piece.audio).max() <= 1.01 / 2**15
    assert [p.name for p in path.parent.iterdir()] == ["piece.flac"]
