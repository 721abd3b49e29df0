#!/bin/sh
# The full stack: a voice is cloned from a recording of yours and kept under a name, then it speaks from a picture.
# Needs the weights: ./run --full avatar models fetch; a GPU with 6 GB or more, or a lot of patience.
# usage: docs/examples/own-voice.sh RECORDING [TEXT]          writes own-voice.mp4 here
set -eu
avatar="$(dirname "$0")/../../run --full avatar"
recording=${1:?"name a recording of the voice: 6 to 30 seconds, one speaker, no music"}

$avatar voice clone "$recording" --name example --language en --consent
$avatar pipeline run --stack full --voice example --text "${2:-Hello.}" -o own-voice.mp4
