"""Draw LaTeX formulas as SVG inside the page, with matplotlib: no script, no font and no request is needed."""

import html
import io
import re
from functools import cache

from matplotlib import rc_context
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from matplotlib.textpath import TextPath

SIZE_PT = 10.0
EM = SIZE_PT / 1.15
"""Points that one em of the page stands for: these letters are smaller than those of the text around them."""
# short names that matplotlib does not know
_LONG = {r"\le": r"\leq", r"\ge": r"\geq"}
_FORMULA = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', flags=re.DOTALL)


def draw_formulas(page: str) -> str:
    """Replace the formulas that pymdownx.arithmatex has marked in a page."""
    return _FORMULA.sub(lambda found: _element(found[1], found[2]), page)


def _element(tag: str, marked: str) -> str:
    r"""Return the element of a formula, marked as ``\(…\)`` or ``\[…\]``."""
    latex = " ".join(html.unescape(marked).strip()[2:-2].split())
    if tag == "div":  # on a line of its own, with fractions in full size
        latex = latex.replace(r"\frac", r"\dfrac")
    return f'<{tag} class="formula">{drawn(latex)}</{tag}>'


@cache
def drawn(latex: str) -> str:
    """Return a formula as an SVG element whose size is in em and whose color is the text's.

    Raises
    ------
    ValueError
        If matplotlib cannot read the formula.
    """
    text = re.sub(r"\\[a-z]+", lambda command: _LONG.get(command[0], command[0]), latex)
    with rc_context({"mathtext.fontset": "cm"}):
        font = FontProperties(size=SIZE_PT)
        path = TextPath((0, 0), f"${text}$", prop=font)
        width, height, depth, *_ = MathTextParser("path").parse(f"${text}$", dpi=72, prop=font)
    steps = io.StringIO()
    letters = {1: ("M", 1), 2: ("L", 1), 3: ("Q", 2), 4: ("C", 3), 79: ("Z", 0)}
    for points, code in path.iter_segments(curves=True, simplify=False):
        letter, count = letters[int(code)]
        numbers = (f"{x:.2f} {height - y:.2f}" for x, y in points.reshape(-1, 2)[:count])
        steps.write(letter + " ".join(numbers))
    label = html.escape(latex, quote=True)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 {-0.2:.2f} {width:.2f} {height + depth + 0.4:.2f}" '
        f'style="width:{width / EM:.3f}em;height:{(height + depth + 0.4) / EM:.3f}em;'
        f'vertical-align:{-(depth + 0.2) / EM:.3f}em"><title>{label}</title><path d="{steps.getvalue()}"/></svg>'
    )
