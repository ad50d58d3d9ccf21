"""Measure how time and memory of `moodcurve analyze` grow with the length of a file.

    python benchmarks/length.py [FILE.mp3] [--minutes M ...] [--json FILE]

The MP3 (default: a song of the test data) is repeated, packet by packet, to files of each length; each is analyzed by
the command line in a new process. The output has CPU seconds, also per second of audio, and the peak resident memory.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import av

ROOT = Path(__file__).parents[1]


def repeated(song: Path, seconds: float, target: Path) -> None:
    """Write an MP3 of a given length that repeats a song."""
    with av.open(str(song)) as source, av.open(str(target), "w", format="mp3") as sink:
        stream = source.streams.audio[0]
        packets = [(bytes(packet), packet.duration) for packet in source.demux(stream) if packet.size]
        out = sink.add_stream_from_template(stream)
        at, index = 0, 0
        while at * stream.time_base < seconds:
            data, duration = packets[index % len(packets)]
            packet = av.Packet(data)
            packet.stream, packet.time_base = out, stream.time_base
            packet.pts = packet.dts = at
            packet.duration = duration
            sink.mux(packet)
            at, index = at + duration, index + 1


def run_analyze(path: Path) -> tuple[float, float]:
    """Return CPU seconds and peak resident memory (MB) of one run of the command."""
    command = [str(Path(sys.executable).with_name("moodcurve")), "analyze", str(path), "-f", "csv"]
    child = os.posix_spawn(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    )
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: status {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("song", type=Path, nargs="?", default=data / "audio" / "various" / "pop-5.mp3")
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 10, 60, 600])
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.mp3"
        repeated(arguments.song, 5, path)
        run_analyze(path)  # compile
        start_s, _ = run_analyze(path)
        print(f"start and 5 s of audio: {start_s:.2f} s of CPU time")
        print(f"{'minutes':>8s} {'CPU s':>12s} {'ms/s after start':>17s} {'memory MB':>10s}")
        for minutes in arguments.minutes:
            repeated(arguments.song, 60 * minutes, path)
            seconds, megabytes = run_analyze(path)
            each_ms = 1e3 * (seconds - start_s) / (60 * minutes - 5)
            print(f"{minutes:8g} {seconds:12.2f} {each_ms:17.2f} {megabytes:10.0f}", flush=True)
            results.append({"minutes": minutes, "cpu_s": seconds, "ms_per_s": each_ms, "memory_mb": megabytes})
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({"start_s": start_s, "lengths": results}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
