#!/bin/sh
# usage: unshare --net --pid --fork --kill-child sh pod-session.sh FOLDER CONTAINER BUILDAH...
#
# Starts a pod as RunPod does and logs in over ssh, on a network of its own where port 22 is free. FOLDER is empty and
# takes the keys. Exits with 1 and a sentence where something is not as it should be.
set -eu
folder=$1
container=$2
shift 2

fail() {
    echo "pod-session: $*" >&2
    cat "$folder/log" >&2 2>/dev/null || true
    exit 1
}
log_in() { # KEY COMMAND
    key=$1
    shift
    ssh -F none -i "$folder/$key" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no -o LogLevel=ERROR \
        -o UserKnownHostsFile=/dev/null root@127.0.0.1 "$@"
}

ip link set lo up
ssh-keygen -q -t ed25519 -N '' -f "$folder/ours"
ssh-keygen -q -t ed25519 -N '' -f "$folder/other"
start=/opt/avatar/docker/pod-start.sh

# Without PUBLIC_KEY: no sshd, and the command runs.
"$@" run --isolation chroot "$container" -- sh $start avatar --version >"$folder/log" 2>&1 || fail "a command does not run"
grep -q 'no PUBLIC_KEY' "$folder/log" || fail "nothing is said about the missing PUBLIC_KEY"
! ssh-keyscan -T 2 127.0.0.1 2>/dev/null | grep -q . || fail "sshd runs without PUBLIC_KEY"

# With it: that key opens, no other does, and no secret is written down.
"$@" run --isolation chroot --env "PUBLIC_KEY=$(cat "$folder/ours.pub")" --env RUNPOD_API_KEY=secret-of-a-test \
    "$container" -- sh $start >"$folder/log" 2>&1 &
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    ! ssh-keyscan -T 1 127.0.0.1 2>/dev/null | grep -q . || break
    sleep 0.5
done
# shellcheck disable=SC2016  # the pod expands it
log_in ours 'avatar --version && echo "home $AVATAR_HOME" && tmux -V' >"$folder/answer" || fail "the key does not open"
grep -q '^home /workspace' "$folder/answer" || fail "a login does not see AVATAR_HOME: $(cat "$folder/answer")"
! log_in other true 2>/dev/null || fail "a key that nobody gave opens too"
! log_in ours 'cat /etc/environment' | grep -q secret-of-a-test || fail "RUNPOD_API_KEY is written to /etc/environment"
echo "pod: sshd with PUBLIC_KEY, none without"
