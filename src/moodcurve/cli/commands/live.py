"""The `live` command: arousal and valence of what is heard now."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.models import ModelOption
from moodcurve.cli.parameters import Argument, Option, UsageError
from moodcurve.util.urls import WEB, scheme_of

if TYPE_CHECKING:
    from moodcurve.live import Row
    from moodcurve.live.events import Source
    from moodcurve.live.osc import OscSender


@app.command
def live(
    source: Annotated[
        str | None,
        Argument(
            metavar="SOURCE", help="- for standard input, or the http(s) URL of a stream; without it, a microphone."
        ),
    ] = None,
    raw: Annotated[
        str | None,
        Option(
            "--raw",
            metavar="RATE,CHANNELS,FORMAT",
            help="Standard input is raw samples, such as 44100,2,s16le (or u8, s32le, f32le …), not a stream.",
        ),
    ] = None,
    device: Annotated[
        str | None, Option("--device", metavar="NAME|N", help="Input device: its number, or a part of its name.")
    ] = None,
    devices: Annotated[bool, Option("--devices", help="List the input devices and end.")] = False,
    json: Annotated[bool, Option("--json", help="Print a line of JSON for each row.")] = False,
    osc: Annotated[
        str | None,
        Option("--osc", metavar="HOST:PORT", help="Send each row by Open Sound Control, for lights and visuals."),
    ] = None,
    output: Annotated[
        Path | None,
        Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Record the rows with their clock times in this .csv, .json or .jsonl file, as they come; an existing "
            "recording is continued.",
        ),
    ] = None,
    model: ModelOption = "live",
) -> int:
    """Follow the mood of what is heard now: a row every half second, until Ctrl-C.

    Listens to a microphone, to standard input or to an internet radio station. Shows a running picture on a terminal,
    and a line for each row elsewhere. Interruptions are waited for, and stated.

    Example: moodcurve live
    Example: moodcurve live https://example.org/radio.mp3 -o evening.csv
    Example: ffmpeg -re -i concert.mkv -f wav - | moodcurve live - --json
    Example: arecord -f S16_LE -r 44100 -c 2 -t raw | moodcurve live - --raw 44100,2,s16le --osc 127.0.0.1:9000
    """
    from moodcurve.cli.progress import prepare
    from moodcurve.cli.signals import interrupts
    from moodcurve.live import listen
    from moodcurve.live.osc import OscSender
    from moodcurve.live.recording import Recording
    from moodcurve.live.sound_card import device_list
    from moodcurve.live.text import RunningSummary
    from moodcurve.runtime import load_model
    from moodcurve.util.text import one_line

    if devices:
        print("\n".join(map(one_line, device_list())) or "no input device")
        return 0
    opened = _source(source, raw, device)
    loaded = load_model(model)
    loaded.stream()  # a model that cannot be used live is refused first
    summary = RunningSummary()
    with ExitStack() as stack:
        sender = stack.enter_context(OscSender(osc)) if osc else None
        recording = stack.enter_context(Recording(output)) if output else None
        prepare(loaded.feature_set)
        check = stack.enter_context(interrupts())
        show = _print_json if json else stack.enter_context(_view(source))
        try:
            for row in listen(opened, model=loaded, on_notice=print_message, check=check):
                if recording is not None:
                    recording.write(row)
                show(row)
                if sender is not None:
                    _send(sender, row)
                summary.add(row)
        except KeyboardInterrupt:  # the usual end
            pass
    print_message(summary.text())
    if output is not None:
        print_message(f"recorded in {output}")
    return 0


def _source(source: str | None, raw: str | None, device: str | None) -> "Source":
    from moodcurve.live import LiveError, RawFormat, encoded, microphone, radio, raw_pcm

    if raw is not None and source != "-":
        raise UsageError("it describes standard input: give - as well", name="--raw")
    if device is not None and source is not None:
        raise UsageError("it names a microphone, which is heard without SOURCE", name="--device")
    if source is None:
        return microphone(int(device) if device is not None and device.isdigit() else device)
    if source == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError("- is standard input, which is a terminal; send sound to it: ffmpeg … | moodcurve live -")
        if raw is None:
            return encoded(sys.stdin.buffer)
        try:
            return raw_pcm(sys.stdin.buffer, RawFormat.parse(raw))
        except LiveError as error:
            raise UsageError(str(error), name="--raw") from error
    if scheme_of(source) in WEB:
        return radio(source)
    raise UsageError(f"{source!r} is neither - nor an http(s) URL; for a file: moodcurve live - < FILE")


@contextmanager
def _view(source: str | None) -> "Iterator[Callable[[Row], None]]":
    """Yield a function that shows rows: in a picture that is redrawn, if standard output is a terminal."""
    from moodcurve.live.text import Picture, row_line

    if not sys.stdout.isatty():
        yield lambda row: print(row_line(row, with_position=source == "-"), flush=True)
        return
    from rich.live import Live
    from rich.text import Text

    from moodcurve.cli import console

    picture, terminal = Picture(_name(source)), console.results()
    with Live(console=terminal, auto_refresh=False) as live:  # messages appear above the picture

        def show(row: "Row") -> None:
            picture.add(row)
            text = Text("\n".join(picture.lines(terminal.width)), no_wrap=True, overflow="crop")
            live.update(text, refresh=True)

        yield show


def _name(source: str | None) -> str:
    return {None: "microphone", "-": "standard input"}.get(source, str(source))


def _print_json(row: "Row") -> None:
    from moodcurve.util.text import json_line

    sys.stdout.write(json_line(row.to_dict()))
    sys.stdout.flush()


def _send(sender: "OscSender", row: "Row") -> None:
    """Send a row; state it when rows cannot be sent, and when they can again."""
    before = sender.failure
    sender.send(row)
    if sender.failure != before:
        print_message(f"OSC cannot be sent: {sender.failure}" if sender.failure else "OSC is sent again")
