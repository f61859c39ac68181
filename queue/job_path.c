/* SPDX-License-Identifier: MIT */
#include "queue/job_path.h"

#include "base/text.h"

char *job_path_format(const char *pattern, const struct job *job, const char *name)
{
    struct text path = TEXT_EMPTY;

    for (const char *at = pattern ? pattern : JOB_OUTPUT_STANDARD; *at; at++) {
        if (at[0] != '%' || !at[1]) {
            text_add_bytes(&path, at, 1);
            continue;
        }
        at++;
        switch (*at) {
        case 'j':
            text_add_format(&path, "%lld", (long long)job->id);
            break;
        case 'a':
            text_add_format(&path, "%d", job->array_index);
            break;
        case 'x':
            text_add(&path, name);
            break;
        case '%':
            text_add(&path, "%");
            break;
        default:
            text_add_bytes(&path, at - 1, 2);
        }
    }
    return text_take(&path);
}
