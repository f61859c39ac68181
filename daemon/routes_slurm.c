/* SPDX-License-Identifier: MIT */
#include "daemon/routes_slurm.h"

#include <jansson.h>

#include "base/number.h"
#include "daemon/slurm_watch.h"

static int parse(const struct http_request *request, struct slurm_wanted *wanted,
                 struct error *err)
{
    json_t *root = json_loadb(request->body, request->body_size, 0, NULL);
    const char *id = json_string_value(json_object_get(root, "slurm"));
    const char *key = json_string_value(json_object_get(root, "key"));
    int result = -1;

    if (!json_is_object(root))
        error_set(err, ERROR_INVALID, "the body is no JSON object");
    else if (!id || number_parse(id, 1, UINT32_MAX, &wanted->id, NULL) < 0)
        error_set_field(err, ERROR_INVALID, "slurm",
                        "slurm must be a job's or an array's id, as \"17\"");
    else if (!key || !*key || !text_copy(wanted->key, sizeof(wanted->key), key))
        error_set_field(err, ERROR_INVALID, "key",
                        "key must be what its comment has, of 1 to %d characters",
                        WISH_KEY_SIZE - 1);
    else
        result = 0;
    json_decref(root);
    return result;
}

void routes_slurm_register(const struct call *call)
{
    struct slurm_wanted wanted = {.id = 0};
    struct error err = {ERROR_NONE, "", ""};

    if (parse(call->request, &wanted, &err) < 0
        || slurm_watch_expect(call->daemon->slurm, &wanted, call, &err) < 0)
        call_fail(call, &err);
}
