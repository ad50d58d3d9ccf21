"""A library with very many files that cannot be used: the server stays quick, and its pages small."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from moodcurve.library import open_library
from moodcurve.library.models import ProblemFound
from tests.helpers.web_client import request
from tests.helpers.web_server import serving

pytestmark = pytest.mark.slow

PROBLEMS = 100_000


def test_a_hundred_thousand_problems_come_in_pages(tmp_path: Path) -> None:
    library = tmp_path / "library.sqlite"
    with open_library(library, write=True) as opened:
        reason = "not audio: " + "x" * 100
        opened.write([ProblemFound(f"/music/{number:06}.mp3", 1, 2, None, reason) for number in range(PROBLEMS)])
    with serving((tmp_path, library)) as server:
        response = request(server, "/api/problems")
        assert len(response.body) < 20_000
        assert response.json()["total"] == PROBLEMS
        page = request(server, f"/api/problems?limit=1000&offset={PROBLEMS - 1}").json()
        assert [problem["file"] for problem in page["problems"]] == [f"{PROBLEMS - 1:06}.mp3"]
        assert request(server, "/api/problems?limit=1001").status == 422
        assert request(server, "/api/problems?limit=-1").status == 422
        with ThreadPoolExecutor(20) as clients:  # pages that no cache holds
            pages = [clients.submit(request, server, f"/api/problems?limit=1000&offset={i}") for i in range(60)]
            assert request(server, "/api/health").status == 200
            assert {page.result().status for page in pages} == {200}
