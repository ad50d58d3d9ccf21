"""Measure how much nearer a model comes to single raters of DEAM when it is adapted to a few of their songs.

    nice python benchmarks/adaptation.py DEAM SOUND QUADRANTS [-o DIR] [--cache FILE] [--draws N]
    python benchmarks/adaptation.py --report JSON

The folders are those of `python -m moodcurve.learn.release`. The default model has learned from DEAM's averages, of
which these raters are a part. So the base is its family with its settings and features, trained in five folds with
disjoint artists, as for the release: it predicts each song by a model that was not trained on it. Its other songs'
labels include a tenth of the rater's own ratings, which favors the base.

Only the files of 2014 name their raters. Of each rater with enough songs, songs are drawn at random to adapt to, and
all others of other artists are predicted. `--draws` repeats this; a rater's metrics are means over the draws. Writes
``adaptation.json`` and ``adaptation.md``.
"""

import argparse
import json
import pickle
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from moodcurve import __version__
from moodcurve.curve import AXES
from moodcurve.datasets import Annotation
from moodcurve.datasets.deam.checks import YEARS
from moodcurve.datasets.deam.raters import read_deam_raters
from moodcurve.datasets.splits import k_fold, shares_artist
from moodcurve.evaluation import evaluate_intervals, evaluate_predictions
from moodcurve.features import Features
from moodcurve.learn.adaptation.adapt import SURE
from moodcurve.learn.adaptation.candidates import CANDIDATES
from moodcurve.learn.adaptation.choice import choose_and_fit, predict_held_out, split_by
from moodcurve.learn.adaptation.correction import fit_correction
from moodcurve.learn.adaptation.intervals import calibrate_few
from moodcurve.learn.adaptation.outputs import CONTEXT_ROWS, SongOutputs
from moodcurve.learn.models.base import predict_rated
from moodcurve.learn.packaged import DEFAULT, SEED
from moodcurve.learn.release import read_songs
from moodcurve.learn.training import find_family
from moodcurve.learn.uncertainty.novelty import fit_embedding
from moodcurve.library.queries.suggest import teaching_order
from moodcurve.metrics.bootstrap import draw_counts, percentile_interval
from moodcurve.util.files import write_text
from moodcurve.util.markdown import interval_text, markdown_list, markdown_paragraph, markdown_table

SIZES = (10, 20, 50)
TESTED = 10
"""Fewest songs of a rater to test on."""
LEAST_ROWS = 20
"""Fewest rated rows of a song that counts: ten seconds."""
FOLDS = 5
SCORES = ("rmse", "r", "ccc", "rmse_song", "r_song", "ccc_song")
TITLES = ("RMSE", "r", "CCC", "RMSE per song", "r per song", "CCC per song")
BOOTSTRAP = 2000
SCRATCH = ("gp-blend", "mlr")
"""Families trained on the same songs alone: that of the default model, and the simplest."""
CHOICES = ("suggested", "far apart", "random")
"""Ways to choose the songs that a rater rates."""
Rater = list[SongOutputs]


def base_outputs(deam: Path, sound: Path, quadrants: Path) -> dict[str, SongOutputs]:
    """Return what the base outputs for each song of 2014, trained without it and its artist."""
    read = read_songs(DEFAULT, deam, sound, quadrants, progress=lambda done, total: None)
    songs, family, found = read.clips.songs, find_family(DEFAULT.family), {}
    for train, test in k_fold(songs, FOLDS, SEED, by="artist"):
        left_out = shares_artist(read.extra, [songs[i] for i in test])
        known = [*(songs[i] for i in train), *(s for s, out in zip(read.extra, left_out, strict=True) if not out)]
        with threadpool_limits(limits=1):
            model = family.train(known, DEFAULT.config, seed=SEED)
            embedding = fit_embedding(known, level="normalized")
        for song in (songs[i] for i in test if int(songs[i].song_id) in YEARS[2014]):
            x = song.full_features.values
            found[song.song_id] = SongOutputs(
                song=replace(song, versions=()),
                values=model.predict(x)[song.rated],
                embedding=embedding.apply(x),
                context_rows=CONTEXT_ROWS,
            )
    return found


