# SPDX-License-Identifier: MIT
# For tests with jobs of several users: a launcher as root, a daemon that is not, and two
# users, all made for the test. On top of lib.bash; loaded after it.

eval "$(declare -f setup | sed '1s/setup/setup_home/')"
eval "$(declare -f teardown | sed '1s/teardown/teardown_home/')"

setup_file() {
    local name
    [ "$(id -u)" -eq 0 ] || skip "only root can be several users"
    export KEEPER=pk$$ ALICE=pa$$ BOB=pb$$ CLUB=pc$$
    groupadd "$CLUB"
    useradd --system --no-create-home "$KEEPER"
    for name in "$ALICE" "$BOB"; do
        useradd --no-create-home "$name"
    done
    usermod --append --groups "$CLUB" "$ALICE"
}

teardown_file() {
    local name
    for name in "${KEEPER:-}" "${ALICE:-}" "${BOB:-}"; do
        userdel "$name" 2>/dev/null || true
    done
    groupdel "${CLUB:-}" 2>/dev/null || true
}

setup() {
    local name
    setup_home
    LAUNCHER=
    chmod 755 "$HOME_DIR"
    mkdir bin state run api
    cp "$BUILD"/penstock* bin/
    chmod 711 state
    chown "$KEEPER:" state api
    chown "root:$KEEPER" run
    chmod 750 run
    for name in "$ALICE" "$BOB"; do
        mkdir "$name"
        chown "$name:" "$name"
        chmod 700 "$name"
    done
    # Where a sanitizer would report, also of what is not root.
    [ ! -d "$BUILD/reports" ] || chmod 1777 "$BUILD/reports"
    export PENSTOCK_SOCKET=$HOME_DIR/api/socket
    write_config "launcher = $HOME_DIR/run/socket"
    sed -i "s|^socket = .*|socket = $PENSTOCK_SOCKET|" penstock.conf
    chmod 644 penstock.conf forecast.csv
    start_launcher
    start_daemon
}

teardown() {
    local status=0
    [ -z "$BATS_ERROR_STATUS" ] || tail -n 30 "$HOME_DIR/launcher.log" >&2 2>/dev/null
    teardown_home || status=$?
    [ -z "$LAUNCHER" ] || kill -KILL "$LAUNCHER" 2>/dev/null || true
    # These users are this test's alone.
    [ -z "$ALICE" ] || pkill -KILL -U "$ALICE,$BOB,$KEEPER" 2>/dev/null || true
    return $status
}

start_launcher() { # OPTIONS
    "$HOME_DIR/bin/penstock-launcher" --socket "$HOME_DIR/run/socket" --state-dir "$HOME_DIR/state" \
        --runner "$HOME_DIR/bin/penstock-runner" --user "$KEEPER" "$@" 2>>"$HOME_DIR/launcher.log" &
    LAUNCHER=$!
    wait_for test -S run/socket
}

kill_launcher() {
    kill -KILL "$LAUNCHER"
    wait "$LAUNCHER" 2>/dev/null || true
    rm -f run/socket
}

start_daemon() {
    as "$KEEPER" "$HOME_DIR/bin/penstockd" -c "$HOME_DIR/penstock.conf" 2>>"$HOME_DIR/log" &
    DAEMON=$!
    wait_for daemon_answers
}

# as USER COMMAND…: with that user's rights, from that user's directory, which a daemon
# has none of; nothing of our environment.
as() {
    local name=$1
    shift
    if [ -d "$HOME_DIR/$name" ]; then cd "$HOME_DIR/$name" || return 1; else cd /; fi
    exec setpriv --reuid="$name" --regid="$name" --init-groups \
        env -i PATH=/usr/bin:/bin "PENSTOCK_SOCKET=$PENSTOCK_SOCKET" "$@"
}

# submit_as USER OPTIONS -- COMMAND…: prints the id.
submit_as() {
    local name=$1
    shift
    (as "$name" "$HOME_DIR/bin/penstock" submit --json --queue urgent "$@") \
        | grep -o '"id": *[0-9]*' | head -n 1 | grep -o '[0-9]*'
}

# run_as USER COMMAND…: a job of that user, to its end; prints what it wrote to `out`.
run_as() {
    local name=$1 id
    shift
    rm -f "$HOME_DIR/$name/out"
    id=$(submit_as "$name" --output out -- "$@")
    wait_for has_ended "$id"
    cat "$HOME_DIR/$name/out"
}

has_ended() { case "$(state_of "$1")" in 'done'|failed|cancelled) ;; *) return 1 ;; esac; }

ends_of() { penstock show "$1" --json | grep -oE '"event": *"(finished|broke|cancelled)"' | wc -l; }

has_processes() { pgrep -U "$1" >/dev/null; }

has_no_processes() { ! has_processes "$1"; }

runner_of() { grep -az '^pid=' "state/runs/$1.1/lock" | tr -d '\0' | cut -d= -f2; }
