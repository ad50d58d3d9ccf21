"""Compare moodcurve's models with sonara and vibenet, which also estimate energy and valence of music files.

    pip install -c constraints.txt '.[peers,train]'     # accuracy alone needs the extra train
    python benchmarks/peers.py speed [FOLDER] [--models NAME,...] [--songs N] [--turns N] [--json FILE]
    python benchmarks/peers.py accuracy FOLDER... [--models NAME,...] [--predictions NAME=FILE] [--json FILE]
    python benchmarks/peers.py report JSON...

`speed`: each tool does its whole job, from an MP3 of three minutes to arousal and valence, in a process of its own, on
one thread and one core. The songs are joined from the audio files of FOLDER (default: the songs of the test data). The
tools take turns on each song, so that ratios compare runs under the same conditions. New processes are timed in turn as
well, and one without any cache. CPU time counts all threads; other programs disturb it less than wall time.

`accuracy`: metrics on labeled clips, in folders as described in `peers_accuracy.py`. Each tool gets the same WAV files,
because not all of them read every format. A packaged model is refused on clips that it was trained on; `--predictions`
reads predictions of clips held out from training instead: CSV with the columns id, arousal and valence.

`report` prints the tables of JSON files as Markdown.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

import peers_speed
from moodcurve.errors import MoodcurveError
from moodcurve.runtime import packaged_models
from moodcurve.util.optional import require
from peers_report import markdown
from peers_tools import PEERS

ROOT = Path(__file__).parents[1]


def prediction_file(text: str) -> tuple[str, Path]:
    """Parse NAME=FILE."""
    name, separator, file = text.partition("=")
    if not (name and separator and file):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FILE")
    return name, Path(file)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))

    speed = commands.add_parser("speed", help="time and memory on songs of three minutes")
    speed.add_argument("folder", type=Path, nargs="?", default=data / "audio" / "various")
    speed.add_argument("--models", default=",".join(packaged_models()), help="default: %(default)s")
    speed.add_argument("--songs", type=int, default=8)
    speed.add_argument("--turns", type=int, default=5)
    speed.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the core that all tools use")

    accuracy = commands.add_parser("accuracy", help="metrics on labeled clips")
    accuracy.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    accuracy.add_argument("--models", default="", help="models of moodcurve that have not been trained on these clips")
    accuracy.add_argument("--predictions", type=prediction_file, action="append", default=[], metavar="NAME=FILE")

    report = commands.add_parser("report", help="print the tables of JSON files")
    report.add_argument("files", type=Path, nargs="+", metavar="JSON")
    for command in (speed, accuracy):
        command.add_argument("--json", type=Path, help="write the results to this file")
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    if arguments.command == "report":
        files = [json.loads(file.read_text(encoding="utf-8")) for file in arguments.files]
        print("\n\n".join(markdown(results) for results in files))
        return
    try:
        require(*PEERS, what="this benchmark", extra="peers", error=MoodcurveError)
    except MoodcurveError as error:
        raise SystemExit(error) from None
    models = [name for name in arguments.models.split(",") if name]
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.command == "speed":
            os.sched_setaffinity(0, {arguments.core})  # inherited by the processes of the tools
            results = peers_speed.measure(
                arguments.folder, Path(temporary), models, songs=arguments.songs, turns=arguments.turns
            )
        else:
            import peers_accuracy  # here: only this command needs the extra `train`

            results = peers_accuracy.measure(arguments.folders, Path(temporary), models, dict(arguments.predictions))
    print(markdown(results))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