def raters_of(deam: Path, outputs: Mapping[str, SongOutputs]) -> dict[str, Rater]:
    """Return the songs of each named rater, with the rater's own ratings."""
    raters: dict[str, Rater] = {}
    for rated in read_deam_raters(deam).songs:
        one = outputs.get(rated.song_id)
        for row, name in enumerate(rated.arousal_by):
            if one is None or not name or name not in rated.valence_by:
                continue
            y = np.stack([rated.arousal[row], rated.valence[rated.valence_by.index(name)]], axis=1)
            _, here, there = np.intersect1d(rated.times_s, one.song.features.times_s, return_indices=True)
            here, there = (rows[np.isfinite(y[here]).all(axis=1)] for rows in (here, there))
            if len(here) >= LEAST_ROWS and (np.diff(there) == 1).all():
                raters.setdefault(name, []).append(_of_rater(one, there, y[here]))
    return raters


def _of_rater(one: SongOutputs, rows: np.ndarray, y: np.ndarray) -> SongOutputs:
    """Return a song with other ratings, of some of its rated rows."""
    features = one.song.features
    chosen = Features(features.values[rows], features.times_s[rows], features.feature_set)
    annotation = Annotation(times_s=chosen.times_s, arousal=y[:, 0], valence=y[:, 1])
    song = replace(one.song, features=chosen, recording=one.song.full_features, annotation=annotation)
    return replace(one, song=song, values=one.values[rows])


@dataclass(frozen=True)
class Draw:
    """Songs of a rater to adapt to, and to test on."""

    train: Rater
    test: Rater

    def scores(self, predict: Callable[[SongOutputs], np.ndarray]) -> np.ndarray:
        """Return `SCORES` of both axes (2, scores) on the songs to test on."""
        found = evaluate_predictions([one.song for one in self.test], [predict(one) for one in self.test])
        return np.array([[found[axis][name] for name in SCORES] for axis in AXES], dtype=float)


def draw(songs: Rater, size: int, seed: Sequence[int]) -> Draw:
    """Draw songs to adapt to; the others are tested, without those of the same artists."""
    order = np.random.default_rng(seed).permutation(len(songs))
    train, others = ([songs[i] for i in part] for part in (order[:size], order[size:]))
    known = shares_artist([one.song for one in others], [one.song for one in train])
    return Draw(train, [one for one, shared in zip(others, known, strict=True) if not shared])


def scratch(family: str, songs: Rater) -> Callable[[SongOutputs], np.ndarray]:
    """Train a family on a rater's songs alone."""
    kind = find_family(family)
    model = kind.train([one.song for one in songs], kind.config(), seed=SEED)
    return lambda one: predict_rated(model, one.song)


