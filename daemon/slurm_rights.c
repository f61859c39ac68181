/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_rights.h"

#include <pwd.h>
#include <stddef.h>
#include <unistd.h>

const struct error *slurm_rights_explain(const struct error *failure,
                                         struct error *explained)
{
    const struct passwd *entry;
    const char *name;

    if (!failure || failure->code != ERROR_FORBIDDEN)
        return failure;
    entry = getpwuid(geteuid());
    name = entry ? entry->pw_name : "NAME";
    error_set(explained, failure->code,
              "%.100s: %.32s has to be an Operator of Slurm: sacctmgr add user %.32s "
              "account=root AdminLevel=Operator",
              failure->text, name, name);
    return explained;
}
