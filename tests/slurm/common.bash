# SPDX-License-Identifier: MIT
# For the tests on a real Slurm: one cluster for each file of tests, in $CLUSTER. They wait
# for events, never for time, and give up after a bound.
#
#   setup_file() { NODES=2 start_cluster; }     variables as tests/slurm/cluster has them
#   teardown_file() { stop_cluster; }
#   setup() { need_cluster; }

BUILD=${BUILD:-$PWD/build}
BOUND=${BOUND:-60} # seconds
export ROOT=${ROOT:-$PWD}

# make_cluster: only its directory, for what is to be there before it starts.
make_cluster() {
    [ -z "$CLUSTER" ] || return 0
    CLUSTER=$(mktemp -d "${TMPDIR:-/tmp}/penstock-slurm.XXXXXX")
    export CLUSTER
    mkdir -p "$CLUSTER/etc"
    chmod 755 "$CLUSTER"
}

# Where Slurm is not installed nothing is started, and need_cluster skips.
start_cluster() {
    [ -z "$(lacking)" ] || return 0
    make_cluster
    tests/slurm/cluster start "$CLUSTER" 3>&- || return 1
    export SLURM_CONF=$CLUSTER/etc/slurm.conf
}

stop_cluster() {
    [ -n "$CLUSTER" ] || return 0
    tests/slurm/cluster stop "$CLUSTER" 3>&-
    rm -rf "$CLUSTER"
}

lacking() {
    local program
    for program in munged slurmctld slurmd; do
        PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null \
            || { echo "$program is not installed"; return; }
    done
}

need_cluster() {
    local reason
    reason=$(lacking)
    [ -z "$reason" ] || skip "$reason"
    [ -e "$CLUSTER/env.sh" ] || { echo "the cluster did not start" >&2; return 1; }
    cd "$BATS_TEST_TMPDIR" || return 1
    chmod 755 "$BATS_TEST_TMPDIR"
}

# eventually COMMAND…: tries it until it succeeds; fails after BOUND seconds.
eventually() {
    local end=$((SECONDS + BOUND))
    until "$@"; do
        [ $SECONDS -lt $end ] || { echo "not within $BOUND s: $*" >&2; return 1; }
        sleep 0.05
    done
}

# field JOB NAME: what Slurm says of the first record of a job, such as StartTime.
field() { scontrol -o show job "$1" | sed -n "1s/.* $2=\([^ ]*\).*/\1/p"; }

# begin JOB, submitted JOB: in seconds since the epoch.
begin() { date -d "$(field "$1" EligibleTime)" +%s; }
submitted() { date -d "$(field "$1" SubmitTime)" +%s; }

mark() { scontrol -o show job "$1" | grep -o 'penstock:v1,[^ ;]*' | tail -n 1; }
mark_of() { mark "$1" | grep -o "$2=[0-9]*" | cut -d= -f2; } # mark_of JOB MEMBER

is_state() { [ "$(field "$1" JobState)" = "$2" ]; }

has_started() { case "$(field "$1" JobState)" in RUNNING | COMPLETED) ;; *) return 1 ;; esac; }

slurmctld_pid() { cat "$CLUSTER/pid/slurmctld.pid"; }

slurmctld_runs() { timeout 2 scontrol ping 2>/dev/null | grep -q 'is UP'; }

# start_slurmctld [OPTION…]: unless it runs.
start_slurmctld() {
    ! slurmctld_runs || return 0
    PATH=$PATH:/usr/sbin slurmctld "$@" -f "$SLURM_CONF" 3>&-
    eventually slurmctld_runs
}

kill_slurmctld() {
    local pid
    pid=$(slurmctld_pid)
    kill -KILL "$pid"
    while [ -e "/proc/$pid" ] && ! grep -q '^State:.[ZX]' "/proc/$pid/status"; do sleep 0.02; done
}

# submit WORDS…: an accepted job of a minute; what sbatch said is in the file "said".
submit() { sbatch --parsable -t 1 -o /dev/null "$@" --wrap 'exit 0' 2>said; }

need_plugins() {
    [ -e "$BUILD/slurm/job_submit_penstock.so" ] || skip "Slurm's plugins are not built"
}

# lease ROW…: the plugin's lease, fresh. TELL, MARGIN, WAKE, WRITTEN, DEFAULT say the rest,
# and OWN_MARGIN what partitions have, which ROW leaves out.
lease() {
    write_lease "$@" >"$CLUSTER/lease.new"
    mv "$CLUSTER/lease.new" "$CLUSTER/lease"
}

write_lease() {
    printf 'penstock-lease 1\nwritten %s\nvalid 600\nmargin %s\ntell %s\nwake %s\ndefault %s\n' \
        "${WRITTEN:-$(date +%s)}" "${MARGIN:-30}" "${TELL:-yes}" "${WAKE:--}" "${DEFAULT:-main}"
    [ $# -eq 0 ] || printf '%s\n' "$@" | sed -E "s/^partition [a-z]+ [0-9]+ [0-9]+/& ${OWN_MARGIN:-${MARGIN:-30}}/"
    echo "end $#"
}

# is_deferred JOB SECONDS [SLACK]: its begin is so long after its submission, and marked.
is_deferred() {
    local off=$(($(begin "$1") - $(submitted "$1") - $2))
    [ ${off#-} -le "${3:-1}" ] && [ "$(mark_of "$1" latest)" = "$(begin "$1")" ] \
        || { scontrol show job "$1" >&2; return 1; }
}

is_untouched() {
    [ -z "$(mark "$1")" ] && [ "$(begin "$1")" = "$(submitted "$1")" ] \
        || { scontrol show job "$1" >&2; return 1; }
}

# fails COMMAND…: "! COMMAND" would not end a test.
fails() { ! "$@"; }