def compare(raters: Mapping[str, Rater], size: int, draws: int) -> dict[str, Any]:
    """Compare the base, its adaptations and models from scratch on raters with enough songs."""
    enough = [songs for songs in raters.values() if len(songs) >= size + TESTED]
    scores: dict[str, list[np.ndarray]] = {}
    accepted, helped, coverage, chosen = [], [], [], dict.fromkeys((one.name for one in CANDIDATES), 0)
    for number, songs in enumerate(enough):
        rows: dict[str, list[np.ndarray]] = {}
        for repeat in range(draws):
            one = draw(songs, size, [SEED, repeat])
            correction = choose_and_fit(one.train, seed=SEED, by=split_by(one.train))
            level = fit_correction(one.train, (CANDIDATES[1], CANDIDATES[1]))
            rows.setdefault("default", []).append(one.scores(lambda s: s.values))
            rows.setdefault("level only", []).append(one.scores(level.apply))
            rows.setdefault("adapted", []).append(one.scores(correction.apply))
            for candidate in correction.candidates:
                chosen[candidate.name] += 1
            if repeat:
                continue
            for family in SCRATCH:
                rows[f"{family} from scratch"] = [one.scores(scratch(family, one.train))]
            sure, inside = check(one, correction.apply)
            accepted.append(sure)
            coverage.append(inside)
            helped.append(squared(one.test, correction.apply) < squared(one.test, lambda s: s.values))
        for name, of_rater in rows.items():
            scores.setdefault(name, []).append(np.nanmean(of_rater, axis=0))
        print(f"{size} songs: {number + 1} of {len(enough)} raters", file=sys.stderr)
    arms = {name: np.array(values) for name, values in scores.items()}
    return {
        "songs": size,
        "raters": len(enough),
        "test_songs": float(np.mean([len(draw(songs, size, [SEED, 0]).test) for songs in enough])),
        "arms": {name: over_raters(values) for name, values in arms.items()},
        "differences": {
            name: over_raters(arms["adapted"] - values) for name, values in arms.items() if name != "adapted"
        },
        "chosen": chosen,
        "written": float(np.mean(accepted)),
        "better_on_other_songs": float(np.mean(helped)),
        "better_of_written": share(helped, accepted),
        "better_of_refused": share(helped, [not one for one in accepted]),
        "coverage90": {
            axis: percentile_interval(mean_draws(np.array(coverage)[:, i]), 0.95).as_dict()
            for i, axis in enumerate(AXES)
        },
    }


def share(values: Sequence[bool], among: Sequence[bool]) -> float | None:
    """Return the share of true values among some, or None if there are none."""
    chosen = [value for value, counts in zip(values, among, strict=True) if counts]
    return float(np.mean(chosen)) if chosen else None


def check(one: Draw, predict: Callable[[SongOutputs], np.ndarray]) -> tuple[bool, list[float]]:
    """Return whether the adapted model would be written, and the coverage of its intervals on the songs to test on."""
    after = predict_held_out(one.train, seed=SEED, by=split_by(one.train))
    songs = [each.song for each in one.train]
    errors = [
        np.array([((p - song.y) ** 2).mean() for p, song in zip(side, songs, strict=True)])
        for side in ([np.clip(each.values, -1, 1) for each in one.train], after)
    ]
    drawn = draw_counts(len(songs), BOOTSTRAP, SEED)[1:]
    sure = bool((drawn @ errors[1] < drawn @ errors[0]).mean() >= SURE)
    intervals = calibrate_few(songs, after).intervals
    ends = [intervals.of_points(np.clip(predict(each), -1, 1), None) for each in one.test]
    found = evaluate_intervals([each.song for each in one.test], ends)
    return sure, [float(found[axis]["coverage90"] or 0.0) for axis in AXES]


def squared(songs: Rater, predict: Callable[[SongOutputs], np.ndarray]) -> float:
    """Return the mean squared error over songs and axes."""
    return float(np.mean([((np.clip(predict(one), -1, 1) - one.song.y) ** 2).mean() for one in songs]))


def mean_draws(values: np.ndarray) -> np.ndarray:
    """Return the mean over raters (raters,), then those of draws of raters; undefined values do not count."""
    drawn, defined = draw_counts(len(values), BOOTSTRAP, SEED), np.isfinite(values)
    counted = drawn @ defined
    return np.divide(drawn @ np.where(defined, values, 0), counted, out=np.full(len(drawn), np.nan), where=counted > 0)


def over_raters(values: np.ndarray) -> dict[str, dict[str, dict[str, float | None]]]:
    """Return the mean over raters of each score, with its interval, given (raters, 2, scores)."""
    return {
        axis: {name: percentile_interval(mean_draws(values[:, i, j]), 0.95).as_dict() for j, name in enumerate(SCORES)}
        for i, axis in enumerate(AXES)
    }


