#!/bin/sh
# A render is killed half way and goes on where it stopped. The finished stages are not done again, and the video is
# the same, byte for byte but for its signature, as the one that nobody interrupted.
# usage: docs/examples/interrupted.sh          writes interrupted.mp4 here
set -eu
avatar="$(dirname "$0")/../../run avatar"
text="This sentence is long enough to be interrupted, somewhere in the middle of it."

$avatar pipeline run --text "$text" --seed 11 &
render=$!
sleep 2
kill "$render" || true
wait "$render" || true

$avatar pipeline list
$avatar pipeline run --text "$text" --seed 11 -o interrupted.mp4 # the same request finds its job and goes on with it
