/* SPDX-License-Identifier: MIT */

/*
 * Linked into what `make sanitize` builds: reports go into files that scripts/run-test
 * looks for. A runner's standard error is nowhere and its environment empty, and what a
 * daemon leaks it finds out after its test has looked at it last.
 */
#ifndef REPORTS
#define REPORTS "build/sanitize/reports"
#endif

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the
 * sanitizers ask for these names. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
    return "log_path=" REPORTS "/report";
}

const char *__ubsan_default_options(void)
{
    return "print_stacktrace=1:log_path=" REPORTS "/report";
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
