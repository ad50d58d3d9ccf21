"""Draw the pictures of docs/idea.md with the project's own code: ``python scripts/site/pictures.py`` after a change."""

import argparse
import tempfile
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from moodcurve import analyze
from moodcurve.curve import AROUSAL_COLOR, VALENCE_COLOR
from moodcurve.demo.composer import demo_song, write_flac
from moodcurve.mood.circumplex import NEUTRAL_RADIUS, QUADRANTS
from moodcurve.report.plane import INK, SOFT, draw_plane
from moodcurve.report.plot import write_plot

ROOT = Path(__file__).parents[2]
COLORS = dict(zip(QUADRANTS, ("#d98200", "#b3261e", "#3b5f8a", "#2e7d4f"), strict=True))


def draw_circumplex(path: Path) -> None:
    """Draw the plane with its words, quadrants, axes and neutral middle."""
    figure = Figure(figsize=(7, 6), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    draw_plane(axes)
    axes.set_ylim(-1.2, 1.2)
    for name, x, y in zip(QUADRANTS, (1, -1, -1, 1), (1, 1, -1, -1), strict=True):
        axes.text(0.44 * x, 0.60 * y, name, color=COLORS[name], fontsize=11, weight="bold", ha="center", va="center")
    axes.add_patch(Circle((0, 0), NEUTRAL_RADIUS, facecolor="#eef0f2", edgecolor=SOFT, linewidth=0.8))
    axes.text(0.08, -0.12, "neutral", color=INK, fontsize=8.5)
    arrow = {"arrowstyle": "->", "linewidth": 1.6}
    axes.annotate("", (0, 1.0), (0, -1.0), arrowprops={**arrow, "color": AROUSAL_COLOR})
    axes.annotate("", (1.0, 0), (-1.0, 0), arrowprops={**arrow, "color": VALENCE_COLOR})
    axes.text(0.03, 0.25, "arousal", color=AROUSAL_COLOR, fontsize=11)
    axes.text(0.25, 0.03, "valence", color=VALENCE_COLOR, fontsize=11)
    figure.savefig(path)


def draw_demo(path: Path) -> None:
    """Draw the curve of the demo's song: 17 seconds that were composed sad, then tense, excited and calm ones."""
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "demo-song.flac"
        write_flac(demo_song(), song)
        write_plot(analyze(song), path)


def main() -> None:
    """Write both pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs" / "images")
    folder = parser.parse_args().folder
    draw_circumplex(folder / "circumplex.png")
    draw_demo(folder / "demo-curve.png")


if __name__ == "__main__":
    main()
