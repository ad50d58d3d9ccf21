"""Test harmony, melody, instruments and mixing against textbook examples and direct formulas."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from moodcurve.demo.composer import DEMO_SECTIONS
from moodcurve.demo.synth.harmony import MODES, lead_voices, progression
from moodcurve.demo.synth.instruments import Note, damped_modes, envelope, harmonics, overdrive, wavetable
from moodcurve.demo.synth.melody import Motif, draw_motif, melody
from moodcurve.demo.synth.mixing import VOICES, limit, mix, remove_rumble, room_response, set_level
from moodcurve.demo.synth.score import write_section

SR = 44100
MOTIF = Motif(steps=(1, 1, -2, 1, -1, 1, -1), variant=0)


def note(instrument: str, **changes: float) -> Note:
    plain = Note(start_s=0, duration_s=0.5, pitch=69, velocity=0.8, brightness=0.5, instrument=instrument)
    return replace(plain, **changes)


def test_voice_leading_of_textbook_examples() -> None:
    # C E G to F: the common tone stays, and the others step up; to G7: B D F around the same G
    c = (60, 64, 67)
    assert lead_voices((5, 9, 0), 0, center=64, previous=c) == (60, 65, 69)
    assert lead_voices((7, 11, 2, 5), 0, center=64, previous=c) == (59, 62, 65, 67)


def test_first_chord_is_around_its_center() -> None:
    for center in (50, 57.5, 70):
        pitches = lead_voices((0, 4, 7), 0, center=center, previous=())
        assert sorted(p % 12 for p in pitches) == [0, 4, 7]
        assert abs(np.mean(pitches) - center) <= 2.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bars", [1, 2, 7])
def test_last_bar_closes_or_leads_on(mode: str, bars: int) -> None:
    rng = np.random.default_rng(0)
    closed = progression(mode, bars, rng, pivot=None)
    assert len(closed) == bars
    assert closed[-1][0] == 0
    # the next tonic is a fourth higher: its dominant seventh is the chord on this tonic, with a minor seventh
    assert progression(mode, bars, rng, pivot=5)[-1] == (0, 4, 7, 10)


def test_motifs_move_by_step_after_a_leap() -> None:
    for seed in range(50):
        steps = draw_motif(np.random.default_rng(seed)).steps
        assert all(0 < abs(s) <= 3 for s in steps)
        assert all(b == -np.sign(a) for a, b in pairwise(steps) if abs(a) > 1)


def test_melody_fills_its_bars_and_stays_in_its_scale() -> None:
    chords = [(0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7)] * 2
    for density in range(1, 9):
        notes = melody(MOTIF, chords, mode="major", tonic=2, register=70, density=density)
        # each note starts at the end of the previous one
        beats = [n.beat for n in notes]
        assert beats[0] == 0
        assert [n.beat + n.beats for n in notes] == pytest.approx([*beats[1:], 32])
        assert sum(b < 4 for b in beats) == density
        # D major
        assert {n.pitch % 12 for n in notes} <= {2, 4, 6, 7, 9, 11, 1}
        assert max(abs(n.pitch - 70) for n in notes) <= 16
        on_the_beat = [n for n in notes if n.beat % 4 in (0, 2)]
        assert all((n.pitch - 2) % 12 in chords[int(n.beat // 4)] for n in on_the_beat)


def test_melody_follows_register_and_transposition() -> None:
    chords = [(0, 3, 7), (8, 0, 3), (3, 7, 10), (10, 2, 5)]
    arguments = {"mode": "minor", "tonic": 9, "density": 5}
    low = melody(MOTIF, chords, register=57, **arguments)
    high = melody(MOTIF, chords, register=69, **arguments)
    assert [n.pitch + 12 for n in low] == [n.pitch for n in high]
    second = melody(MOTIF, chords, register=69, transposed=-2, **arguments)
    assert 2 <= np.mean([a.pitch - b.pitch for a, b in zip(high, second, strict=True)]) <= 5


def test_seventh_is_raised_over_the_dominant() -> None:
    notes = melody(MOTIF, [(7, 11, 2)] * 3, mode="minor", tonic=9, register=69, density=8)
    # E major in A minor: no G with its G sharp
    assert 7 not in {n.pitch % 12 for n in notes}
    assert 8 in {n.pitch % 12 for n in notes}


@pytest.mark.parametrize("section", DEMO_SECTIONS, ids=lambda s: s.name)
def test_score_stays_within_its_section(section) -> None:
    notes = write_section(section, MOTIF, np.random.default_rng(0), following=DEMO_SECTIONS[1])
    assert all(0 <= n.start_s < section.duration_s for n in notes)
    assert all(0 < n.velocity <= 1 and n.duration_s > 0 for n in notes)
    # legato and sustained notes reach into the next section by at most a beat
    assert max(n.start_s + n.duration_s for n in notes) < section.duration_s + 60 / section.tempo_bpm


def test_last_section_holds_its_last_chord() -> None:
    sad = DEMO_SECTIONS[-1]
    ends = [
        max(n.start_s + n.duration_s for n in write_section(sad, MOTIF, np.random.default_rng(0), following=f))
        for f in (None, sad)
    ]
    assert ends[0] > ends[1] + 1


def test_damped_modes_equal_the_formula() -> None:
    hz, amplitude, decay, phase = np.array([[100.0, 1234.5, 30000], [1, 0.5, 9], [3, 40, 1], [0, 1, 2]]).T[:3].T
    t = np.arange(5000) / SR
    # the third mode is above 0.45 of the rate
    plain = sum(
        a * np.exp(-d * t) * np.cos(2 * np.pi * f * t + p)
        for f, a, d, p in zip(hz[:2], amplitude[:2], decay[:2], phase[:2], strict=True)
    )
    got = damped_modes(hz, amplitude, decay, phase, samples=5000, sr=SR)
    # both are sums of doubles with phases up to 1e3, so that 1e-10 is enough
    np.testing.assert_allclose(got, plain, atol=1e-10)


def test_wavetable_is_the_sum_of_its_harmonics() -> None:
    t = np.arange(1, SR + 1) / SR
    amplitude = np.array([1.0, 0.0, 0.5])
    plain = sum(a * np.sin(2 * np.pi * (k + 1) * (220 * t + 0.25)) for k, a in enumerate(amplitude))
    got = wavetable(np.full(SR, 220.0), amplitude, 0.25, sr=SR)
    # linear interpolation between 2048 points misses a sine of harmonic k by up to a_k (π k / 2048)² / 2
    np.testing.assert_allclose(got, plain, atol=(np.pi / 2048) ** 2 / 2 * (1 + 9 * 0.5) * 1.05)


def test_harmonics_stay_below_their_limit() -> None:
    assert len(harmonics(100, slope=1, limit_hz=1000)) == 10
    assert len(harmonics(5000, slope=1, limit_hz=1000)) == 1
    np.testing.assert_allclose(harmonics(100, slope=2, limit_hz=3000)[:5], 1 / np.arange(1, 6) ** 2)


def test_envelope_passes_its_corners() -> None:
    shape = envelope(1.0, attack_s=0.1, decay_s=0.2, sustain=0.5, release_s=0.5, sr=1000)
    assert len(shape) == 1500
    np.testing.assert_allclose(shape[[0, 50, 100, 200, 300, 900, 1250]], [0, 0.5, 1, 0.75, 0.5, 0.5, 0.25])
    # too short for attack and decay: both shrink, and the release stays
    np.testing.assert_allclose(
        envelope(0.03, attack_s=0.1, decay_s=0.2, sustain=0.5, release_s=0.5, sr=1000)[[0, 10, 30]], [0, 1, 0.5]
    )


@pytest.mark.parametrize("instrument", ["piano", "pluck", "bells", "bass", "strings", "cello", "brass", "grit"])
@pytest.mark.parametrize("pitch", [45, 57, 69])
def test_instruments_are_in_tune(instrument: str, pitch: int) -> None:
    x = VOICES[instrument].sound(note(instrument, duration_s=1.5, pitch=pitch), SR, np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)), 1 << 18))
    bin_hz = SR / (1 << 18)
    f = 440 * 2 ** ((pitch - 69) / 12)
    low, high = int(0.94 * f / bin_hz), int(1.06 * f / bin_hz)
    peak_hz = (low + np.argmax(spectrum[low:high])) * bin_hz
    # detuning, vibrato and drift: at most a sixth of a semitone
    assert abs(1200 * np.log2(peak_hz / f)) < 17


@pytest.mark.parametrize("instrument", list(VOICES))
def test_instruments_start_and_end_in_silence(instrument: str) -> None:
    for duration_s in (0.04, 1.0):
        x = VOICES[instrument].sound(note(instrument, duration_s=duration_s), SR, np.random.default_rng(0))
        assert x.ndim == 1
        assert np.abs(x).max() > 0
        # a step of a fortieth of the peak is masked by the mix
        assert max(abs(x[0]), abs(x[-1])) < np.abs(x).max() / 40


@pytest.mark.parametrize("instrument", ["piano", "pluck", "strings", "cello", "brass", "snare", "hat"])
def test_brightness_raises_the_centroid(instrument: str) -> None:
    def centroid_hz(brightness: float) -> float:
        x = VOICES[instrument].sound(note(instrument, brightness=brightness), SR, np.random.default_rng(0))
        power = np.abs(np.fft.rfft(x)) ** 2
        return float(np.fft.rfftfreq(len(x), 1 / SR) @ power / power.sum())

    assert centroid_hz(1) > 1.1 * centroid_hz(0)


def test_overdriven_fifth_stays_harmonic() -> None:
    """Distortion of 220 and 330 Hz only adds multiples of 110 Hz, except for aliases and the start of the filters."""
    t = np.arange(3 * SR) / SR
    x = sum(np.sin(2 * np.pi * f * t) for f in (220, 330))
    driven = overdrive(3 * x, brightness=1, sr=SR)[SR : 2 * SR]
    power = np.abs(np.fft.rfft(driven * np.hanning(SR))) ** 2
    # in one second of sound bin f is f Hz; a Hann window spreads each partial over three bins
    off = np.abs((np.arange(len(power)) + 55) % 110 - 55) > 2
    assert 10 * np.log10(power[off].sum() / power.sum()) < -40
    assert power[550] > 1e-3 * power.max()


def test_overdrive_saturates() -> None:
    t = np.arange(SR) / SR
    soft, loud = (overdrive(a * np.sin(2 * np.pi * 220 * t), brightness=0.5, sr=SR) for a in (3, 30))
    # ten times the input gives a hardly louder output, at most that of a square wave, 20 log10(4/π) + 1 dB
    assert np.sqrt(np.mean(loud**2) / np.mean(soft**2)) < 1.43


def test_room_decays_by_60_db() -> None:
    room = room_response(SR, np.random.default_rng(0), seconds=2.0)
    assert room.shape == (2, 2 * SR)
    np.testing.assert_allclose((room**2).sum(axis=1), 1)
    # backward integration (Schroeder): remaining energy from -5 to -35 dB, extrapolated to 60 dB
    for side in room:
        spectrum = np.fft.rfft(side)
        spectrum[np.fft.rfftfreq(len(side), 1 / SR) > 1000] = 0
        left = np.cumsum(np.fft.irfft(spectrum)[::-1] ** 2)[::-1]
        decay_db = 10 * np.log10(left / left[0])
        seconds = 2 * (np.argmax(decay_db < -35) - np.argmax(decay_db < -5)) / SR
        # the decay time of noise in 100 bands is accurate to a few percent
        assert seconds == pytest.approx(2.0, rel=0.1)


def test_level_is_a_root_mean_square() -> None:
    square = np.tile([0.3, -0.3], (2, 500))
    np.testing.assert_allclose(set_level(square, samples=1000, level_db=-20), np.tile([0.1, -0.1], (2, 500)))
    silence = np.zeros((2, 10))
    assert np.array_equal(set_level(silence, samples=10, level_db=-20), silence)


def test_limiter_only_changes_the_surroundings_of_peaks() -> None:
    rng = np.random.default_rng(0)
    x = 0.2 * rng.uniform(-1, 1, (2, SR))
    x[0, 20000:20003] = 5.0
    y = limit(x, sr=SR)
    assert np.abs(y).max() == pytest.approx(10 ** (-1.5 / 20))
    # it may only change 30 ms on either side of the peak
    reach = int(0.031 * SR)
    assert np.array_equal(y[:, : 20000 - reach], x[:, : 20000 - reach])
    assert np.array_equal(y[:, 20003 + reach :], x[:, 20003 + reach :])


def test_rumble_filter_removes_offset_and_keeps_music() -> None:
    t = np.arange(2 * SR) / SR
    x = np.tile(0.5 + np.sin(2 * np.pi * 100 * t), (2, 1))
    y = remove_rumble(x, sr=SR)[:, SR:]
    assert np.abs(y.mean(axis=1)).max() < 1e-6
    # Butterworth of second order: 1/sqrt(1 + (25/100)^4) at 100 Hz
    assert np.sqrt(2 * np.mean(y**2)) == pytest.approx(1 / np.sqrt(1 + 0.25**4), rel=1e-3)


def test_mix_pans_and_adds_reverberation() -> None:
    room = np.zeros((2, 1000))
    room[:, 999] = 1
    notes = [note("bells", start_s=0.1)]
    x = mix(notes, samples=SR, room=room, sr=SR, rng=np.random.default_rng(0))
    assert x.shape == (2, SR)
    # up to the rounding of an FFT
    assert np.abs(x[:, : int(0.1 * SR)]).max() < 1e-12
    # right of the middle
    left, right = np.sqrt((x**2).mean(axis=1))
    assert right > 1.2 * left
    # the echo is a share of the sound, 999 samples later
    dry = mix(notes, samples=SR, room=np.zeros((2, 1000)), sr=SR, rng=np.random.default_rng(0))
    np.testing.assert_allclose(x[:, 999:] - dry[:, 999:], VOICES["bells"].reverb * dry[:, :-999], atol=1e-12)
