"""How long an engine stays loaded: as long as it is used, or from one job to the next that wants the same."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from avatar.device.hardware import Profile


class Loading:
    """Loads an engine for as long as it is used, so that one model is on the device at a time."""

    @contextlib.contextmanager
    def use(self, engine: Any, profile: Profile | None) -> Iterator[Any]:
        """The loaded engine, until the block ends."""
        with engine.load(profile) as loaded:
            yield loaded


ONE_AT_A_TIME = Loading()


class Kept(Loading):
    """Keeps engines loaded between jobs, for a process that makes many; use it in a `with` block.

    Engines without weights to fetch are small (the preview's take 0.4 GB together), and all of them are kept. Of the
    others one is: another one takes its place. One that is left by an error or Ctrl-C is let go.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[Any, Profile | None], tuple[contextlib.ExitStack, Any]] = {}

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    def release(self) -> None:
        """Let all engines go."""
        for key in list(self._held):
            self._let_go(key)

    @contextlib.contextmanager
    def use(self, engine: Any, profile: Profile | None) -> Iterator[Any]:
        key = (engine, profile)
        if key not in self._held:
            if engine.models:
                for other in [other for other in self._held if other[0].models]:
                    self._let_go(other)
            held = contextlib.ExitStack()
            self._held[key] = (held, held.enter_context(engine.load(profile)))
        loaded = self._held[key][1]
        loaded.notes.clear()  # of the job before
        try:
            yield loaded
        except BaseException:
            self._let_go(key)
            raise

    def _let_go(self, key: tuple[Any, Profile | None]) -> None:
        self._held.pop(key)[0].close()
