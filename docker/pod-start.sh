#!/bin/sh
# usage: pod-start.sh [COMMAND...]     the first process of a pod
#
# Starts sshd where PUBLIC_KEY is set (RunPod puts the account's public keys there, one a line), then runs COMMAND, or
# waits until the pod is stopped. Runs as root.
set -eu

start_sshd() {
    keys=${HOME:-/root}/.ssh/authorized_keys
    install -d -m 700 "${keys%/*}"
    touch "$keys"
    chmod 600 "$keys"
    # A pod that is started again holds each key once.
    new=$(printf '%s\n' "$PUBLIC_KEY" | grep -vxFf "$keys" || true)
    [ -z "$new" ] || printf '%s\n' "$new" >>"$keys"

    # Logins do not see the container's variables, so those that name places are written down. Nothing secret is:
    # RUNPOD_API_KEY and tokens stay where they are.
    env | grep -E '^(PATH|LANG|PYTHONUTF8|AVATAR_[A-Z]+|HF_HOME|HF_HUB_CACHE|NVIDIA_[A-Z_]+|CUDA_VISIBLE_DEVICES)=' \
        >/etc/environment || true

    ssh-keygen -A >/dev/null # here, not in the image: a key that everybody has protects nobody
    install -d /run/sshd
    /usr/sbin/sshd -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no
    echo "pod-start: sshd runs" >&2
}

if [ -n "${PUBLIC_KEY-}" ]; then
    start_sshd
else
    echo "pod-start: no PUBLIC_KEY, so no sshd; the web terminal works without" >&2
fi

[ $# -eq 0 ] || exec "$@"

trap 'exit 0' TERM INT
while :; do sleep 3600 & wait $!; done
