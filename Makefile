# SPDX-License-Identifier: MIT
# make              build the four programs and Slurm's plugins into build/
# make plugins      the latter alone; they need Slurm's headers, and go without else
# make demo         a day of jobs on a synthetic grid, in a minute
# make check        all tests, one summary
# make sanitize     the same under AddressSanitizer and UBSan, with leak checking
# make lint         formatting, clang-tidy, cppcheck, clang's warnings
# make layers       proves that no layer reaches above itself
# make fuzz         each fuzz target for FUZZ_SECONDS (20)
# make bench        figures for docs/performance.md
# make install      DESTDIR= PREFIX=/usr/local SYSCONFDIR=/etc
# make clean
# V=1 shows the commands in full.
# Targets that test install what is missing through apt. DEVELOPER=1 makes warnings errors.

CC     ?= cc
BUILD  ?= build
PREFIX ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),,$(PREFIX))/etc
CFLAGS ?= -O2 -g
PACKAGES := libuv libmicrohttpd libcurl jansson sqlite3 libsystemd
# Asked for when a recipe runs, so that what is missing can be installed first.
PACKAGE_CFLAGS = $(shell pkg-config --cflags $(PACKAGES) | sed 's/-I/-isystem/g')
HARDEN ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
LDHARDEN ?= -pie -Wl,-z,relro,-z,now
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Wvla \
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
    -Wwrite-strings -Wcast-qual -Wformat=2 -Wimplicit-fallthrough
ifndef V
say = @printf '  %-5s %s\n' $(1) $(2);
else
say =
endif
ifdef DEVELOPER
WARNINGS += -Werror
endif
LANGUAGE := -std=c11 -D_GNU_SOURCE -I. -I$(BUILD)
COMPILE = $(CC) $(LANGUAGE) $(WARNINGS) $(HARDEN) $(CFLAGS) $(PACKAGE_CFLAGS) -MMD -MP

