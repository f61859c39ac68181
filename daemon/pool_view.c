/* SPDX-License-Identifier: MIT */
#include "daemon/pool_view.h"

#include "daemon/sleepers.h"

void pool_view_add_state(struct text *json, const struct call *call, size_t pool)
{
    const struct engine *engine = call->daemon->engine;
    const struct pool *shape = engine_pool(engine, pool);
    const char *reason = engine_drain_reason(engine, pool);
    const char *trouble = sleepers_trouble(call->daemon->sleepers, pool);

    json_add_bool(json, "drained", shape->drained);
    json_add_name(json, "drained_reason", call->request->is_public ? "" : reason);
    json_add_text(json, "sleep", pool_sleep_name(shape->sleep));
    json_add_name(json, "sleep_trouble", call->request->is_public ? "" : trouble);
}

void pool_view_add_states(struct text *json, const struct call *call)
{
    const struct engine *engine = call->daemon->engine;

    json_begin_array(json, "pools");
    for (size_t i = 0; i < engine_pool_count(engine); i++) {
        json_begin_object(json, NULL);
        json_add_text(json, "pool", engine_pool(engine, i)->name);
        pool_view_add_state(json, call, i);
        json_end_object(json);
    }
    json_end_array(json);
}
