#!/bin/sh
# Speech that you have already, recorded or made elsewhere: the lips follow the sound, no voice is made.
# usage: docs/examples/narration.sh SPEECH          writes narration.mp4 here
set -eu
avatar="$(dirname "$0")/../../run avatar"
speech=${1:?"name a sound file with speech, at most 120 seconds long"}

$avatar pipeline run --audio "$speech" -o narration.mp4