def compare_choices(raters: Mapping[str, Rater], size: int, draws: int) -> dict[str, Any]:
    """Compare ways to choose the songs that a rater rates, from half of the rater's songs; the others are tested."""
    enough = [songs for songs in raters.values() if len(songs) // 2 >= 2 * size]
    scores: dict[str, list[np.ndarray]] = {name: [] for name in CHOICES}
    for songs in enough:
        rows: dict[str, list[np.ndarray]] = {name: [] for name in CHOICES}
        for repeat in range(draws):
            half = draw(songs, len(songs) // 2, [SEED, repeat])
            orders = choices(half.train, size, [SEED, repeat, 1])
            for name, order in orders.items():
                chosen = [half.train[i] for i in order]
                correction = choose_and_fit(chosen, seed=SEED, by=split_by(chosen))
                rows[name].append(Draw(chosen, half.test).scores(correction.apply))
        for name, of_rater in rows.items():
            scores[name].append(np.nanmean(of_rater, axis=0))
    arms = {name: np.array(values) for name, values in scores.items()}
    return {
        "songs": size,
        "raters": len(enough),
        "arms": {name: over_raters(values) for name, values in arms.items()},
        "differences": {name: over_raters(arms[name] - arms["random"]) for name in CHOICES if name != "random"},
    }


def choices(pool: Rater, size: int, seed: Sequence[int]) -> dict[str, list[int]]:
    """Return the songs of a pool that each way chooses."""
    outputs = np.array([one.values.mean(axis=0) for one in pool])
    sound = np.array([one.song.full_features.values.mean(axis=0, dtype=np.float64) for one in pool])
    sound = np.clip((sound - sound.mean(axis=0)) / np.maximum(sound.std(axis=0), 1e-12), -5, 5)
    order = teaching_order(outputs, sound, count=size, rated=np.empty(0, np.int64))
    random = np.random.default_rng(seed).permutation(len(pool))[:size]
    return {"suggested": order.tolist(), "far apart": far_apart(outputs, sound, size), "random": random.tolist()}


def far_apart(outputs: np.ndarray, sound: np.ndarray, size: int) -> list[int]:
    """Choose songs by greedy k-center on plane and sound, of equal weight, from the one nearest to the middle on."""
    parts = [(x - x.mean(axis=0)) / np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=1).mean()) for x in (outputs, sound)]
    x = np.hstack(parts)
    order = [int((x**2).sum(axis=1).argmin())]
    nearest = ((x - x[order[0]]) ** 2).sum(axis=1)
    while len(order) < size:
        order.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((x - x[order[-1]]) ** 2).sum(axis=1))
    return order


def page(result: Mapping[str, Any]) -> str:
    """Return the results as a Markdown page."""
    parts = [
        "# Adapting a model to one listener",
        markdown_paragraph(
            "For readers who want to know how much `moodcurve train OWN --from default` helps. Written by "
            "`benchmarks/adaptation.py`; the JSON file of the same name has all values."
        ),
        markdown_list(
            (
                f"Raters: the named raters of DEAM's 2014 songs, {result['named_raters']} of them; "
                f"{result['raters_of_20']} have rated 20 or more of the {result['songs']} songs with features here. "
                "There are no 50 raters with enough songs in these data.",
                "Base: the family, settings and features of the default model, trained in five folds with disjoint "
                "artists. It predicts songs that it was not trained on, but its training labels are averages over "
                "about ten raters, among them this one on other songs, which favors the base.",
                f"Songs to adapt to are drawn at random, {result['draws']} times for each rater; all others of other "
                "artists are tested. Models from scratch and the rule about writing are "
                "measured on the first draw.",
                "Penalties, the way to choose, and the share of draws that a model needs to be written were set with "
                "these raters, so the values are slightly optimistic.",
                "Metrics are those of a rater's test songs: over all points, and means over songs. Values are means "
                f"over raters, in parentheses 95 % intervals, from {BOOTSTRAP} bootstrap draws of raters.",
            )
        ),
    ]
    parts[2:2] = [
        "Root mean squared error over all points, arousal / valence:",
        markdown_table(_summary(result["sizes"])),
    ]
    for one in result["sizes"]:
        covered = ", ".join(f"{axis} {interval_text(one['coverage90'][axis])}" for axis in AXES)
        parts += [
            f"## {one['songs']} songs of a rater",
            f"{one['raters']} raters, {one['test_songs']:.0f} test songs each on average.",
            markdown_table(_table(one["arms"])),
            "Adapted minus others, for the same raters:",
            markdown_table(_table(one["differences"], signed=True)),
            markdown_list(
                (
                    "Corrections chosen: "
                    + ", ".join(f"{name} {count}" for name, count in one["chosen"].items() if count)
                    + ".",
                    f"The adapted model would be written for {one['written']:.0%} of the raters, since it is better on "
                    f"held-out songs in {SURE:.0%} of the draws. On the rater's other songs it has the lower squared "
                    f"error for {one['better_on_other_songs']:.0%} of all raters, {_percent(one['better_of_written'])} "
                    f"of those where it would be written, and {_percent(one['better_of_refused'])} of those where it "
                    "would be refused.",
                    f"Coverage of its 90 % intervals on other songs: {covered}.",
                )
            ),
        ]
    parts += [
        "## Which songs to rate",
        markdown_paragraph(
            "Songs are chosen from a random half of a rater's songs, and the other half is tested: `suggested` by "
            "`moodcurve suggest`, `far apart` by greedy k-center on plane and sound, and at random."
        ),
    ]
    for one in result["choices"]:
        parts += [
            f"{one['songs']} songs, {one['raters']} raters:",
            markdown_table(_table(one["arms"])),
            "Minus random choice:",
            markdown_table(_table(one["differences"], signed=True)),
        ]
    return "\n\n".join(parts) + "\n"


