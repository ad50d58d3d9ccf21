"""Measure the live page: a file as Chromium's microphone, through the server, to the values on the page.

    python benchmarks/live_page.py [FILE] [--seconds S] [--hours H]

Prints how late rows are shown after the end of their window, in a visible and in a hidden tab, and CPU time of the
server, of its worker process and of the browser's tab per second. Then the server is killed and started again, and the
time without rows printed. With --hours, sound of that many hours is sent to a session as fast as the server takes it:
memory of its processes after each tenth.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import Browser, Page, sync_playwright

from moodcurve.audio import open_audio

ROOT = Path(__file__).parents[1]
TOKEN = "a-token-for-benchmarks"
RATE = 48_000
DELAYS = """
    window.delays = [];
    const add = EventSource.prototype.addEventListener;
    EventSource.prototype.addEventListener = function (name, handle) {
        add.call(this, name, (event) => {
            handle(event);
            if (name === "row") window.delays.push((Date.now() - Date.parse(JSON.parse(event.data).clock)) / 1000 - 1);
        });
    };
"""
PACE = "from moodcurve.web.live import session; session.AHEAD_S = 1e9\n"


def start_server(port: int, folder: Path, before: str = "") -> tuple[subprocess.Popen[str], int]:
    """Start a server; return its process and port."""
    words = ["serve", "--no-open", "--port", str(port), "--library", str(folder / "none.sqlite")]
    process = subprocess.Popen(
        [sys.executable, "-c", f"{before}from moodcurve.cli import main; main()", *words],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "MOODCURVE_TOKEN": TOKEN},
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"serving at \S+:(\d+)/", line):
            return process, int(found[1])
    raise RuntimeError("the server did not start")


def processes() -> dict[int, tuple[int, str]]:
    """Return parent and command line of each process."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            found[int(folder.name)] = parent, folder.joinpath("cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


def descendants(pid: int) -> list[int]:
    """Return a process and all that it started."""
    table, found = processes(), [pid]
    for parent in found:
        found += [child for child, (its_parent, _) in table.items() if its_parent == parent]
    return found


def cpu_s(pids: list[int]) -> float:
    """Return the CPU time of processes."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def rss_mb(pids: list[int]) -> float:
    """Return the memory of processes."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def renderers(tabs: set[int]) -> list[int]:
    """Return the processes of tabs that are not among `tabs`."""
    return [pid for pid, (_, words) in processes().items() if "--type=renderer" in words and pid not in tabs]


def show_delays(page: Page, what: str, seconds: float) -> None:
    page.evaluate("window.delays.length = 0")
    page.wait_for_timeout(1000 * seconds)
    low, middle, most = np.quantile(page.evaluate("window.delays"), [0, 0.5, 1])
    print(f"{what}: {low:.3f} to {most:.3f} s after the window's end, median {middle:.3f} s", flush=True)


def show_cpu(groups: dict[str, list[int]], before: dict[str, float], seconds: float) -> None:
    for name, pids in groups.items():
        print(f"{name}: {(cpu_s(pids) - before[name]) / seconds:.1%} of a core", flush=True)


def measure_page(browser: Browser, seconds: float, folder: Path) -> None:
    server, port = start_server(0, folder)
    others = set(renderers(set()))
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(DELAYS)
    page.goto(f"http://127.0.0.1:{port}/?token={TOKEN}")
    page.goto(f"http://127.0.0.1:{port}/#/live")
    page.get_by_role("button", name="Start").click()
    page.wait_for_timeout(5000)
    groups = {"server": [server.pid], "worker": descendants(server.pid)[1:], "tab": renderers(others)}
    before = {name: cpu_s(pids) for name, pids in groups.items()}
    begun = time.monotonic()
    show_delays(page, "visible tab", seconds)
    show_cpu(groups, before, time.monotonic() - begun)
    page.emulate_media(reduced_motion="reduce")
    before, begun = {"tab with reduced motion": cpu_s(groups["tab"])}, time.monotonic()
    page.wait_for_timeout(500 * seconds)
    show_cpu({"tab with reduced motion": groups["tab"]}, before, time.monotonic() - begun)
    other = context.new_page()
    other.bring_to_front()
    show_delays(page, "hidden tab", seconds / 2)
    other.close()
    server.kill()
    server.wait()
    killed = time.monotonic()
    page.wait_for_timeout(3000)
    server, _ = start_server(port, folder)
    page.evaluate("window.delays.length = 0")
    while not page.evaluate("window.delays.length"):
        page.wait_for_timeout(20)
    print(f"server killed and started again: rows after {time.monotonic() - killed:.1f} s, with", end=" ")
    page.wait_for_timeout(6000)
    print(f"{page.evaluate('window.delays.length')} rows in the next 6 s")
    context.close()
    server.terminate()
    server.wait()


def measure_memory(hours: float, sound: np.ndarray, folder: Path) -> None:
    server, port = start_server(0, folder, PACE)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/octet-stream"}

    def post(path: str, body: bytes = b"") -> dict[str, str]:
        connection.request("POST", path, body, headers)
        return json.loads(connection.getresponse().read())

    session = post(f"/api/live?rate={RATE}")
    piece = 10 * RATE
    pieces = round(hours * 360)
    begun = time.monotonic()
    for index in range(pieces):
        start = index * piece % (len(sound) - piece)
        post(f"{session['sound']}?at={index * piece}", sound[start : start + piece].tobytes())
        if index % max(1, pieces // 10) == 0 or index == pieces - 1:
            pids = descendants(server.pid)
            print(f"{index / 360:.1f} h: server {rss_mb(pids[:1]):.0f} MB, all {rss_mb(pids):.0f} MB", flush=True)
    print(f"{3600 * hours / (time.monotonic() - begun):.0f} times real time")
    server.terminate()
    server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("song", type=Path, nargs="?", default=data / "audio" / "various" / "pop-5.mp3")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--hours", type=float, default=0)
    arguments = parser.parse_args()
    with open_audio(arguments.song, sr=RATE) as reader:
        mono = np.concatenate(list(reader.blocks()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.seconds:
            soundfile.write(folder / "song.wav", mono, RATE, subtype="PCM_16")
            fake = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={folder / 'song.wav'}"]
            options = ["--no-sandbox", "--disable-gpu", *fake, "--use-fake-ui-for-media-stream"]
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
                measure_page(browser, arguments.seconds, folder)
                browser.close()
        if arguments.hours:
            measure_memory(arguments.hours, np.round(32767 * np.clip(mono, -1, 1)).astype("<i2"), folder)


if __name__ == "__main__":
    main()
