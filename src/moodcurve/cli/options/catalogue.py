"""Options of `scan` for catalogues that are analyzed in shards."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from moodcurve.cli.parameters import Option, UsageError


class On(StrEnum):
    """What analyzes the shards of a catalogue."""

    processes = "processes"
    slurm = "slurm"
    ray = "ray"


@dataclass(frozen=True, kw_only=True)
class CatalogueOptions:
    """Options of scans in shards."""

    on: Annotated[
        On | None,
        Option(
            "--on",
            help="Analyze a catalogue in shards instead, on this machine's processes, as a task of a Slurm array, or "
            "on Ray: FOLDER is a manifest (.parquet, .csv, .tsv, .txt) or a folder, each also a URL, and the results "
            "are Parquet files below -o.",
        ),
    ] = None
    out: Annotated[
        str | None,
        Option("-o", "--output", metavar="FOLDER", help="With --on: folder of results, also s3:// or gs://."),
    ] = None
    address: Annotated[
        str | None,
        Option(
            "--address",
            metavar="HOST:PORT",
            help="With --on ray: a cluster; by default $RAY_ADDRESS, or one on this machine.",
        ),
    ] = None
    shard: Annotated[
        str | None,
        Option("--shard", metavar="I/N", help="With --on processes: take the I-th of N parts of the shards only."),
    ] = None
    shard_size: Annotated[
        int | None, Option("--shard-size", metavar="N", min=1, help="With --on: songs in a shard; by default 1000.")
    ] = None
    id_column: Annotated[
        str | None,
        Option("--id-column", metavar="NAME", help="With --on: column of ids; by default external_id, id or track_id."),
    ] = None
    path_column: Annotated[
        str | None,
        Option(
            "--path-column",
            metavar="NAME",
            help="With --on: column of paths and URLs; by default path, url, uri, file or location.",
        ),
    ] = None


def check_unused(options: CatalogueOptions) -> None:
    """Check that no option of scans in shards is given without --on.

    Raises
    ------
    UsageError
        If one is.
    """
    names = {"out": "--output", "address": "--address", "shard": "--shard", "shard_size": "--shard-size",
             "id_column": "--id-column", "path_column": "--path-column"}  # fmt: skip
    for field, name in names.items():
        if getattr(options, field) is not None:
            raise UsageError("is for catalogues, which --on takes", name=name)
