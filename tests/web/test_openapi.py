"""Tests of the OpenAPI document, by requests generated from it, and of the documentation page."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.web_client import AUTHORIZATION, request
from tests.helpers.web_server import Server

pytestmark = pytest.mark.slow

# Not in the document: that a range must start below its end (422), which songs and jobs exist (404, 409), that an
# upload must be audio (422), and the rate limit (429).
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "409", "416", "422", "429"]
"""


def test_responses_match_the_document(server: Server, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG, encoding="ascii")
    command = Path(sys.executable).with_name("st")
    options = ["--max-examples", "5", "--seed", "1", "--workers", "1", "--suppress-health-check", "all", "--no-color"]
    options += ["--request-timeout", "60"]  # the first search for similar songs may be slow on a busy machine
    options += ["--header", f"Authorization: {AUTHORIZATION}"]
    done = subprocess.run(
        [command, "--config-file", config, "run", f"{server.url}/openapi.json", *options],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # all operations were tested
    assert "Operations:       29 selected / 29 total" in done.stdout
    assert request(server, "/api/health").json()["status"] == "ok"
