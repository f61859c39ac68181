#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A provider behind a certificate of one's own authority.

load lib

# Makes an authority, a certificate of its for 127.0.0.1, and another authority.
make_certificates() {
    local name
    for name in ca other; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
            -subj "/CN=$name" -keyout "$name.key" -out "$name.pem" 2>/dev/null
    done
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=grid \
        -keyout server.key -out server.csr 2>/dev/null
    echo subjectAltName=IP:127.0.0.1 >names
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
        -extfile names -out server.pem 2>/dev/null
}

# Answers every request with a forecast; its port is the kernel's choice.
start_server() {
    local now=$(($(date +%s) / 900 * 900))
    printf 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"unix_seconds":[%d,%d,%d],"co2eq":[null,null,null],"co2eq_forecast":[300,310,320],"deprecated":false}' \
        $now $((now + 900)) $((now + 1800)) >co2eq
    mkdir -p www
    mv co2eq "www/co2eq?country=de"
    (cd www && exec timeout 60 openssl s_server -accept 127.0.0.1:0 -cert ../server.pem -key ../server.key \
        -HTTP >../server.log 2>&1 </dev/null 3>&-) &
    SERVER=$!
    wait_for grep -q '^ACCEPT 127' server.log
    PORT=$(sed -n 's/^ACCEPT 127.0.0.1:\([0-9]*\).*/\1/p' server.log)
}

write_tls_config() { # CA-FILE
    write_config "ca_file = $1"
    sed -i -e '/^path = /d' -e 's/^kind = file/kind = energy-charts/' \
        -e "s|^\[provider test\]|&\nurl = https://127.0.0.1:$PORT\ncountry = de|" penstock.conf
}

@test "a provider is believed by the authority in ca_file, and by no other" {
    make_certificates
    start_server
    write_tls_config "$HOME_DIR/ca.pem"
    start_daemon
    wait_for grep -q 'planning by the forecast of test' log
    kill "$DAEMON"
    wait "$DAEMON"
    rm -rf state log
    write_tls_config "$HOME_DIR/other.pem"
    start_daemon
    wait_for grep -q 'its certificate is not trusted: set ca_file' log
    run grep -c 'planning by' log
    [ "$output" = 0 ]
    kill "$SERVER"
    wait "$SERVER" || true
}

@test "a ca_file without certificates stops the start and says so" {
    echo words >words.pem
    PORT=1
    write_tls_config "$HOME_DIR/words.pem"
    run timeout 20 "$BUILD/penstockd" -c penstock.conf
    [ "$status" -ne 0 ]
    [[ "$output" == *"ca_file: $HOME_DIR/words.pem holds no certificates"* ]]
}
