"""Draw the plane of arousal and valence: circles, axes and mood words."""

from typing import TYPE_CHECKING

from moodcurve.mood.circumplex import RIM_WORDS, word_position

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, SOFT, FAINT = "#22262b", "#666d75", "#dfe2e6"


def draw_plane(axes: "Axes", reach: float = 1.0) -> None:
    """Draw the plane without data, as far as a circle of radius `reach`, with room for the mood words around it."""
    from matplotlib.patches import Circle

    axes.set(xlim=(-1.40 * reach, 1.40 * reach), ylim=(-1.40 * reach, 1.25 * reach), aspect="equal")
    axes.set_axis_off()
    for radius in (reach / 2, reach):
        axes.add_patch(Circle((0, 0), radius, fill=False, edgecolor=FAINT, linewidth=1.0))
    axes.plot([-reach, reach], [0, 0], color=FAINT, linewidth=0.9, zorder=0)
    axes.plot([0, 0], [-reach, reach], color=FAINT, linewidth=0.9, zorder=0)
    for word in RIM_WORDS:
        y, x = word_position(word)
        align = "left" if x > 0.12 else "right" if x < -0.12 else "center"
        axes.text(1.05 * reach * x, 1.07 * reach * y, word, fontsize=8.5, color=SOFT, ha=align, va="center")
    for x, y, text, align in (
        (0.97, -0.05, "positive", "right"),
        (-0.97, -0.05, "negative", "left"),
        (0.03, 0.85, "high arousal", "left"),
        (0.03, -0.85, "low arousal", "left"),
    ):
        axes.text(reach * x, reach * y, text, fontsize=7.5, color="#9aa1a9", ha=align, va="center", style="italic")
