/* SPDX-License-Identifier: MIT */
#include "daemon/address.h"

#include "tests/support/cmocka.h"

static void addresses_are_numeric_with_a_port(void **state)
{
    static const struct {
        const char *text;
        int result;
        uint16_t port;
    } cases[] = {
        {"127.0.0.1:7373", 0, 7373},
        {"[::1]:80", 0, 80},
        {"0.0.0.0:65535", 0, 65535},
        {"127.0.0.1", -1, 0},
        {"127.0.0.1:", -1, 0},
        {"127.0.0.1:0", -1, 0},
        {"127.0.0.1:65536", -1, 0},
        {"localhost:7373", -1, 0},
        {"::1:7373", -1, 0},
        {"[::1]", -1, 0},
        {"[::1", -1, 0},
        {"[]:1", -1, 0},
        {"[:1", -1, 0},
        {":7373", -1, 0},
        {"", -1, 0},
        {"1111111111111111111111111111111111111111111111111111111111111:1", -1, 0},
        {"11111111111111111111111111111111111111111111111111111111111111:1", -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct address address = {.port = 0};

        assert_int_equal(address_parse(cases[i].text, &address, NULL), cases[i].result);
        assert_int_equal(address.port, cases[i].port);
    }
}

static void only_our_own_names_are_hosts(void **state)
{
    static const struct {
        const char *host;
        bool is_ours;
    } cases[] = {
        {"10.0.0.5:7373", true},
        {"localhost:7373", true},
        {"LocalHost:7373", true},
        {"127.0.0.1:7373", true},
        {"[::1]:7373", true},
        {"localhost", false},
        {"localhost:7374", false},
        {"evil.example:7373", false},
        {"10.0.0.5", false},
        {"", false},
        {"localhost:7373.evil", false},
    };
    struct address address;

    (void)state;
    assert_int_equal(address_parse("10.0.0.5:7373", &address, NULL), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(address_is_host(&address, cases[i].host), cases[i].is_ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_numeric_with_a_port),
        cmocka_unit_test(only_our_own_names_are_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
