/* SPDX-License-Identifier: MIT */
#include "scheduler/rest.h"

#include <assert.h>

duration rest_horizon(const struct rest_settings *settings)
{
    return settings->sleep_after > settings->wake_before ? settings->sleep_after
                                                         : settings->wake_before;
}

enum rest_order rest_decide(struct rest *rest, const struct rest_settings *settings,
                            const struct rest_outlook *outlook, instant now)
{
    if (outlook->is_drained || now < rest->not_soon)
        return REST_STAY;
    if (rest->sleep == POOL_AWAKE && outlook->is_known && !outlook->is_active
        && outlook->next_start - now > rest_horizon(settings)) {
        rest->sleep = POOL_FALLING_ASLEEP;
        return REST_SLEEP;
    }
    if (rest->sleep == POOL_ASLEEP
        && outlook->next_start - settings->wake_before <= now) {
        rest->sleep = POOL_WAKING;
        return REST_WAKE;
    }
    return REST_STAY;
}

static bool end_wake(struct rest *rest, instant now)
{
    rest->sleep = POOL_ASLEEP;
    rest->not_soon = now + (REST_RETRY << rest->failures);
    rest->failures++;
    if (rest->failures < REST_WAKES_MAX)
        return false;
    /* By then it is drained. */
    rest->failures = 0;
    return true;
}

bool rest_end(struct rest *rest, const struct rest_settings *settings, bool well,
              instant now)
{
    assert(rest->sleep == POOL_FALLING_ASLEEP || rest->sleep == POOL_WAKING);
    if (rest->sleep == POOL_WAKING && !well)
        return end_wake(rest, now);
    if (rest->sleep == POOL_WAKING) {
        *rest = (struct rest){.sleep = POOL_AWAKE};
        return false;
    }
    rest->sleep = well ? POOL_ASLEEP : POOL_AWAKE;
    rest->not_soon = well ? 0 : now + settings->sleep_after;
    return false;
}
