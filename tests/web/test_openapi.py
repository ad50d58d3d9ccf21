"""The OpenAPI document is true: requests are made of it, and what comes is compared with it."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.helpers.web_server import Server

# What the document cannot say: that a range begins below its end (422), which songs and jobs there are (404, 409),
# that bytes are music (422), and how many requests one client may make (429).
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "409", "416", "422", "429"]
"""


def test_requests_made_of_the_document_get_what_it_says(server: Server, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG, encoding="ascii")
    command = Path(sys.executable).with_name("st")
    options = ["--max-examples", "8", "--seed", "1", "--workers", "1", "--suppress-health-check", "all", "--no-color"]
    done = subprocess.run(
        [command, "--config-file", config, "run", f"{server.url}/openapi.json", *options],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # all of the document, and not one request or two
    assert "Operations:       14 selected / 14 total" in done.stdout
    with urllib.request.urlopen(f"{server.url}/api/health") as answer:
        assert json.load(answer)["status"] == "ok"
