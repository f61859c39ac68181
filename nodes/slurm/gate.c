/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/gate.h"

#include <assert.h>

#define CALL 1000 /* thousandths */

static const char *const state_names[GATE_STATES] = {
    [GATE_CLOSED] = "closed",
    [GATE_OPEN] = "open",
    [GATE_TRYING] = "trying",
};

const char *gate_state_name(enum gate_state state)
{
    return state_names[state];
}

struct gate gate_make(const struct gate_settings *settings, int64_t now_ms)
{
    assert(settings->calls_per_second >= 1
           && settings->calls_per_second <= GATE_RATE_MAX);
    assert(settings->burst >= 1 && settings->burst <= GATE_RATE_MAX);
    assert(settings->failures_max >= 1);
    assert(settings->pause_ms >= 1 && settings->pause_max_ms >= settings->pause_ms);
    return (struct gate){
        .settings = *settings,
        .credit = settings->burst * CALL,
        .filled_ms = now_ms,
        .pause_ms = settings->pause_ms,
    };
}

/* A rate per second is as many thousandths per millisecond. */
static void fill(struct gate *gate, int64_t now_ms)
{
    int64_t full = gate->settings.burst * CALL;
    int64_t rate = gate->settings.calls_per_second;
    int64_t passed = now_ms - gate->filled_ms;

    if (passed <= 0)
        return;
    gate->filled_ms = now_ms;
    /* Above it the bucket is full; below, the product is small. */
    if (passed > full / rate)
        gate->credit = full;
    else
        gate->credit += passed * rate;
    if (gate->credit > full)
        gate->credit = full;
}

bool gate_pass(struct gate *gate, int64_t now_ms, int64_t *again_ms)
{
    int64_t rate = gate->settings.calls_per_second;

    if (gate->state == GATE_TRYING) {
        *again_ms = INT64_MAX;
        return false;
    }
    if (gate->state == GATE_OPEN && now_ms < gate->until_ms) {
        *again_ms = gate->until_ms;
        return false;
    }
    fill(gate, now_ms);
    if (gate->credit < CALL) {
        *again_ms = now_ms + (CALL - gate->credit + rate - 1) / rate;
        return false;
    }
    gate->credit -= CALL;
    if (gate->state == GATE_OPEN)
        gate->state = GATE_TRYING;
    return true;
}

static void open_gate(struct gate *gate, int64_t now_ms)
{
    gate->state = GATE_OPEN;
    gate->until_ms = now_ms + gate->pause_ms;
    gate->pause_ms = gate->pause_ms > gate->settings.pause_max_ms / 2
                         ? gate->settings.pause_max_ms
                         : gate->pause_ms * 2;
}

void gate_note(struct gate *gate, enum error_code code, int64_t now_ms)
{
    if (code != ERROR_UNAVAILABLE) {
        /* It answers, even if it is to refuse. */
        gate->state = GATE_CLOSED;
        gate->failures = 0;
        gate->pause_ms = gate->settings.pause_ms;
        return;
    }
    if (gate->state == GATE_OPEN)
        return;
    if (gate->state == GATE_CLOSED && ++gate->failures < gate->settings.failures_max)
        return;
    open_gate(gate, now_ms);
}
