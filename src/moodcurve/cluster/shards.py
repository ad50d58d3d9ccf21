"""Cut the songs of a catalogue into shards, whose results are named by what is in them."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from moodcurve.cluster.errors import ClusterError
from moodcurve.cluster.manifest import Entry
from moodcurve.util.text import one_line

SHARD_SIZE = 1000
"""Songs in a shard: eight minutes of a core for songs of three minutes, which a lost machine costs at most."""
ENDING = ".parquet"
_NAME = re.compile(r"[0-9a-f]{32}\.parquet")
_DIGEST_BYTES = 16


@dataclass(frozen=True)
class Shard:
    """Some consecutive songs of a catalogue.

    Attributes
    ----------
    name : str
        Name of the file of its results.
    entries : tuple of Entry
    """

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Part:
    """Which shards one of several processes takes: each `count`-th, from that of an index, which counts from 0."""

    index: int = 0
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Return the part that a text such as ``3/16`` stands for: the third of sixteen.

        Raises
        ------
        ValueError
            If it is not two numbers, the first from 1 to the second.
        """
        index, _, count = text.partition("/")
        if not (index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
            raise ValueError(f"{text!r} is not such as 3/16, the third of sixteen parts")
        return cls(int(index) - 1, int(count))

    @classmethod
    def of_slurm(cls, environment: Mapping[str, str]) -> "Part":
        """Return the part of a task of a Slurm array, from the variables that Slurm sets.

        Raises
        ------
        ClusterError
            If one of them is missing.
        """
        try:
            task, least, most = (int(environment[f"SLURM_ARRAY_TASK_{name}"]) for name in ("ID", "MIN", "MAX"))
            step = int(environment.get("SLURM_ARRAY_TASK_STEP") or 1)
        except (KeyError, ValueError) as error:
            raise ClusterError(
                f"not a task of a Slurm array ({error}); start it by sbatch --array=1-N, or give --shard I/N"
            ) from error
        return cls((task - least) // step, (most - least) // step + 1)

    def takes(self, number: int) -> bool:
        """Return True if the shard of a number, from 0, is one of them."""
        return number % self.count == self.index


def cut(entries: Iterable[Entry], size: int, key: str) -> Iterator[Shard]:
    """Yield shards of consecutive entries.

    Parameters
    ----------
    entries : iterable of Entry
    size : int
        Entries in each shard but the last.
    key : str
        What else the results depend on: the model and its feature set.

    Raises
    ------
    ClusterError
        If an id is in a shard twice.
    """
    remaining = iter(entries)
    while some := tuple(islice(remaining, size)):
        _check_unique(some)
        yield Shard(shard_name(some, key), some)


def shard_name(entries: Iterable[Entry], key: str) -> str:
    """Return the name of the results of some songs: a digest of their ids and places, and of a key.

    >>> shard_name([Entry("1", "a.mp3")], "model")
    '7d4f867e441a42e4d12a5fac1b6a1366.parquet'
    """
    digest = hashlib.blake2b(json.dumps([key, *entries]).encode(), digest_size=_DIGEST_BYTES)
    return digest.hexdigest() + ENDING


def is_shard_name(name: str) -> bool:
    """Return True if a name is one that `shard_name` gives."""
    return _NAME.fullmatch(name) is not None


def _check_unique(entries: tuple[Entry, ...]) -> None:
    seen = set()
    for entry in entries:
        if entry.external_id in seen:
            raise ClusterError(f"the id {one_line(entry.external_id)!r} is in the manifest twice")
        seen.add(entry.external_id)
