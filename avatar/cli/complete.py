"""What a shell completes beside options and choices: names of what is kept, of presets, jobs and weights.

Each is what click takes for `shell_complete`. Nothing heavy is imported, and nothing before a word is completed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from avatar import settings

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def either(*those: Callable[[], Iterable[str]], files: bool = False) -> Completer:
    """Names out of all of those, and files where they may stand too."""

    def completed(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        found = dict.fromkeys(name for each in those for name in each() if name.startswith(incomplete))
        beside = [CompletionItem(incomplete, type="file")] if files else []
        return [*map(CompletionItem, found), *beside]

    return completed


def preset_names() -> Iterable[str]:
    from avatar.voice.presets.catalog import PRESETS

    return PRESETS


def voice_names() -> Iterable[str]:
    from avatar import voices

    return voices.names(settings.home())


def portrait_names() -> Iterable[str]:
    from avatar import portraits

    return portraits.names(settings.home())


def job_names() -> Iterable[str]:
    """By their folders: a job is not read for its name."""
    try:
        return sorted(path.name for path in (settings.home() / "jobs").iterdir() if not path.name.startswith("."))
    except OSError:
        return []


def model_names() -> Iterable[str]:
    from avatar.weights import lock

    known = lock.read()
    return [model.name for model in (*known.models, *known.preview)]


def language_codes() -> Iterable[str]:
    from avatar.limits import LANGUAGES

    return LANGUAGES


def size_names() -> Iterable[str]:
    from avatar.frame.size import NAMED, SOURCE

    return (*NAMED, SOURCE)


def background_names() -> Iterable[str]:
    from avatar.frame.background import BLUR, COLOURS

    return (BLUR, *COLOURS)


presets, sizes, languages, models = map(either, (preset_names, size_names, language_codes, model_names))
kept_voices, kept_portraits, jobs = map(either, (voice_names, portrait_names, job_names))
voices_or_files = either(voice_names, files=True)
presets_voices_or_files = either(preset_names, voice_names, files=True)
portraits_or_files = either(portrait_names, files=True)
backgrounds = either(background_names, files=True)
