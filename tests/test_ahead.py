"""Frames are drawn ahead in a thread: in order, one batch at a time, and failures come out where they belong."""

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


def test_who_leaves_early_leaves_no_thread_behind():
    before = threading.active_count()
    stream = ahead(iter(range(100)))
    next(stream)
    stream.close()
    assert threading.active_count() == before
