"""Tests of the Python client: generated from the document, installed with pip, and used with a real server."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.helpers import ROOT
from tests.helpers.web_server import TOKEN, Server

pytestmark = pytest.mark.slow

PROGRAM = """
import json, sys, time
from pathlib import Path
from moodcurve_client import AuthenticatedClient
from moodcurve_client.api.default import (
    create_analysis, delete_batch, get_batch, get_batch_results, get_health, get_job, list_songs
)
from moodcurve_client.models import (
    BatchCreated, BatchRequest, BatchStatusState, CurveObject, JobCreated, ProblemObject, SongForm
)
from moodcurve_client.types import File

url, token, path = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token, timeout=120)
assert get_health.sync(client=client).status == "ok"
songs = list_songs.sync(client=client, limit=2)
assert songs.total == 4 and len(songs.songs) == 2
with open(path, "rb") as file:
    curve = create_analysis.sync(client=client, body=File(file), wait=True, name="mine.flac")
assert isinstance(curve, CurveObject), curve
assert curve.source == "mine.flac" and len(curve.times_s) == len(curve.arousal)
with open(path, "rb") as file:
    job = create_analysis.sync(client=client, body=SongForm(file=File(file, file_name="form.flac")))
assert isinstance(job, JobCreated), job
assert get_job.sync(job.job, client=client).name == "form.flac"
batch = create_analysis.sync(
    client=client, body=BatchRequest(songs=[song.id for song in songs.songs] + [999]), idempotency_key="key"
)
assert isinstance(batch, BatchCreated), batch
while (status := get_batch.sync(batch.batch, client=client)).state != BatchStatusState.FINISHED:
    time.sleep(0.1)
assert (status.counts.done, status.counts.failed) == (2, 1)
assert "999" in status.items[2].problem.detail
lines = get_batch_results.sync_detailed(batch.batch, client=client).content.splitlines()
assert [json.loads(line)["curve"] is None for line in lines] == [False, False, True]
delete_batch.sync_detailed(batch.batch, client=client)
assert isinstance(get_batch.sync(batch.batch, client=client), ProblemObject)
wrong = AuthenticatedClient(base_url=url, token="a-wrong-token-0123456789")
assert get_health.sync(client=wrong).status == 401
print("done")
"""


def test_the_generated_client_works(server: Server, tmp_path: Path) -> None:
    project, wheels, site = tmp_path / "project", tmp_path / "wheels", tmp_path / "site"
    subprocess.run([sys.executable, ROOT / "scripts" / "make_client.py", project], check=True, capture_output=True)
    build = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", wheels]
    subprocess.run([*build, project], check=True, capture_output=True)
    (wheel,) = wheels.iterdir()
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    program = f"import sys; sys.path.insert(0, {str(site)!r})\n{PROGRAM}"
    command = [sys.executable, "-c", program, server.url, TOKEN, server.music / "tense.flac"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("done\n", "")
