"""The journal of changes."""

import json
import os
from pathlib import Path

import pytest

from moodcurve.tagging.journal import Change, JournalError, append, pending, read


def change(run: str, path: str = "/music/a.mp3", **more: object) -> Change:
    fields = {"fields": ("MOOD",), "before": {}, "after": {"MOOD": ["calm"]}} | more
    return Change(run=run, path=path, **fields)  # type: ignore[arg-type]


def test_changes_come_back_as_they_were(tmp_path: Path) -> None:
    journal = tmp_path / "folder" / "x.tags.jsonl"
    changes = [
        change("1"),
        change("2", "/music/caf\udce9 ü.mp3"),
        change("3", before={"a": [[b"\xff".decode("latin-1"), 0]]}),
    ]
    for one in changes:
        append(journal, one)
    assert list(read(journal)) == changes
    assert all(json.loads(line)["format"] == "moodcurve-tags/1" for line in journal.read_text("ascii").splitlines())


def test_a_line_that_was_cut_loses_no_other(tmp_path: Path) -> None:
    journal = tmp_path / "x.tags.jsonl"
    append(journal, change("1"))
    whole = journal.read_bytes()
    for cut in range(1, len(whole)):
        journal.write_bytes(whole + whole[:cut])
        append(journal, change("2"))
        assert [one.run for one in read(journal)][:: len(list(read(journal))) - 1] == ["1", "2"]


@pytest.mark.parametrize(
    "line", ["", "{", "[]", '{"format": "moodcurve-tags/2"}', '{"format": "moodcurve-tags/1", "run": 1}']
)
def test_other_lines_are_skipped(tmp_path: Path, line: str) -> None:
    journal = tmp_path / "x.tags.jsonl"
    journal.write_text(line + "\n")
    append(journal, change("1"))
    assert [one.run for one in read(journal)] == ["1"]


def test_what_was_undone_is_not_pending() -> None:
    first, other, second = change("1"), change("1", "/music/b.mp3"), change("2")
    assert pending(iter([first, other, second])) == {"1": [first, other], "2": [second]}
    undone = change("3", undoes="2")
    assert pending(iter([first, other, second, undone])) == {"1": [first, other]}
    assert pending(iter([first, other, second, undone, change("4", undoes="1")])) == {"1": [other]}


def test_a_journal_that_others_could_have_written_is_refused(tmp_path: Path) -> None:
    journal = tmp_path / "x.tags.jsonl"
    with pytest.raises(JournalError, match="no such journal"):
        list(read(journal))
    append(journal, change("1"))
    journal.chmod(0o666)
    for use in (lambda: list(read(journal)), lambda: append(journal, change("2"))):
        with pytest.raises(JournalError, match="can be written by other users"):
            use()
    journal.chmod(0o600)
    link = tmp_path / "link.jsonl"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalError, match="is a link"):
        append(link, change("1"))
    assert not (tmp_path / "elsewhere").exists()
    os.link(journal, tmp_path / "hard.jsonl")
    with pytest.raises(JournalError, match="hard link"):
        append(journal, change("2"))
