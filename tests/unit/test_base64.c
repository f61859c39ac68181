/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include <string.h>

#include "tests/support/cmocka.h"

/* The examples of RFC 4648, section 10, and bytes beyond ASCII. */
static void bytes_are_encoded_as_the_standard_has_it(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xfe\xfb", "//77"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text = TEXT_EMPTY;

        base64_encode(cases[i][0], strlen(cases[i][0]), &text);
        assert_string_equal(cases[i][1], text.bytes);
        text_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_encoded_as_the_standard_has_it),
    };

    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
