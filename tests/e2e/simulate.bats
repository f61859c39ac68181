#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# penstock simulate, on files of its own making; on recorded ones where PENSTOCK_DATA has
# them.

BUILD=${BUILD:-$PWD/build}

setup() {
    DIR=$(mktemp -d "${TMPDIR:-/tmp}/penstock-simulate.XXXXXX")
    # Six days whose nights are clean; 40 jobs of 2 GPUs and 2 h, one each hour of the
    # third day on.
    {
        echo datetime,carbon_intensity
        for hour in $(seq 0 143); do
            level=400
            [ $((hour % 24)) -lt 6 ] && level=100
            echo "2022-03-0$((hour / 24 + 1))T$(printf %02d $((hour % 24))):00:00Z,$level"
        done
    } >"$DIR/carbon.csv"
    {
        echo arrival_time,length,cpus
        for job in $(seq 0 39); do echo "$((job * 3600)),7200,2"; done
    } >"$DIR/jobs.csv"
}

teardown() { rm -rf "$DIR"; }

simulate() {
    "$BUILD/penstock" simulate --jobs "$DIR/jobs.csv" --carbon "$DIR/carbon.csv" \
        --start 2022-03-03T00:00Z "$@"
}

# value POLICY MEMBER: of the JSON in $output.
value() { jq -r --arg policy "$1" '.policies[]|select(.policy==$policy)|.'"$2" <<<"$output"; }

# near A B: whether two numbers are the same to six digits.
near() { awk -v a="$1" -v b="$2" 'BEGIN {exit !(a - b < 5e-7 && b - a < 5e-7)}'; }

@test "with foresight and room for all, cleanest saves what can be saved" {
    run simulate --forecast perfect --policy immediate,cleanest --optimum --json \
        --set patience=0 --set min_saving=0 --set hysteresis=0 --set ramp=off
    [ "$status" -eq 0 ]
    near "$(value immediate saving)" 0
    near "$(value cleanest optimum_fraction)" 1
    [ "$(value cleanest missed)" -eq 0 ]
    [ "$(jq .optimum.certified <<<"$output")" = true ]
    [ "$(jq .jobs <<<"$output")" -eq 40 ]
}

@test "on few GPUs cleanest keeps to them and beats those that do not know of them" {
    run simulate --forecast perfect --capacity 50% --optimum --json \
        --policy immediate,lowest-window-true,threshold:30,cleanest
    [ "$status" -eq 0 ]
    local gpus
    gpus=$(jq .capacity <<<"$output")
    [ "$gpus" -eq 8 ]
    [ "$(value cleanest peak)" -le "$gpus" ]
    [ "$(value cleanest missed)" -eq 0 ]
    for other in lowest-window-true threshold:30; do
        awk -v a="$(value cleanest saving)" -v b="$(value $other saving)" 'BEGIN {exit !(a > b)}'
    done
    awk -v f="$(value cleanest optimum_fraction)" 'BEGIN {exit !(f > 0.8 && f < 1.000001)}'
}

@test "the table names the jobs, the forecast and each policy" {
    run simulate --capacity 12 --policy immediate,cleanest,cleanest-interruptible
    [ "$status" -eq 0 ]
    [[ "$output" == *"40 jobs of 160 GPU-hours from 2022-03-03T00:00:00Z on, 12 GPUs"* ]]
    [[ "$output" == *"forecast: history"* ]]
    [ "$(grep -cE '^(immediate|cleanest|cleanest-interruptible) ' <<<"$output")" -eq 3 ]
}

@test "the file of jobs says when each of them ran" {
    run simulate --policy immediate,cleanest --per-job "$DIR/out.csv"
    [ "$status" -eq 0 ]
    [ "$(head -n 1 "$DIR/out.csv")" = policy,line,arrives,max_wait_s,starts,ends,ran_s,gpus,grams ]
    [ "$(grep -c '^cleanest,' "$DIR/out.csv")" -eq 40 ]
    grep -q '^immediate,3,2022-03-03T01:00:00Z,86400,2022-03-03T01:00:00Z,2022-03-03T03:00:00Z,7200,2,' \
        "$DIR/out.csv"
}

