/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "cli/findings.h"

static void findings_are_lines_or_json(void **state)
{
    const struct terminal plain = {.unicode = true};
    struct findings findings = FINDINGS_EMPTY;
    struct text text = TEXT_EMPTY;
    json_t *json;

    (void)state;
    findings_add(&findings, FINDING_OK, "slurmctld", "", "it answers: %d", 1);
    findings_add(&findings, FINDING_MISSING, "nodes", "do this", "bad\x1b\xff");
    findings_format(&findings, &plain, &text);
    assert_non_null(strstr(text.bytes, "ok       slurmctld: it answers: 1\n"));
    assert_non_null(strstr(text.bytes, "missing  nodes: bad"));
    assert_non_null(strstr(text.bytes, ": do this\n1 missing, 0 warnings, 1 ok\n"));
    assert_null(strchr(text.bytes, 0x1b));
    json = findings_to_json(&findings);
    assert_int_equal(1, json_integer_value(json_object_get(json, "missing")));
    assert_int_equal(2, json_array_size(json_object_get(json, "findings")));
    json_decref(json);
    text_release(&text);
    findings_release(&findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_are_lines_or_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