# The layers, lowest first. What is named here may use only what is named above it.
BASE     := $(wildcard base/*.c)
# Also in Slurm's plugins, which run in processes that are not ours.
SHARED   := $(addprefix nodes/slurm/,cursor.c lease.c mark.c wish.c deferral.c joules.c rounds.c)
CORE     := $(wildcard grid/*.c queue/*.c nodes/*.c ledger/*.c) $(SHARED) \
            $(filter-out scheduler/engine%.c scheduler/replay.c,$(wildcard scheduler/*.c))
CONFIG   := $(wildcard config/*.c)
ENGINE   := $(wildcard scheduler/engine*.c) scheduler/replay.c
ADAPTERS := $(wildcard grid/providers/*.c queue/sqlite/*.c) \
            $(filter-out nodes/local/runner%.c nodes/local/launcher%.c,$(wildcard nodes/local/*.c)) \
            $(filter-out $(SHARED),$(wildcard nodes/slurm/*.c))
SETUP    := $(wildcard setup/*.c)
DAEMON   := $(filter-out daemon/main.c,$(wildcard daemon/*.c))
CLI      := $(filter-out cli/main.c,$(wildcard cli/*.c))
RUNNER   := $(wildcard nodes/local/runner*.c nodes/local/run_*.c) nodes/local/leftovers.c
LAUNCHER := $(wildcard nodes/local/launcher*.c)
SUPPORT  := $(wildcard tests/support/*.c)

objects   = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIBRARY  := $(BASE) $(CORE) $(CONFIG) $(ENGINE) $(ADAPTERS) $(SETUP)
PROGRAMS := $(addprefix $(BUILD)/,penstockd penstock penstock-runner penstock-launcher)
LIBS      = $(shell pkg-config --libs $(PACKAGES)) -lpthread -lm
UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
SIM      := $(patsubst tests/sim/%.c,$(BUILD)/tests/%,$(wildcard tests/sim/sim_*.c))
BENCH    := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/bench_*.c))
FUZZ     := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
SLURM    := $(patsubst tests/slurm/%.c,$(BUILD)/tests/slurm_%,$(wildcard tests/slurm/*.c))
BATS     := $(wildcard tests/e2e/*.bats tests/slurm/*.bats)
FAKE_NVML := $(BUILD)/tests/nvml/libnvidia-ml.so.1
# Nothing that allocates or aborts may get into slurmctld; unused functions are left out.
PLUGIN_PARTS := $(SHARED) $(addprefix base/,error.c time.c duration.c readings.c text.c when.c) \
    slurm/options.c
PLUGINS  := $(addprefix $(BUILD)/slurm/,job_submit_penstock.so spank_penstock.so)
HAS_SLURM = $(wildcard /usr/include/slurm/slurm.h)
TESTING  := check sanitize lint layers fuzz fuzzers bench demo
ifneq ($(filter $(TESTING),$(MAKECMDGOALS)),)
DEPENDENCIES := dependencies
endif

all: $(PROGRAMS) plugins

plugins: $(if $(HAS_SLURM),$(PLUGINS),no-plugins)

no-plugins:
	@echo "  no slurm/slurm.h (libslurm-dev): Slurm's plugins are not built"

help:
	@sed -n '2,15s/^# //p' Makefile

dependencies:
	@scripts/dependencies $(if $(filter-out demo,$(filter $(TESTING),$(MAKECMDGOALS))),test,build)

$(BUILD)/%.o: %.c | $(DEPENDENCIES)
	@mkdir -p $(@D)
	$(call say,CC,$<) $(COMPILE) -c $< -o $@

$(call objects,$(wildcard queue/sqlite/*.c)): $(BUILD)/queue/sqlite/migrations.h
$(BUILD)/queue/sqlite/migrations.h: $(wildcard migrations/*.sql) scripts/embed-migrations
	@mkdir -p $(@D)
	scripts/embed-migrations $(sort $(wildcard migrations/*.sql)) > $@

$(BUILD)/libpenstock.a: $(call objects,$(LIBRARY))
	@rm -f $@
	$(call say,AR,$@) $(AR) rcs $@ $^
$(BUILD)/penstockd: $(call objects,daemon/main.c $(DAEMON)) $(BUILD)/libpenstock.a
	$(call say,LD,$@) $(CC) $(CFLAGS) $(LDHARDEN) $^ -o $@ $(LIBS)
$(BUILD)/penstock: $(call objects,cli/main.c $(CLI)) $(BUILD)/libpenstock.a
	$(call say,LD,$@) $(CC) $(CFLAGS) $(LDHARDEN) $^ -o $@ $(shell pkg-config --libs libcurl jansson libuv sqlite3) -lm
$(BUILD)/penstock-runner: $(call objects,$(RUNNER) $(BASE))
	$(call say,LD,$@) $(CC) $(CFLAGS) $(LDHARDEN) $^ -o $@
$(BUILD)/penstock-launcher: $(call objects,$(LAUNCHER))
	$(call say,LD,$@) $(CC) $(CFLAGS) $(LDHARDEN) $^ -o $@

# They are loaded into programs that no sanitizer was built into; valgrind reads DWARF 4.
$(BUILD)/plugin/%.o: %.c | $(DEPENDENCIES)
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(LANGUAGE) $(WARNINGS) -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	    $(filter-out -fsanitize% -fno-sanitize% -DREPORTS%,$(subst \,,$(CFLAGS))) -O2 -gdwarf-4 -DNDEBUG -fPIC \
	    -fvisibility=hidden -ffunction-sections -MMD -MP -c $< -o $@
plugin_objects = $(patsubst %.c,$(BUILD)/plugin/%.o,$(PLUGIN_PARTS) $(1))
$(BUILD)/slurm/job_submit_penstock.so: $(call plugin_objects,slurm/job_submit_penstock.c slurm/lease_file.c)
$(BUILD)/slurm/spank_penstock.so: $(call plugin_objects,slurm/spank_penstock.c slurm/energy.c nodes/local/nvml.c)
# A look at a GPU that was given up may still be in it when Slurm is done with it.
$(BUILD)/slurm/spank_penstock.so: LDPLUGIN := -Wl,-z,nodelete
$(PLUGINS):
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) -shared -Wl,--gc-sections,-z,relro,-z,now $(LDPLUGIN) $^ -o $@

# NVIDIA's library as a text file has it. It is the same whatever the rest is built with.
$(FAKE_NVML): tests/nvml/fake_nvml.c nodes/local/nvml.h
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(LANGUAGE) $(WARNINGS) -g -O1 -fPIC -shared \
	    -Wl,-soname,$(@F) $< -o $@

$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(call objects,$(SUPPORT) $(CLI) $(DAEMON)) $(BUILD)/libpenstock.a
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(CFLAGS) $(LDHARDEN) $^ -o $@ -lcmocka $(LIBS)
$(BUILD)/tests/test_slurm_plugin: $(BUILD)/tests/unit/test_slurm_plugin.o \
        $(call objects,slurm/lease_file.c slurm/options.c) $(BUILD)/libpenstock.a
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(CFLAGS) $(LDHARDEN) $^ -o $@ -lcmocka $(LIBS)
$(BUILD)/tests/sim_%: $(BUILD)/tests/sim/sim_%.o $(call objects,$(SUPPORT)) $(BUILD)/libpenstock.a
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(CFLAGS) $(LDHARDEN) $^ -o $@ -lcmocka $(LIBS)
$(BUILD)/tests/slurm_%: $(BUILD)/tests/slurm/%.o $(BUILD)/tests/support/http_exchange.o $(BUILD)/libpenstock.a
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(CFLAGS) $(LDHARDEN) $^ -o $@ $(LIBS)
$(BUILD)/bench/bench_job_submit: override LDHARDEN += -rdynamic
$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(call objects,$(SUPPORT)) $(BUILD)/libpenstock.a
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(CFLAGS) $(LDHARDEN) $^ -o $@ -lcmocka $(LIBS)

$(BUILD)/tests/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(call objects,$(SUPPORT) $(CLI) $(DAEMON)) $(BUILD)/libpenstock.a
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(CFLAGS) -fsanitize=fuzzer $^ -o $@ -lcmocka $(LIBS)

check: $(PROGRAMS) plugins $(FAKE_NVML) $(UNIT) $(SIM) $(SLURM)
	BUILD=$(abspath $(BUILD)) CMOCKA_MESSAGE_OUTPUT=TAP prove --exec scripts/run-test \
	    $(UNIT) $(SIM) $(BATS)

sanitize:
	@rm -rf build/sanitize/reports
	$(MAKE) check BUILD=build/sanitize CC=clang HARDEN= LDHARDEN=tests/sanitize/options.c \
	    CFLAGS='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	    -fno-sanitize-recover=all -DREPORTS=\"$(abspath build/sanitize/reports)\"'

lint: $(DEPENDENCIES) $(BUILD)/queue/sqlite/migrations.h
	scripts/lint $(BUILD)

layers: plugins $(call objects,$(BASE) $(CORE) $(CONFIG) $(ENGINE) $(LAUNCHER))
	scripts/layers $(BUILD) "$(BASE)" "$(CORE) $(CONFIG)" "$(ENGINE)" "$(LAUNCHER)"

fuzz:
	$(MAKE) fuzzers BUILD=build/fuzz CC=clang HARDEN= CFLAGS='-g -O1 -fno-omit-frame-pointer \
	    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'
	scripts/fuzz build/fuzz

fuzzers: $(FUZZ)

bench: $(PROGRAMS) plugins $(BENCH) $(FAKE_NVML)
	scripts/bench $(BUILD)

demo: $(PROGRAMS)
	@scripts/demo $(BUILD)

install: all
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5
	$(BUILD)/penstock manual > $(DESTDIR)$(PREFIX)/share/man/man1/penstock.1
	$(BUILD)/penstock manual penstock.conf > $(DESTDIR)$(PREFIX)/share/man/man5/penstock.conf.5
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 man/penstockd.8 man/penstock-launcher.8
	install -D -t $(DESTDIR)$(PREFIX)/bin $(BUILD)/penstock
	install -D -t $(DESTDIR)$(PREFIX)/sbin $(BUILD)/penstockd
	install -D -t $(DESTDIR)$(PREFIX)/libexec/penstock $(BUILD)/penstock-runner $(BUILD)/penstock-launcher
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/penstock/slurm etc/job_submit.lua \
	    $(if $(HAS_SLURM),$(PLUGINS))
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/bash-completion/completions etc/completion/penstock
	test -e $(DESTDIR)$(SYSCONFDIR)/penstock.conf || \
	    install -D -m 644 etc/penstock.conf $(DESTDIR)$(SYSCONFDIR)/penstock.conf
	for unit in penstockd penstock-launcher; do \
	    sed 's|@PREFIX@|$(PREFIX)|g; s|@SYSCONFDIR@|$(SYSCONFDIR)|g' etc/$$unit.service | install -D -m 644 \
	        /dev/stdin $(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit.service || exit 1; done
	install -D -m 644 etc/penstock.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/penstock.conf
	install -D -m 644 etc/penstock.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/penstock.conf

clean:
	rm -rf build

.PHONY: all plugins no-plugins help dependencies check sanitize lint layers fuzz fuzzers bench demo install clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