@test "every fault of the jobs is told with its file and line" {
    printf 'arrival_time,length,cpus\n1,2,3\nx,2,3\n1,2,0\n1\n' >"$DIR/jobs.csv"
    run simulate
    [ "$status" -eq 1 ]
    [[ "$output" == *"$DIR/jobs.csv:3: arrival_time: "* ]]
    [[ "$output" == *"$DIR/jobs.csv:4: cpus: "* ]]
    [[ "$output" == *"$DIR/jobs.csv:5: there are fewer fields than columns"* ]]
}

@test "a fault of the grid is told with its file and line" {
    sed -i '5s/,.*/,many/' "$DIR/carbon.csv"
    run simulate
    [ "$status" -eq 1 ]
    [[ "$output" == *"$DIR/carbon.csv: line 5"* ]]
}

@test "a grid that ends before the jobs do is refused with the hour that is missing" {
    sed -i '/2022-03-05T06/,$d' "$DIR/carbon.csv"
    run simulate
    [ "$status" -eq 1 ]
    [[ "$output" == *"$DIR/carbon.csv: the carbon intensity of 2022-03-05T06:00:00Z is missing"* ]]
    sed -i '/2022-03-03T09/d' "$DIR/carbon.csv"
    run simulate --hours 5
    [ "$status" -eq 1 ]
    [[ "$output" == *"2022-03-03T09:00:00Z is missing"* ]]
}

@test "options that make no sense are refused and named" {
    refuses() {
        run simulate "${@:2}"
        [ "$status" -ne 0 ] && [[ "$output" == *"$1"* ]]
    }
    refuses "--max-wait: " --max-wait 2h:6h
    refuses "--policy: there is no policy 'greenest'" --policy greenest
    refuses "--policy: there is no policy 'cleanest:3'" --policy cleanest:3
    refuses "--capacity: 'many' is no number" --capacity many
    refuses "--set colour=green: [planner] and [queue] have no 'colour'" --set colour=green
    refuses "--set hysteresis: " --set hysteresis=3
    refuses "--slot: 7m does not divide an hour" --slot 7m
    refuses "--forecast: 'crystal' is none of" --forecast crystal
    refuses "--forecast raw needs --forecasts" --forecast raw
    refuses "--start: " --start yesterday
    refuses "no jobs arrive in these hours" --jobs-from 100 --jobs-hours 2
    refuses "the job wants 2 GPUs, and there are 1" --capacity 1
    run "$BUILD/penstock" simulate --jobs "$DIR/jobs.csv"
    [ "$status" -eq 2 ]
    [[ "$output" == *"--jobs, --carbon and --start are needed"* ]]
}

# Published with GAIA (Hanafy et al., ASPLOS 2024), on its own jobs and grid.
@test "the other tools' policies come out as their authors print them" {
    [ -n "$PENSTOCK_DATA" ] || skip "PENSTOCK_DATA is not set"
    run "$BUILD/penstock" simulate --jobs "$PENSTOCK_DATA/data/jobs/pai_1k.csv" \
        --carbon "$PENSTOCK_DATA/data/carbon/AU-SA_2022_hourly.csv" \
        --start 2022-10-19T16:00Z --hours 720 --slot 5s --forecast perfect \
        --capacity unlimited --max-wait 2h:6h,24h --json \
        --policy lowest-slot,lowest-window,lowest-window-true,carbon-time,ecovisor,wait-awhile
    [ "$status" -eq 0 ]
    near "$(value lowest-slot saving)" 0.219963
    near "$(value lowest-window saving)" 0.316296
    near "$(value lowest-window-true saving)" 0.385624
    near "$(value carbon-time saving)" 0.275112
    near "$(value ecovisor saving)" 0.360895
    near "$(value wait-awhile saving)" 0.453804
}
