"""A server whose owner has it fetch weights: the state, and what is said of it as events."""

from __future__ import annotations

import json

from tests import toy_model
from tests.served import requests, serving

hub, toy = toy_model.hub, toy_model.toy


def events_of(server, model: str, **options) -> list[tuple[str, str | None, dict]]:
    """(event, id, data) of each until the stream ends."""
    made, told = [], {}
    with requests.get(f"{server.url}/v1/models/{model}/fetch/events", stream=True, timeout=60, **options) as answer:
        assert answer.status_code == 200, answer.text
        for line in answer.iter_lines(decode_unicode=True):
            if line:
                name, _, value = line.partition(": ")
                told[name] = value
            elif "event" in told:
                made.append((told["event"], told.get("id"), json.loads(told["data"])))
                told = {}
    return made


def test_a_fetch_tells_what_it_does_and_how_it_ended(tmp_path, toy):
    with serving(tmp_path / "home", run=("--full",)) as server:
        assert server.get("/v1/models/toy/fetch/events").status_code == 404
        begun = server.post("/v1/models/toy/fetch")
        assert begun.status_code == 202 and begun.json()["status"] == "in_progress", begun.text
        made = events_of(server, "toy")
        assert [event for event, _, _ in made] == ["progress"] * (len(made) - 1) + ["completed"]
        lines = [data["said"] for _, _, data in made[:-1]]
        assert lines and [number for _, number, _ in made[:-1]] == [str(1 + at) for at in range(len(lines))]
        assert events_of(server, "toy", headers={"Last-Event-ID": str(len(lines) - 1)}) == made[-2:]
        weights = {each["id"]: each for each in server.get("/v1/models").json()["data"]}["toy"]
        assert weights["fetch"] == {"status": "completed", "said": lines[-20:]}
        assert (tmp_path / "hf/hub").is_dir()


def test_a_fetch_that_fails_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with serving(tmp_path / "home", run=("--full",)) as server:
        assert server.post("/v1/models/toy/fetch").status_code == 202
        made = events_of(server, "toy")
        assert made[-1][0] == "failed" and "127.0.0.1:9" in " ".join(made[-1][2]["fetch"]["said"])
