/* SPDX-License-Identifier: MIT */
#include "nodes/local/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/support/cmocka.h"
#include "tests/support/local_runs.h"

/*
 * The launcher as it is, as root, for a daemon whose part the test plays. In place of
 * the runner it starts a script that says so on its notice pipe.
 */
#define BOUND_MS  20000
#define PATH_SIZE 128
#define OWNER     65534 /* nobody; there is no other user to be sure of */

struct scene {
    char directory[64];
    pid_t launcher;
    uid_t daemon;
    gid_t group;
};

/* A request, and what is wrong with it and with what comes with it. */
struct attack {
    const char *name;
    size_t size; /* 0: as it should be */
    int files;   /* -1: one, which is no pipe; -2: one, a pipe's end to read from */
    struct launch_request request;
};

static void path_of(const struct scene *scene, const char *name, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%.50s", scene->directory, name);
}

static void write_runner(const struct scene *scene)
{
    static const char script[] = "#!/bin/sh\n[ -w \"$2\" ] && printf 'e%s %s' \"$1\" "
                                 "\"$(id -u)\" >&3 || printf 'fdenied' >&3\n";
    char path[PATH_SIZE];
    int file;

    path_of(scene, "runner", path);
    file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    assert_int_equal(write(file, script, sizeof(script) - 1), sizeof(script) - 1);
    assert_int_equal(fchmod(file, 0755), 0);
    close(file);
}

static void start_launcher(struct scene *scene, const char *user)
{
    char paths[3][PATH_SIZE];
    char program[4096];
    const char *build = getenv("BUILD");

    snprintf(program, sizeof(program), "%s/penstock-launcher", build ? build : "build");
    path_of(scene, "socket", paths[0]);
    path_of(scene, "state", paths[1]);
    path_of(scene, "runner", paths[2]);
    scene->launcher = fork();
    if (scene->launcher == 0) {
        int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

        dup2(quiet, STDERR_FILENO);
        execl(program, program, "--socket", paths[0], "--state-dir", paths[1],
              "--runner", paths[2], "--user", user, (char *)NULL);
        _exit(127);
    }
}

/* As the daemon, or whoever: what root may connect to, others try as themselves. */
static int connect_as(const struct scene *scene, uid_t uid)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int file = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int result;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", scene->directory);
    assert_int_equal(setegid(uid == scene->daemon ? scene->group : 0), 0);
    assert_int_equal(seteuid(uid), 0);
    result = connect(file, (struct sockaddr *)&address, sizeof(address));
    assert_int_equal(seteuid(0) + setegid(0), 0);
    if (result < 0)
        close(file);
    return result < 0 ? -1 : file;
}

static void wait_for_launcher(const struct scene *scene)
{
    int client;

    for (int i = 0; (client = connect_as(scene, scene->daemon)) < 0; i++) {
        assert_true(i < BOUND_MS);
        poll(NULL, 0, 1);
    }
    close(client);
}

static int set_up(void **state)
{
    struct scene *scene;
    const struct passwd *user = getpwnam("daemon");
    char path[PATH_SIZE];

    if (geteuid() != 0 || !user || !getpwuid(OWNER))
        return 0;
    scene = xcalloc(1, sizeof(*scene));
    scene->daemon = user->pw_uid;
    scene->group = user->pw_gid;
    strcpy(scene->directory, "/tmp/penstock-test-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    assert_int_equal(chmod(scene->directory, 0755), 0);
    path_of(scene, "state", path);
    assert_int_equal(mkdir(path, 0711), 0);
    path_of(scene, "state/runs", path);
    assert_int_equal(mkdir(path, 0711), 0);
    write_runner(scene);
    start_launcher(scene, "daemon");
    wait_for_launcher(scene);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    if (!scene)
        return 0;
    kill(scene->launcher, SIGKILL);
    waitpid(scene->launcher, NULL, 0);
    local_runs_remove(scene->directory);
    free(scene);
    return 0;
}

static void make_run(const struct scene *scene, const char *name, uid_t owner)
{
    char path[PATH_SIZE];

    path_of(scene, name, path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chown(path, owner, scene->group), 0);
}

static struct stat look_at(const struct scene *scene, const char *name)
{
    char path[PATH_SIZE];
    struct stat stat;

    path_of(scene, name, path);
    assert_int_equal(lstat(path, &stat), 0);
    return stat;
}

static struct launch_request request_of(enum launch_verb verb, int64_t job_id)
{
    return (struct launch_request){
        .magic = LAUNCH_MAGIC,
        .version = LAUNCH_VERSION,
        .verb = (uint16_t)verb,
        .job_id = job_id,
        .attempt = 1,
        .uid = OWNER,
    };
}

static void send_bytes(int socket, const void *bytes, size_t size, const int *files,
                       size_t count)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = {0};
    char copy[256] = {0};
    struct iovec piece = {copy, size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    struct cmsghdr *part;

    memcpy(copy, bytes,
           size < sizeof(struct launch_request) ? size : sizeof(struct launch_request));
    if (count > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(part), files, count * sizeof(int));
    }
    sendmsg(socket, &message, MSG_NOSIGNAL);
}

