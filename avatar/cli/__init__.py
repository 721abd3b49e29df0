"""The command line: one file per group of commands. Nothing heavy is imported until a command runs."""

from __future__ import annotations

import os

import click

from avatar.cli import (
    check,
    compare,
    completion,
    demo,
    deps,
    fit,
    make,
    models,
    pipeline,
    portrait,
    presets,
    queue,
    serve,
    speak,
    status,
    verify,
    voice,
    worker,
)
from avatar.cli.help import GroupedByTask

EXAMPLES = """
avatar demo                                        the bundled portrait speaks, in 10 seconds of video
avatar make talk.md --portrait me.jpg --for shorts -o talk.mp4   your words, to publish
avatar pipeline run --text "Hello." -o hello.mp4   a small square
avatar pipeline run --text-file talk.txt --portrait me.jpg --preset joe -o talk.mp4
avatar pipeline run --audio speech.wav --portrait me.jpg -o talk.mp4
avatar check hello.mp4                             does the mouth move with the sound?
avatar verify hello.mp4                            is it as it was signed?
avatar status                                      is the environment the one that was locked?
"""

TASKS = {
    "Make a video": ["demo", "make", "pipeline", "queue", "serve", "worker"],
    "Voices and portraits": ["speak", "voice", "portrait"],
    "Weights": ["models"],
    "See what you have": ["check", "verify", "compare", "fit", "status", "completion", "deps"],
}


@click.group(
    cls=GroupedByTask,
    tasks=TASKS,
    examples=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name=None, version=__import__("avatar").__version__, prog_name="avatar")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
def avatar(debug: bool) -> None:
    """A script, a voice and a portrait in; a lip-synced talking-head video out."""
    if debug:
        os.environ["AVATAR_DEBUG"] = "1"


for command in (
    demo.demo,
    make.make,
    pipeline.pipeline,
    queue.queue,
    serve.serve,
    voice.voice,
    speak.speak,
    portrait.portrait,
    models.models,
    check.check,
    compare.compare,
    verify.verify,
    fit.fit,
    deps.deps,
    status.status,
    completion.completion,
    worker.worker,
):
    avatar.add_command(command)
voice.voice.add_command(speak.speak, "say")
voice.voice.add_command(presets.presets)
