#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The daemon's second way to slurmctld: slurmrestd, with a token.

load common
load daemon

setup_file() { NODES=2 REST=1 start_cluster; }
teardown_file() { stop_cluster; }
setup() { need_cluster; }
teardown() { end_penstock; }

make_rest() { # make_rest TOKEN
    make_penstock "backend = rest
rest_url = unix:$CLUSTER/rest/socket
rest_user = root
rest_token_file = $BATS_TEST_TMPDIR/token"
    (umask 077; echo "$1" >token)
}

good_token() { scontrol token username=root lifespan=3600 | cut -d= -f2; }

@test "a job waits for its hour, is released and ends, all through slurmrestd" {
    make_rest "$(good_token)"
    start_daemon
    id=$(submit -- sleep 0.2)
    eventually is_deferred "$id"
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" done
    id=$(submit -- sleep 100)
    eventually is_known "$id"
    penstock cancel "$(job "$id" id)"
    eventually is_state "$id" CANCELLED
}

@test "a token that is wrong is said so, and a good one is taken without a restart" {
    make_rest 'no.good.token'
    start_daemon
    id=$(submit -- sleep 0.2)
    eventually grep -q 'cannot list' "$P/log"
    ! grep -q 'no.good.token' "$P/log"
    (umask 077; good_token >token)
    eventually is_known "$id"
}
