/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/variables.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"

#define VARIABLES     6
#define STANDARD_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static char *variable(const char *name, const char *value)
{
    struct text text = TEXT_EMPTY;

    text_add_format(&text, "%s=%s", name, value);
    return text_take(&text);
}

char **slurm_variables_create(const char *slurm_conf)
{
    char **variables = xcalloc(VARIABLES, sizeof(*variables));
    const char *path = getenv("PATH");
    size_t count = 0;

    variables[count++] = variable("PATH", path ? path : STANDARD_PATH);
    variables[count++] = variable("LC_ALL", "C");
    variables[count++] = variable("TZ", "UTC");
    /* A list of tasks is cut at 64 bytes else. */
    variables[count++] = variable("SLURM_BITSTR_LEN", "0");
    if (slurm_conf[0] != '\0')
        variables[count++] = variable("SLURM_CONF", slurm_conf);
    assert(count < VARIABLES);
    return variables;
}

void slurm_variables_destroy(char **variables)
{
    for (size_t i = 0; variables && variables[i]; i++)
        free(variables[i]);
    free(variables);
}
