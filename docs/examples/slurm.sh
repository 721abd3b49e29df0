#!/bin/sh
# A table of videos on a Slurm cluster: an item of the array for each row.
# usage: sbatch --array=1-ROWS docs/examples/slurm.sh TABLE FOLDER
#
# Started in the checkout, which all nodes see, as they do the table and the folder. Exit code 75, and death by a signal,
# are worth another try: the item puts itself back into the queue, and is tried three times at most. 1 and 2 would fail
# the same again. What is lost all the same, `avatar pipeline run --table TABLE -O FOLDER --missing` makes afterwards.
#SBATCH --job-name=avatar
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=01:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=avatar-%A_%a.log
# For the full stack also: --gres=gpu:1, and AVATAR_LAYER=--full in the environment.
set -u
table=$1
folder=$2
most_attempts=3
attempt=$((${SLURM_RESTART_COUNT:-0} + 1))

# As a step of its own: when it is killed this script lives, and can ask for another try.
srun --ntasks=1 "${AVATAR_CHECKOUT:-.}/run" ${AVATAR_LAYER-} avatar pipeline run \
    --table "$table" -O "$folder" --row "$SLURM_ARRAY_TASK_ID"
code=$?

if [ $code -eq 75 ] || [ $code -gt 128 ]; then
    if [ $attempt -lt $most_attempts ]; then
        echo "attempt $attempt ended with $code; once more" >&2
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && sleep 60 # Slurm ends this script meanwhile
    fi
    echo "attempt $attempt ended with $code, the last of $most_attempts" >&2
fi
exit $code
