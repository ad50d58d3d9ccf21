import pytest

from moodcurve.cluster.errors import ClusterError
from moodcurve.cluster.shards import Part, cut, is_shard_name, shard_name
from tests.helpers.catalogues import entries


def test_shards_hold_consecutive_entries() -> None:
    ids = [str(number) for number in range(7)]
    shards = list(cut(entries(*ids), 3, "model"))
    assert [[entry.external_id for entry in shard.entries] for shard in shards] == [ids[:3], ids[3:6], ids[6:]]
    assert all(is_shard_name(shard.name) for shard in shards)
    assert list(cut((), 3, "model")) == []


def test_names_follow_from_the_content() -> None:
    some = entries("a", "b")
    names = {
        shard_name(some, "model"),
        shard_name(some[::-1], "model"),
        shard_name(some[:1], "model"),
        shard_name(some, "other model"),
        shard_name([some[0], some[1]._replace(url="/b")], "model"),
    }
    assert len(names) == 5
    assert shard_name(list(some), "model") == shard_name(some, "model")


def test_an_id_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ClusterError, match="the id 'a' is in the manifest twice"):
        list(cut(entries("a", "b", "a"), 3, "model"))


def test_parts_divide_the_shards() -> None:
    parts = [Part.parse(f"{number}/3") for number in (1, 2, 3)]
    assert [[part.takes(number) for part in parts].count(True) for number in range(10)] == [1] * 10
    for text in ("0/3", "4/3", "1", "1/", "a/b", "-1/3"):
        with pytest.raises(ValueError, match="is not such as 3/16"):
            Part.parse(text)


@pytest.mark.parametrize(("array", "step"), [(range(1, 5), 1), (range(4), 1), (range(0, 10, 3), 3)])
def test_tasks_of_a_slurm_array_take_a_part_each(array: range, step: int) -> None:
    variables = {"MIN": array[0], "MAX": array[-1], "STEP": step}
    parts = [
        Part.of_slurm({f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in {**variables, "ID": task}.items()})
        for task in array
    ]
    assert parts == [Part(index, 4) for index in range(4)]


def test_outside_of_an_array_the_message_says_what_to_do() -> None:
    with pytest.raises(ClusterError, match=r"SLURM_ARRAY_TASK_ID.*give --shard I/N"):
        Part.of_slurm({})
