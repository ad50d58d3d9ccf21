"""File systems of URLs: the user's settings of fsspec count, and what is listed is not kept."""

import re

import fsspec
import pytest

from moodcurve.errors import MoodcurveError
from moodcurve.util.urls import BLOCK, CONNECT_S, READ_S, file_system, with_lower_scheme


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Settings of fsspec for S3, as the variable FSSPEC_S3 or a file gives them."""
    found: dict[str, object] = {}
    monkeypatch.setattr(fsspec.config, "conf", {"s3": found})
    return found


def test_settings_of_fsspec_for_s3_are_kept(settings: dict[str, object]) -> None:
    system, path = file_system("s3://bucket/a.mp3", error=MoodcurveError)
    assert path == "bucket/a.mp3"
    assert system.config_kwargs == {"connect_timeout": CONNECT_S, "read_timeout": READ_S}
    assert system.default_block_size == BLOCK
    settings |= {
        "config_kwargs": {"read_timeout": 5, "proxies": {"https": "http://proxy:1"}},
        "default_block_size": 2**22,
        "endpoint_url": "http://127.0.0.1:1",
    }
    system, _ = file_system("s3://bucket/a.mp3", error=MoodcurveError)
    assert system.config_kwargs == {
        "connect_timeout": CONNECT_S,
        "read_timeout": 5,
        "proxies": {"https": "http://proxy:1"},
    }
    assert system.default_block_size == 2**22
    assert system.endpoint_url == "http://127.0.0.1:1"


@pytest.mark.parametrize("url", ["s3://", "s3a://*", "s3://buck*/songs", "s3:///songs", "http://"])
def test_a_bucket_or_server_is_named(url: str) -> None:
    with pytest.raises(MoodcurveError, match=f"^{re.escape(url)}: names no bucket or server$"):
        file_system(url, error=MoodcurveError)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/songs/", "s3://bucket/songs/"])
def test_kept_listings_end_with_their_file_system(url: str) -> None:
    first, path = file_system(url, error=MoodcurveError, lists_once=True)
    first.dircache[path] = [{"name": f"{path}old.parquet", "size": 1, "type": "file"}]
    assert path in first.dircache
    second, _ = file_system(url, error=MoodcurveError, lists_once=True)
    assert path not in second.dircache
    assert file_system(url, error=MoodcurveError)[0] is file_system(url, error=MoodcurveError)[0]


def test_schemes_may_be_in_upper_case() -> None:
    assert file_system("S3://Bucket/A.mp3", error=MoodcurveError)[1] == "Bucket/A.mp3"
    assert file_system("HTTP://host/A.mp3", error=MoodcurveError)[1] == "http://host/A.mp3"
    for text in ("a/HTTP://b", "/m/A.mp3", "microphone:USB"):
        assert with_lower_scheme(text) == text
