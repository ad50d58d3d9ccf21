"""The container's image and the compose example: what they promise, and the image itself where an engine runs."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from moodcurve.cli.commands.serve import TOKEN_VARIABLE
from tests.helpers import ROOT
from tests.helpers.command_line import run
from tests.helpers.web_server import Server

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile with their arguments."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.M).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]  # type: ignore[misc]


def last_stage() -> dict[str, str]:
    """Return the instructions of the image itself, the last of each kind."""
    found = instructions()
    start = max(i for i, (name, _) in enumerate(found) if name == "FROM")
    return dict(found[start:])


def engine() -> str | None:
    for name in ("docker", "podman"):
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True, timeout=60).returncode == 0:
            return name
    return None


def options_are_known(words: list[str]) -> bool:
    """Return True if a command takes all its options."""
    shown = run(words[0], "--help").stdout
    return all(re.search(rf"(?<![\w-]){word}(?![\w-])", shown) for word in words if word.startswith("--"))


def test_the_image_is_slim_and_without_rights() -> None:
    found = last_stage()
    assert found["FROM"].endswith("-slim")
    user, group = found["USER"].split(":")
    assert int(user) > 0  # as a number, which Kubernetes can check
    assert int(group) > 0
    assert f"--uid {user}" in found["RUN"]
    assert not any(name == "ADD" for name, _ in instructions())
    assert [argument.split()[0] for name, argument in instructions() if name == "FROM"].count(found["FROM"]) == 2
    # what it is built from is of the versions tested together, and no tool of the build is in the image
    assert any("-c constraints.txt" in argument for name, argument in instructions() if name == "RUN")
    assert "pip" not in found["RUN"]


def test_all_state_is_in_the_volume() -> None:
    found = last_stage()
    assert found["VOLUME"] == "/data"
    variables = dict(word.split("=", 1) for word in shlex.split(found["ENV"]))
    assert variables.keys() >= {"MOODCURVE_LIBRARY", "MOODCURVE_CACHE", "XDG_STATE_HOME"}
    assert all(variables[name].startswith("/data/") for name in variables if name != "PATH")


def test_commands_are_lists_of_words_that_moodcurve_takes() -> None:
    found = last_stage()
    assert json.loads(found["ENTRYPOINT"]) == ["moodcurve"]
    words = json.loads(found["CMD"])
    assert words[:3] == ["serve", "--host", "0.0.0.0"]
    assert options_are_known(words)
    assert "SIGINT" in found["STOPSIGNAL"]


def test_everything_that_is_copied_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    for name, argument in instructions():
        if name == "COPY" and "--from" not in argument:
            for source in argument.split()[:-1]:
                assert (ROOT / source).exists()
                assert f"!{source}" in ignored


def test_the_health_check_asks_the_page(server: Server) -> None:
    options, _, command = last_stage()["HEALTHCHECK"].partition("CMD ")
    assert "--start-period" in options  # the first start compiles
    program, *words = json.loads(command)
    assert program == "python"
    assert last_stage()["EXPOSE"] in words[-1]
    for port, healthy in ((server.port, True), (1, False)):
        code = words[-1].replace(":8765", f":{port}")
        done = subprocess.run([sys.executable, *words[:-1], code], capture_output=True, timeout=60)
        assert (done.returncode == 0) is healthy


def test_the_compose_example_hides_the_server_behind_the_proxy() -> None:
    server, proxy = COMPOSE["services"]["moodcurve"], COMPOSE["services"]["proxy"]
    assert "ports" not in server
    assert proxy["ports"] == ["80:80", "443:443"]
    assert server["environment"][TOKEN_VARIABLE].startswith(f"${{{TOKEN_VARIABLE}:?")  # an error if it is not set
    assert "--public" in server["command"]
    assert options_are_known(server["command"])
    assert server["read_only"] is True
    assert server["cap_drop"] == ["ALL"]
    mounts = {mount.rsplit(":/", 1)[1]: mount for mount in server["volumes"]}
    assert mounts.keys() == {"data", "tmp", "music:ro"}
    (network,) = server["networks"]
    subnet = COMPOSE["networks"][network]["ipam"]["config"][0]["subnet"]
    assert server["environment"]["FORWARDED_ALLOW_IPS"] == subnet
    assert proxy["networks"] == [network]
    assert f"reverse_proxy moodcurve:{last_stage()['EXPOSE']}" in COMPOSE["configs"]["caddyfile"]["content"]
    declared = {mount.split(":")[0] for service in (server, proxy) for mount in service["volumes"]}
    assert {name for name in declared if name[0] != "$"} == COMPOSE["volumes"].keys()


@pytest.mark.slow
@pytest.mark.skipif(engine() is None, reason="no container engine runs here; the tests above read the files")
def test_the_image_analyzes_within_a_gigabyte(tmp_path: Path) -> None:
    program = engine()
    assert program is not None
    subprocess.run([program, "build", "-t", "moodcurve-test", str(ROOT)], check=True, timeout=1800)
    song = tmp_path / "song.flac"
    soundfile.write(song, np.random.default_rng(0).normal(0, 0.1, 4 * 44_100), 44_100)
    command = [program, "run", "--rm", "-i", "--cpus", "1", "-m", "1g", "moodcurve-test", "analyze", "-", "-f", "json"]
    done = subprocess.run(command, stdin=song.open("rb"), capture_output=True, timeout=600, check=True)
    assert json.loads(done.stdout)["source"] == "<stdin>"