def _summary(sizes: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return the root mean squared errors of the most important models, arousal / valence."""
    arms = ("default", "level only", "adapted", *(f"{family} from scratch" for family in SCRATCH[:1]))
    rows: list[tuple[str, ...]] = [("songs", "raters", *(f"RMSE, {arm}" for arm in arms))]
    for one in sizes:
        values = ([one["arms"][arm][axis]["rmse"]["value"] for axis in AXES] for arm in arms)
        rows.append((str(one["songs"]), str(one["raters"]), *(" / ".join(f"{v:.3f}" for v in pair) for pair in values)))
    return rows


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{value:.0%}"


def _table(arms: Mapping[str, Any], *, signed: bool = False) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("model", "axis", *TITLES)]
    for name, values in arms.items():
        for axis in AXES:
            cells = (interval_text(values[axis][score], signed=signed) for score in SCORES)
            rows.append((name, axis, *cells))
    return rows


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything."""
    started = time.process_time()
    cache: Path | None = options.cache
    if cache is not None and cache.is_file():
        outputs = pickle.loads(cache.read_bytes())  # a file that this script wrote
    else:
        outputs = base_outputs(*options.folders)
        if cache is not None:
            cache.write_bytes(pickle.dumps(outputs))
    raters = raters_of(options.folders[0], outputs)
    with threadpool_limits(limits=1):
        return {
            "moodcurve_version": __version__,
            "songs": len(outputs),
            "named_raters": len(raters),
            "raters_of_20": sum(len(songs) >= 20 for songs in raters.values()),
            "draws": options.draws,
            "sizes": [compare(raters, size, options.draws) for size in SIZES],
            "choices": [compare_choices(raters, size, options.draws) for size in SIZES[:2]],
            "processor_s": round(time.process_time() - started),
        }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER", help="DEAM SOUND QUADRANTS")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    parser.add_argument("--cache", type=Path, help="keep the base's outputs in this file, or read them")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--report", type=Path, help="write the page of this JSON file again, next to it")
    options = parser.parse_args()
    if options.report is not None:
        write_text(options.report.with_suffix(".md"), page(json.loads(options.report.read_text(encoding="utf-8"))))
        return
    if len(options.folders) != 3:
        parser.error("expected DEAM SOUND QUADRANTS")
    result = run(options)
    write_text(options.output / "adaptation.json", json.dumps(result, indent=1, allow_nan=False) + "\n")
    write_text(options.output / "adaptation.md", page(result))


if __name__ == "__main__":
    main()
