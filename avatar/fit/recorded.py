"""Runs of `avatar fit` that were kept: bench/results/fit-*.json of the checkout, each what `avatar fit --json` printed."""

from __future__ import annotations

import json
from pathlib import Path

from avatar.errors import EnvironmentProblem, RequestError
from avatar.fit import cards

RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results"
NEEDED = ("gpu", "profile", "video_seconds", "stages", "measured")


def runs() -> list[dict]:
    """The kept reports; none where avatar was installed without its checkout. Raises EnvironmentProblem for a broken one."""
    found = []
    for path in sorted(RESULTS.glob("fit-*.json")):
        try:
            report = json.loads(path.read_text())
            found.append({name: report[name] for name in NEEDED} | {"file": path.name})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EnvironmentProblem(f"{path} is no report of 'avatar fit --json' ({error!r}); remove it.") from error
    return [report for report in found if report["measured"]]


def of_card(gpu: dict, profile: str, kept: list[dict]) -> dict | None:
    """The run on this very card with this profile. gpu: its name as in cards.CARDS, and its capability."""
    for report in kept:
        if report["profile"] == profile and is_card(report, gpu["name"]):
            return report
    return None


def nearest(gpu: dict, profile: str, kept: list[dict]) -> dict | None:
    """The run with this profile on the card nearest in generation: its peaks hold here, its seconds do not.

    None for a card whose generation is not known.
    """
    same = [report for report in kept if report["profile"] == profile and gpu["capability"]]
    return min(same, key=lambda report: _distance(report["gpu"]["capability"], gpu["capability"]), default=None)


def is_card(report: dict, label: str) -> bool:
    try:
        return cards.find(report["gpu"]["name"]).label == label
    except RequestError:
        return False


def _distance(one: str, other: str) -> int:
    major, minor = (abs(int(a) - int(b)) for a, b in zip(one.split("."), other.split("."), strict=True))
    return 10 * major + minor
