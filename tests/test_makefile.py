"""The Makefile takes any name of a song."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers import ROOT

MAKEFILE = ROOT / "Makefile"


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("name", ["song.mp3", "a 'b$(x) ü.mp3", 'a $HOME $$ #x \\ y"z.mp3', "$(shell touch made)", ""])
@pytest.mark.parametrize("through", ["argument", "environment"])
def test_a_songs_name_comes_through_as_it_is(tmp_path: Path, name: str, through: str) -> None:
    rules = f'include {MAKEFILE}\nshow:\n\t@printf %s "$$SONG"\n'
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    given = [f"SONG={name}"] if through == "argument" else []
    done = subprocess.run(
        ["make", "-s", "-f", "-", "show", *given],
        input=rules, cwd=tmp_path, env=clean | ({} if given else {"SONG": name}), capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, name, "")
    assert list(tmp_path.iterdir()) == []
