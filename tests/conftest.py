"""Where tests find the annotated songs and audio that the repository itself does not hold."""

import hashlib
import logging
import os
import shutil
import signal
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before numpy is loaded, and for all processes that the tests start: as many of these run at once as there are cores,
# and then threads of one that wait for each other take most of the time.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

from moodcurve.features import FEATURE_SETS
from moodcurve.features.warmup import prepare
from tests.helpers import ROOT
from tests.helpers.browser import axe, browser, ids, window
from tests.helpers.deam_folder import write_deam
from tests.helpers.web_server import scanned_music, server, tagged_server

__all__ = ["axe", "browser", "ids", "scanned_music", "server", "tagged_server", "window"]

LONGEST = (
    "tests/cluster/test_on_ray.py",
    "tests/library/test_scan_faults.py",
    "tests/test_docs_code.py",
    "tests/test_peers.py",
    "tests/web/test_openapi.py",
)
"""Files with tests of ten seconds and more."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest tests first, so that none is left alone at the end while other processes have nothing to do."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C be tested, and compile the extractor once, before parallel processes start that would each do so."""
    # the tests start hundreds of processes, each of which would compile all that it imports
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # what scans remember of the tests' folders must not stay in the user's own; inherited by parallel workers
    if "XDG_STATE_HOME" not in os.environ or not hasattr(config, "workerinput"):
        state = tempfile.TemporaryDirectory(prefix="moodcurve-state-")
        config.add_cleanup(state.cleanup)
        os.environ["XDG_STATE_HOME"] = state.name
    # a shell that starts the tests in the background has them, and all that they start, ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):  # likewise, of one that nohup starts
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        for feature_set in FEATURE_SETS.values():
            prepare(feature_set)


@pytest.fixture(autouse=True)
def unchanged_log() -> Iterator[None]:
    """Fail a test after which the process logs otherwise: a later test would be told less, or more."""

    def state() -> tuple[int, int, int, bool]:
        own = logging.getLogger("moodcurve")
        return logging.root.level, logging.root.manager.disable, own.level, own.disabled

    before = state()
    yield
    assert state() == before


@pytest.fixture(scope="session")
def prepared() -> None:
    """For tests of what a command prints, which at a first run is one line more."""
    for feature_set in FEATURE_SETS.values():
        prepare(feature_set)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real songs; absent, a failure on CI and a skip elsewhere."""
    folder = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        message = f"no test data at {folder}; set MOODCURVE_DATA to the folder that holds deam.tar.xz and audio/"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def deam_dir(data_dir: Path) -> Path:
    """DEAM unpacked into the user's cache, once for each version of the archive."""
    archive = data_dir / "deam.tar.xz"
    stamp = f"{archive.stat().st_size}-{archive.stat().st_mtime_ns}"
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "moodcurve-tests"
    home = cache / hashlib.sha256(stamp.encode()).hexdigest()[:12]
    if not home.is_dir():
        # unpacked beside its place and renamed: parallel workers and a Ctrl-C leave a whole folder or none
        scratch = home.with_name(f"{home.name}-{os.getpid()}")
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, filter="data")
        try:
            scratch.rename(home)
        except OSError:
            shutil.rmtree(scratch)
            if not home.is_dir():
                raise
    return home / "deam"


@pytest.fixture(scope="session")
def small_deam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed."""
    return write_deam(tmp_path_factory.mktemp("small") / "deam")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium or Chrome that is installed; absent, a failure on CI and a skip elsewhere."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    message = "no chromium, chromium-browser or google-chrome on PATH; install Debian's package chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
