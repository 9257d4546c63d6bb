"""Tasks run in order of need, alike in one process and in several."""

import operator

import pytest

from ndk_sym import InputError, verify
from ndk_sym.schedule import schedule

NEEDS = {"a": (), "b": (), "sum": ("a", "b"), "again": ("sum",)}


def results(workers):
    found = {"a": 1, "b": 10}

    def task(id):
        return tuple(found[lemma] for lemma in NEEDS[id]) or (found[id],)

    def arguments(id):
        values = task(id)
        return (values[0], values[1] if len(values) > 1 else 0)

    for id, value in schedule(NEEDS, arguments, operator.add, workers):
        found[id] = value
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_everything_runs_after_what_it_needs(workers):
    assert results(workers) == {"a": 1, "b": 10, "sum": 11, "again": 11}


@pytest.mark.parametrize(("needs", "workers"), [({"a": (), "b": ("a",)}, 1), ({"a": ()}, 2)])
def test_one_worker_or_one_task_needs_no_process(needs, workers):
    """A function that no other process could import."""
    assert list(schedule(needs, lambda id: (id,), lambda id: 2 * id, workers)) == [(id, 2 * id) for id in needs]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_a_task_is_not_swallowed(workers):
    with pytest.raises(TypeError):
        list(schedule({"a": (), "b": ()}, lambda id: (1, "x"), operator.add, workers))


def test_verify_does_not_depend_on_the_number_of_workers():
    ids = ("price-theorem", "ndk-derivative", "certificate-linear")
    alone, shared = verify(ids), verify(ids, workers=2)
    assert alone == shared
    assert [result.id for result in shared.results] == list(ids)


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "two"])
def test_bad_number_of_workers(workers):
    with pytest.raises(InputError, match="workers"):
        verify(["price-theorem"], workers=workers)
