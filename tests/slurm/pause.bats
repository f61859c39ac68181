#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Jobs that may be interrupted are requeued in dirty hours, and go on in clean ones. The
# clock is fast: an hour is 20 seconds.

load common
load daemon

setup_file() { NODES=1 start_cluster; }
teardown_file() { stop_cluster; }
setup() { need_cluster; make_pauses; }
teardown() { end_penstock; }

# Clean for 50 minutes, dirty for 90, and so on: too short for a job of an hour.
make_pauses() {
    local begins minute level
    make_penstock
    begins=$(date -u -d 2026-11-21T00:00:00Z +%s)
    {
        echo datetime,carbon_intensity
        for minute in $(seq -1400 10 4320); do
            level=500
            [ $(((minute + 1400) % 140)) -ge 50 ] || level=50
            echo "$(date -u -d "@$((begins + minute * 60))" +%FT%TZ),$level"
        done
    } >"$P/forecast.csv"
    sed -i -e 's/^time = .*/time = 1h\ninterruptible_after = 30m\nrestart_cost = 1m\nmin_saving = 0%/' \
        -e 's/^zone = GB$/zone = GB\nstart_margin = 3s/' "$P/penstock.conf"
}

submit_steps() { # submit_steps: twenty steps of a second, with a checkpoint of each
    sbatch --parsable -o "$PWD/out-%j" --open-mode=append -t 1 --gres=gpu:1 --requeue \
        --begin now+10minutes --comment penstock:early,interruptible --wrap "
            trap 'echo told; exit 1' TERM
            step=\$(cat $PWD/step 2>/dev/null || echo 0)
            while [ \$step -lt 20 ]; do
                sleep 1; step=\$((step + 1)); echo \$step >$PWD/step
            done
            echo done"
}

step() { cat step 2>/dev/null || echo 0; }

@test "a job pauses in the dirty hours, frees its GPU, and goes on from its checkpoint" {
    BOUND=100
    start_daemon --clock-rate 180 --clock-start 2026-11-21T00:00:00Z
    id=$(submit_steps)
    eventually has_state "$id" running
    eventually has_state "$id" paused
    [ "$(step)" -gt 0 ]
    [ "$(step)" -lt 20 ]
    eventually is_state "$id" PENDING
    penstock nodes --json | jq -e '.pools[0].gpus_taken == 0'
    # Slurm starts it again by itself if nobody does.
    begins_in "$id" 60 1200
    eventually has_state "$id" done
    [ "$(tail -1 "out-$id")" = done ]
    [ "$(job "$id" attempt)" -eq 2 ]
}

@test "a daemon that is killed while a job pauses finds it so" {
    BOUND=100
    start_daemon --clock-rate 180 --clock-start 2026-11-21T00:00:00Z
    id=$(submit_steps)
    eventually has_state "$id" pausing
    kill_daemon
    start_daemon --clock-rate 180 --clock-start 2026-11-21T00:00:00Z
    eventually has_state "$id" paused
    eventually has_state "$id" done
    [ "$(tail -1 "out-$id")" = done ]
}