/* Send it, and wait for the answer and for what the runner says. Whether there was an
 * answer that all is well; `notice` is "" if nothing was started. */
static bool try(const struct scene *scene, uid_t uid, const struct attack *attack,
                char notice[64])
{
    struct launch_reply reply = {.problem = -1};
    int files[8];
    int ends[2];
    int client = connect_as(scene, uid);
    size_t count = attack->files < 0 ? 1 : (size_t)attack->files;
    struct pollfd wait;
    ssize_t length;

    notice[0] = '\0';
    if (client < 0)
        return false;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    for (size_t i = 0; i < count; i++)
        files[i] = attack->files == -2 ? ends[0] : ends[1];
    if (attack->files == -1)
        files[0] = client;
    send_bytes(client, &attack->request,
               attack->size ? attack->size : sizeof(attack->request), files, count);
    close(ends[1]);
    (void)recv(client, &reply, sizeof(reply), 0);
    wait = (struct pollfd){.fd = ends[0], .events = POLLIN};
    assert_true(poll(&wait, 1, BOUND_MS) > 0);
    length = read(ends[0], notice, 63);
    notice[length > 0 ? length : 0] = '\0';
    close(ends[0]);
    close(client);
    return reply.problem == 0;
}

static struct scene *scene_or_skip(void **state)
{
    if (!*state)
        skip();
    return *state;
}

static void a_request_starts_the_runner_as_the_owner_once(void **state)
{
    const struct scene *scene = scene_or_skip(state);
    struct attack attack = {.files = 1, .request = request_of(LAUNCH_RUN, 1)};
    char notice[64];
    char expected[64];
    struct stat stat;

    make_run(scene, "state/runs/1.1", scene->daemon);
    assert_true(try(scene, scene->daemon, &attack, notice));
    snprintf(expected, sizeof(expected), "erun %d", OWNER);
    assert_string_equal(notice, expected);
    stat = look_at(scene, "state/runs/1.1");
    assert_int_equal(stat.st_uid, OWNER);
    assert_int_equal(stat.st_gid, scene->group);
    assert_int_equal(stat.st_mode & 07777, 02770);
    assert_false(try(scene, scene->daemon, &attack, notice));
    assert_string_equal(notice, "");
    /* Errands are done in what is the owner's, and in that only. */
    attack.request = request_of(LAUNCH_SWEEP, 1);
    assert_true(try(scene, scene->daemon, &attack, notice));
    snprintf(expected, sizeof(expected), "esweep %d", OWNER);
    assert_string_equal(notice, expected);
    attack.request.uid = 1234;
    assert_false(try(scene, scene->daemon, &attack, notice));
    assert_string_equal(notice, "");
}

static void nobody_but_the_daemon_gets_anything_started(void **state)
{
    const struct scene *scene = scene_or_skip(state);
    const struct attack attack = {.files = 1, .request = request_of(LAUNCH_RUN, 1)};
    const uid_t others[] = {0, OWNER, scene->daemon + 1};
    char notice[64];

    make_run(scene, "state/runs/1.1", scene->daemon);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(try(scene, others[i], &attack, notice));
        assert_string_equal(notice, "");
    }
    assert_int_equal(look_at(scene, "state/runs/1.1").st_uid, scene->daemon);
}

