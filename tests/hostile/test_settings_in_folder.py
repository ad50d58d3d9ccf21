"""A folder of music that holds settings of libraries: they are not read."""

import os
import sys
from pathlib import Path

import pytest

from tests.helpers.limited import run_limited
from tests.helpers.scans import write_song

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX"),
]
PNG = b"\x89PNG"


@pytest.mark.parametrize("content", ["text.usetex: True\nsavefig.dpi: 9\n", "figure.dpi: 1e9\n", "nonsense", None])
def test_no_picture_depends_on_a_matplotlibrc(tmp_path: Path, content: str | None) -> None:
    song = write_song(tmp_path / "song.flac", seconds=1.5)
    (tmp_path / "other").mkdir()
    pictures = []
    for folder in (tmp_path / "other", tmp_path):
        rc = tmp_path / "matplotlibrc"
        if folder == tmp_path:
            os.mkfifo(rc) if content is None else rc.write_text(content)
        ended = run_limited("analyze", song, "--plot", folder=folder, seconds=60)
        assert (ended.exit_code, "matplotlib" in ended.stderr) == (0, False), ended
        pictures.append((folder / "song.png").read_bytes())
    assert pictures[0][:4] == PNG
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("content", ["disable_jit: 1\n", "opt: 0\n", "- not\n- a table\n", "{", None])
def test_no_compiled_code_depends_on_a_numba_config(tmp_path: Path, content: str | None) -> None:
    config = tmp_path / ".numba_config.yaml"
    os.mkfifo(config) if content is None else config.write_text(content)
    code = (
        "import yaml\nfrom moodcurve.util.library_settings import import_numba\n"
        "numba = import_numba()\n"
        "from numba.core import config\n"
        "config.reload_config()\n"
        "import yaml as again\n"
        "print(config.DISABLE_JIT, int(config.OPT), numba.njit(lambda x: x + 1)(1), again is yaml)"
    )
    ended = run_limited(folder=tmp_path, code=f"import sys; sys.path.remove('')\n{code}", seconds=60)
    assert (ended.stdout, ended.stderr) == ("0 3 2 True\n", ""), ended
