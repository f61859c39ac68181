/* SPDX-License-Identifier: MIT */

/*
 * Linked into what `make sanitize` builds: reports go into files that scripts/run-test
 * looks for. A runner's standard error is nowhere and its environment empty, and what a
 * daemon leaks it finds out after its test has looked at it last.
 */
#ifndef REPORTS
#define REPORTS "build/sanitize/reports"
#endif

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/* NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer asks for this name. */
const char *__asan_default_options(void)
{
    return "log_path=" REPORTS "/report";
}

/* NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer asks for this name. */
const char *__ubsan_default_options(void)
{
    return "print_stacktrace=1:log_path=" REPORTS "/report";
}