static void what_is_no_request_starts_nothing(void **state)
{
    const struct scene *scene = scene_or_skip(state);
    const struct launch_request good = request_of(LAUNCH_RUN, 1);
    struct attack attacks[] = {
        {"magic", 0, 1, good},      {"version", 0, 1, good},
        {"no verb", 0, 1, good},    {"unknown verb", 0, 1, good},
        {"no job", 0, 1, good},     {"negative job", 0, 1, good},
        {"no attempt", 0, 1, good}, {"reserved", 0, 1, good},
        {"short", 31, 1, good},     {"one byte", 1, 1, good},
        {"long", 33, 1, good},      {"very long", 200, 1, good},
        {"no file", 0, 0, good},    {"two", 0, 2, good},
        {"eight", 0, 8, good},      {"no pipe", 0, -1, good},
        {"wrong end", 0, -2, good},
    };
    char notice[64];

    attacks[0].request.magic++;
    attacks[1].request.version++;
    attacks[2].request.verb = 0;
    attacks[3].request.verb = LAUNCH_VERBS;
    attacks[4].request.job_id = 0;
    attacks[5].request.job_id = -1;
    attacks[6].request.attempt = 0;
    attacks[7].request.reserved[7] = 1;
    make_run(scene, "state/runs/1.1", scene->daemon);
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        if (try(scene, scene->daemon, &attacks[i], notice) || notice[0])
            fail_msg("%s: was started", attacks[i].name);
        assert_int_equal(look_at(scene, "state/runs/1.1").st_uid, scene->daemon);
    }
    /* And it still serves. */
    attacks[8].size = 0;
    assert_true(try(scene, scene->daemon, &attacks[8], notice));
}

static void runs_and_users_that_are_not_right_start_nothing(void **state)
{
    const struct scene *scene = scene_or_skip(state);
    struct attack attack = {.files = 1};
    const uid_t uids[] = {0, 1, 999, scene->daemon, (uid_t)-1};
    char target[PATH_SIZE];
    char path[PATH_SIZE];
    char notice[64];

    make_run(scene, "state/runs/1.1", scene->daemon);
    make_run(scene, "state/runs/2.1", 0);
    make_run(scene, "state/runs/3.1", 1234);
    path_of(scene, "state/runs/1.1", target);
    path_of(scene, "state/runs/4.1", path);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(lchown(path, scene->daemon, scene->group), 0);
    path_of(scene, "state/runs/5.1", path);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    assert_int_equal(chown(path, scene->daemon, scene->group), 0);
    for (int64_t id = 2; id <= 6; id++) { /* there is no 6.1 */
        attack.request = request_of(LAUNCH_RUN, id);
        assert_false(try(scene, scene->daemon, &attack, notice));
        assert_string_equal(notice, "");
    }
    for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
        attack.request = request_of(LAUNCH_RUN, 1);
        attack.request.uid = uids[i];
        assert_false(try(scene, scene->daemon, &attack, notice));
        assert_string_equal(notice, "");
    }
}

static void a_user_that_there_is_not_starts_nothing(void **state)
{
    const struct scene *scene = scene_or_skip(state);
    struct attack attack = {.files = 1, .request = request_of(LAUNCH_RUN, 1)};
    char notice[64];

    attack.request.uid = 987654;
    make_run(scene, "state/runs/1.1", scene->daemon);
    try(scene, scene->daemon, &attack, notice);
    assert_non_null(strstr(notice, "fthere is no such user"));
    assert_int_equal(look_at(scene, "state/runs/1.1").st_gid, scene->group);
}

static void a_client_that_says_nothing_blocks_nobody_for_long(void **state)
{
    const struct scene *scene = scene_or_skip(state);
    const struct attack attack = {.files = 1, .request = request_of(LAUNCH_RUN, 1)};
    int silent = connect_as(scene, scene->daemon);
    char notice[64];

    make_run(scene, "state/runs/1.1", scene->daemon);
    assert_true(silent >= 0);
    assert_true(try(scene, scene->daemon, &attack, notice));
    assert_int_equal(notice[0], 'e');
    close(silent);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_request_starts_the_runner_as_the_owner_once),
        SCENE_TEST(nobody_but_the_daemon_gets_anything_started),
        SCENE_TEST(what_is_no_request_starts_nothing),
        SCENE_TEST(runs_and_users_that_are_not_right_start_nothing),
        SCENE_TEST(a_user_that_there_is_not_starts_nothing),
        SCENE_TEST(a_client_that_says_nothing_blocks_nobody_for_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
