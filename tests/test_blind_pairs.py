"""Blind pairs: the order is drawn from the seed, the key alone tells it, and answers are counted by it."""

from __future__ import annotations

import json

import cv2
import numpy as np

from bench.blind_pairs import pair_up, scored


def strips(folder, level: int, names: str):
    folder.mkdir()
    for name in names:
        cv2.imwrite(str(folder / f"{name}.png"), np.full((60, 80, 3), level, np.uint8))
    return folder


def test_pairs_are_drawn_from_the_seed_and_told_by_the_key_alone(tmp_path):
    before, after = strips(tmp_path / "before", 40, "abcdefghij"), strips(tmp_path / "after", 200, "abcdefghijk")
    keys = []
    for seed, name in ((3, "one"), (3, "two"), (4, "other")):
        pair_up(before, after, tmp_path / name, tmp_path / f"{name}.json", seed)
        keys.append(json.loads((tmp_path / f"{name}.json").read_text()))
    assert keys[0] == keys[1] != keys[2]
    assert sorted(pair["face"] for pair in keys[0].values()) == list("abcdefghij")  # k is in one version only
    assert {pair["A"] for pair in keys[0].values()} == {"before", "after"}
    for number, pair in keys[0].items():
        picture = cv2.imread(str(tmp_path / "one" / f"{number}.png"))
        assert picture[50, 70].mean() == (40 if pair["A"] == "before" else 200)
        assert picture[-5, 70].mean() == (40 if pair["B"] == "before" else 200)


def test_answers_are_counted_by_the_key():
    key = {f"{number:02}": {"face": name, "A": "before", "B": "after"} for number, name in enumerate("wxyz", 1)}
    result = scored("01 B the teeth\n02 a no blink\n\n03 same\n99 A not a pair\n", key)
    assert (result["pairs"], result["answered"], result["after_preferred"], result["share"]) == (4, 3, 1, 0.333)
    assert result["before_preferred"] == ["x"] and result["unanswered"] == ["04"]
    assert result["answers"]["01"] == {"face": "w", "preferred": "after", "why": "the teeth"}
    assert result["answers"]["03"]["preferred"] == "same"
