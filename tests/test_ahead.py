"""A stage works ahead in a thread: in order, one item at a time, and failures come out where they belong."""

from __future__ import annotations

import threading

import pytest

from avatar.lips.musetalk.ahead import ahead


def test_items_come_in_order_and_only_one_is_made_ahead():
    made: list[int] = []

    def items():
        for number in range(5):
            made.append(number)
            yield number

    taken = []
    for item in ahead(items()):
        taken.append(item)
        assert len(made) <= len(taken) + 1
    assert taken == [0, 1, 2, 3, 4]


def test_the_next_one_is_made_while_this_one_is_in_use():
    """It would wait for ever if the thread began only when it is asked for."""
    second_began = threading.Event()

    def items():
        yield 1
        second_began.set()
        yield 2

    stream = ahead(items())
    next(stream)
    assert second_began.wait(timeout=10)


def test_a_failure_comes_after_what_was_made_before_it():
    def items():
        yield 1
        raise OSError("the device is gone")

    stream = ahead(items())
    assert next(stream) == 1
    with pytest.raises(OSError, match="the device is gone"):
        next(stream)


def test_stages_one_behind_the_other_work_at_once():
    """Three items are in work: the first is in use, the second waits in the second stage, the third in the first."""
    third_began = threading.Event()

    def first_stage():
        yield 1
        yield 2
        third_began.set()
        yield 3

    stream = ahead(item * 10 for item in ahead(first_stage()))
    assert next(stream) == 10
    assert third_began.wait(timeout=10)
    assert list(stream) == [20, 30]


def test_who_leaves_early_leaves_no_thread_behind():
    before = threading.active_count()
    stream = ahead(iter(range(100)))
    next(stream)
    stream.close()
    assert threading.active_count() == before
