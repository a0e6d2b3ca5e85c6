# SPDX-License-Identifier: MIT
# Run `make help` for the list of targets.

VERSION := 0.2.0

prefix  ?= /usr
sbindir ?= $(prefix)/sbin
datadir ?= $(prefix)/share
libexecdir ?= $(prefix)/libexec
mandir  ?= $(datadir)/man
# Debian has a directory of its own for packages: vendor-completions.
zshdir  ?= $(datadir)/zsh/site-functions
fishdir ?= $(datadir)/fish/vendor_completions.d
DESTDIR ?=

# release: what is shipped. static: one program without libraries (installer/static). debug: -O0. san: address and undefined-behaviour sanitizers, for the tests.
VARIANT ?= release
out_release := build
out_debug   := build/debug
out_san     := build/san
out_native  := build/native
out_static  := build/static
out := $(out_$(VARIANT))

CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
libs := yaml-0.1 blkid mount jansson
# Loaded when a screen is drawn (wizard/ui/newt_library.c): only their headers are needed.
screen_libs := libnewt slang

warnings := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	-Wundef -Wvla -Wwrite-strings -Wpointer-arith -Wimplicit-fallthrough -Wnull-dereference
flags_release := $(CFLAGS) -fPIE -fstack-protector-strong
flags_native  := $(CFLAGS)
flags_static  := -Os -g -fstack-protector-strong -ffunction-sections -fdata-sections -DVPSFIT_STATIC -Wno-stringop-overflow
flags_debug   := -O0 -g -Werror
# gcc mistakes the sanitizer's own null checks for null formats.
flags_san     := -O1 -g -Werror -Wno-format-truncation -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
link_release  := -pie -Wl,-z,relro
link_static   := -static -Wl,--gc-sections -Wl,-z,relro,-z,now
link_san      := -fsanitize=address,undefined
# Linked statically, the sampler has under 1 MiB in memory; of a shared C library the kernel maps half a MiB more, used or not.
link_sampler_release := -static-pie -Wl,-z,relro -Wl,--gc-sections
link_sampler_static := $(link_static)
link_sampler_san := $(link_san)

# V=1 shows the whole commands.
Q := $(if $(V),,@)

# Targets that build something first use all cores for that, unless make was told otherwise.
cores := $(shell nproc 2>/dev/null || echo 1)
jobs = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(cores))

# Expanded lazily, so that `make deps` and `make help` work without pkg-config.
compile = $(CC) -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVPSFIT_VERSION='"$(VERSION)"' \
	-DVPSFIT_DATADIR='"$(datadir)/vpsfit"' -DVPSFIT_LIBEXECDIR='"$(libexecdir)/vpsfit"' -DVPSFIT_LOCALEDIR='"$(datadir)/locale"' -Iinstaller -I. $(CPPFLAGS) $(flags_$(VARIANT)) $(warnings) \
	$(shell $(PKG_CONFIG) --cflags $(libs) $(screen_libs)) -MMD -MP
link = $(CC) $(flags_$(VARIANT)) $(link_$(VARIANT)) $(LDFLAGS) -Wl,--as-needed
link_libs = $(shell $(PKG_CONFIG) $(if $(filter static,$(VARIANT)),--static) --libs $(libs) $(if $(filter static,$(VARIANT)),$(screen_libs)))

# The manual's generator is only used by the build.
manual_sources := $(wildcard installer/manual/*.c)
manual_pages := vpsfit.8 vpsfit-profile.5 vpsfit-answers.5
completions := vpsfit.bash vpsfit.zsh vpsfit.fish
manual := $(manual_pages:%=$(out)/manual/%) $(completions:%=$(out)/manual/%)
sources := $(filter-out $(manual_sources),$(wildcard installer/*.c installer/*/*.c wizard/*.c wizard/*/*.c))
objects := $(sources:%.c=$(out)/obj/%.o)
library := $(out)/libvpsfit.a
# A program of its own, which links the C library alone.
sampler := $(out)/sampler
unit_tests := $(patsubst tests/unit/%.c,$(out)/%,$(wildcard tests/unit/test_*.c))

# Packages of Debian 12: for the program in English, for its catalogues (36 MiB of it are ICU), and for its tests.
run_packages := gcc libc6-dev pkg-config libyaml-dev libblkid-dev libmount-dev libjansson-dev libnewt-dev libslang2-dev
packages := $(run_packages) gettext \
	tmux zsh fish ncurses-base ncurses-term libcmocka-dev python3 python3-pytest python3-pytest-xdist python3-yaml binutils docker-compose \
	debian-archive-keyring ca-certificates patch strace valgrind systemd groff
swap_packages := btrfs-progs xfsprogs e2fsprogs dosfstools fdisk util-linux mount
bench_packages := valgrind hyperfine time tuned dc whiptail
picture_packages := python3-pil fonts-dejavu-core
bare_packages := debootstrap
stack_packages := docker.io debootstrap iproute2 util-linux apt-utils gnupg openssl
# FULL=1: somebody in a browser.
browser_packages := chromium python3-websocket
deb_packages := debootstrap
repo_packages := apt-utils gnupg
package_packages := $(deb_packages) $(repo_packages) lintian python3-pytest python3-pytest-xdist python3-yaml binutils
arm64_packages := qemu-user-static
vm_packages := $(deb_packages) $(repo_packages) qemu-system-x86 qemu-utils genisoimage e2fsprogs python3-yaml

.PHONY: all
all: $(out)/vpsfit $(sampler) $(manual) ## build build/vpsfit, its sampler and its manual

# Message catalogues, in the build tree, where the program looks first. Without gettext it speaks English.
languages := $(if $(shell command -v msgfmt),$(patsubst wizard/po/%.po,%,$(wildcard wizard/po/*.po)))
catalogues := $(languages:%=build/locale/%/LC_MESSAGES/vpsfit.mo)

build/locale/%/LC_MESSAGES/vpsfit.mo: wizard/po/%.po
	@mkdir -p $(@D)
	@echo "  MSGFMT  $@"
	$(Q)msgfmt --check-format --no-hash -o $@ $<

build/locale/vpsfit.built: $(catalogues)
	@mkdir -p $(@D)
	@touch $@

# All files with text for people; tests/tui/test_languages.py checks the same.
texts := $(wildcard installer/*.[ch] installer/*/*.[ch] wizard/*.[ch] wizard/*/*.[ch]) build/service-texts.c

# Texts in service files and profiles are one line each, and valid C strings as well.
profile_files := $(wildcard profiles/*-vps.yaml) profiles/desktop.yaml
build/service-texts.c: $(wildcard templates/services/*.yaml templates/catalogue/*.yaml) templates/images.yaml $(profile_files)
	@mkdir -p $(@D)
	$(Q)sed -nE 's/^ *(- )?(else|hint|says|lacks|left|older|depends_on|unknown): (".*")$$/N_(\3)/p; s/^ {8}why: (".*")$$/N_(\1)/p' $(filter-out $(profile_files),$^) >$@
	$(Q)sed -nE 's/^title: (".*")$$/N_(\1)/p' $(profile_files) >>$@

.PHONY: po
po: $(texts) ## add new and changed texts to the catalogues
	xgettext --language=C --from-code=UTF-8 -k_ -kN_ -kQ_:1,2 --omit-header --no-location -o build/vpsfit.pot $(texts)
	for l in $(languages); do msgmerge --quiet --update --backup=none --no-wrap --no-location wizard/po/$$l.po build/vpsfit.pot; done

.PHONY: texts
texts: $(texts) ## build/texts.md: every error, warning and other text for people, on one page
	$(Q)xgettext --language=C --from-code=UTF-8 -k_ -kN_ -kQ_:1,2 --omit-header -o build/texts.pot $(texts)
	$(Q)/usr/bin/python3 tests/texts.py build/texts.pot build/texts.md

$(out)/vpsfit: $(out)/obj/installer/main.o $(library) | build/locale/vpsfit.built
	@echo "  LD      $@"
	$(Q)$(link) -o $@ $^ $(link_libs)

$(sampler): $(out)/obj/installer/watch/sampler/main.o $(library)
	@echo "  LD      $@"
	$(Q)$(CC) $(flags_$(VARIANT)) $(link_sampler_$(VARIANT)) $(LDFLAGS) -o $@ $^

$(library): $(filter-out %/main.o,$(objects))
	@echo "  AR      $@"
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

# Runs on the build machine: when cross-building, CC and PKG_CONFIG are those of the build machine.
CC_FOR_BUILD ?= $(CC)
PKG_CONFIG_FOR_BUILD ?= $(PKG_CONFIG)
manual_tool := $(out)/vpsfit-manual
ifneq ($(CC_FOR_BUILD),$(CC))
manual_tool := build/native/vpsfit-manual
build/native/vpsfit-manual: FORCE
	@$(MAKE) --no-print-directory VARIANT=native CC=$(CC_FOR_BUILD) CC_FOR_BUILD=$(CC_FOR_BUILD) \
		PKG_CONFIG=$(PKG_CONFIG_FOR_BUILD) CFLAGS=-O1 CPPFLAGS= LDFLAGS= $@
endif
.PHONY: FORCE

$(out)/vpsfit-manual: $(manual_sources:%.c=$(out)/obj/%.o) $(library)
	@echo "  LD      $@"
	$(Q)$(link) -o $@ $^ $(link_libs)

$(out)/manual/%: installer/manual/%.in $(manual_tool)
	@mkdir -p $(@D)
	@echo "  MANUAL  $@"
	$(Q)LC_ALL=C.UTF-8 $(manual_tool) $< >$@.new && mv $@.new $@

$(out)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(compile) -c -o $@ $<

$(out)/test_%: tests/unit/test_%.c $(library) Makefile
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(compile) -Itests/unit -o $@ $< $(library) $(link_$(VARIANT)) $(link_libs) -lcmocka -lm

# Prints vpsfit's view of a project, for tests/cli/test_merge.py.
$(out)/merge-dump: tests/merge/dump.c $(library) Makefile
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(compile) -o $@ $< $(library) $(link_$(VARIANT)) $(link_libs)

-include $(objects:.o=.d) $(out)/obj/installer/watch/sampler/main.d $(manual_sources:%.c=$(out)/obj/%.d)

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 20

define install_packages
	@missing=; for p in $(1); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then sudo=; elif command -v sudo >/dev/null; then sudo=sudo; else \
		echo "These packages are missing; install them as root: apt-get install$$missing" >&2; exit 1; fi; \
	echo "Installing:$$missing"; \
	$$sudo apt-get -qq -o DPkg::Lock::Timeout=300 update && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 install --no-install-recommends $$missing
endef

.PHONY: deps
deps: ## install what the build and the tests need (Debian packages)
	$(call install_packages,$(packages))

.PHONY: run
run: ## build, then write a stack for this machine into ./ai-gateway; installs what the build needs
	$(call install_packages,$(run_packages))
	@$(MAKE) --no-print-directory $(jobs) all
	build/vpsfit apply --yes --swap none --dir ./ai-gateway --state ./ai-gateway/.vpsfit

.PHONY: check
check: deps ## build and run all tests
	@$(MAKE) --no-print-directory $(jobs) all
	@$(MAKE) --no-print-directory $(jobs) VARIANT=san check-unit check-corpus
	@$(MAKE) --no-print-directory check-layers
	@$(MAKE) --no-print-directory check-cli
	@$(MAKE) --no-print-directory check-trust
	@$(MAKE) --no-print-directory check-tui
	@echo "All checks passed."

build/roots/.made: tests/roots/make_roots.py
	rm -rf build/roots
	mkdir -p build/roots
	/usr/bin/python3 tests/roots/make_roots.py build/roots
	touch $@

compose2 := build/compose2/usr/libexec/docker/cli-plugins/docker-compose
$(compose2): tests/tools/get-compose2
	tests/tools/get-compose2 build/compose2
	touch $@

# `make check` replays the corpus; `make fuzz` searches for more.
fuzz_seeds := tests/compose tests/yaml tests/merge templates tests/fuzz/corpus
fuzz_targets := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

$(out)/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(library) Makefile
	@echo "  CC      $@"
	$(Q)$(compile) -o $@ $< tests/fuzz/replay.c $(library) $(link_$(VARIANT)) $(link_libs)

.PHONY: check-corpus
check-corpus: $(fuzz_targets:%=$(out)/%)
	@for t in $^; do $$t $(wildcard $(fuzz_seeds)) || exit 1; done

FUZZ_SECONDS ?= 60
fuzz_packages := clang
.PHONY: fuzz
fuzz: deps ## search for inputs that break the YAML tree, the edits or .env (FUZZ_SECONDS each)
	$(call install_packages,$(fuzz_packages))
	tests/fuzz/run $(FUZZ_SECONDS) $(fuzz_targets)

.PHONY: check-unit
check-unit: $(unit_tests) $(out)/vpsfit build/roots/.made
	@for t in $(unit_tests); do echo "== $$t"; \
		VPSFIT_TESTS=tests VPSFIT_ROOTS=build/roots $$t || exit 1; done

# These tests mostly wait for child processes and share nothing, so run them in parallel.
pytest := /usr/bin/python3 -m pytest -q -p no:cacheprovider
in_parallel := -n 2

# What tests/cli is run with.
.PHONY: for-cli
for-cli: build/roots/.made $(compose2)
	@$(MAKE) --no-print-directory $(jobs) VARIANT=san build/san/vpsfit build/san/sampler build/san/merge-dump
	@$(MAKE) --no-print-directory $(jobs) VARIANT=debug all

check_cli = VPSFIT=$(CURDIR)/build/san/vpsfit VPSFIT_MANUAL=$(CURDIR)/build/debug/manual VPSFIT_ROOTS=$(CURDIR)/build/roots \
	COMPOSE2=$(CURDIR)/$(compose2) $(pytest) $(in_parallel)

.PHONY: check-cli
check-cli: for-cli
	$(check_cli) $(not_root) tests/cli
	@[ -z "$(not_root)" ] || echo "check-cli: the deselected tests were NOT RUN, they want root: sudo make check-root" >&2

# Tests that want root are marked; for an ordinary user they are left out, and told.
not_root := $(if $(filter 0,$(shell id -u)),,-m 'not root')

.PHONY: check-root
check-root: ## as root: what `make check` of an ordinary user left out
	@[ "$$(id -u)" = 0 ] || { echo "check-root wants root" >&2; exit 1; }
	@$(MAKE) --no-print-directory for-cli
	$(check_cli) -m root tests/cli
	$(check_tui) -m root tests/tui
	@$(MAKE) --no-print-directory check-trust

$(out)/simulate: tests/simulate/simulate.c $(library) Makefile
	@echo "  CC      $@"
	$(Q)$(compile) -o $@ $< $(library) $(link_$(VARIANT)) -lm

.PHONY: simulate
simulate: ## hold calibrate's rule against others, on 1,000 made-up machines
	@$(MAKE) --no-print-directory $(jobs) build/simulate
	build/simulate 1000

.PHONY: check-trust
check-trust: ## as root: links, state and races in another user's directory
	@$(MAKE) --no-print-directory $(jobs) VARIANT=san build/san/vpsfit
	@$(MAKE) --no-print-directory $(jobs) VARIANT=debug build/debug/vpsfit
	@if [ "$$(id -u)" != 0 ]; then echo "check-trust: NOT RUN, it wants root: sudo make check-root" >&2; exit 0; fi; \
		VPSFIT=$(CURDIR)/build/san/vpsfit VPSFIT_FAST=$(CURDIR)/build/debug/vpsfit \
		$(pytest) tests/trust

check_tui = VPSFIT=$(CURDIR)/build/san/vpsfit VPSFIT_ROOTS=$(CURDIR)/build/roots $(pytest)

.PHONY: check-tui
check-tui: build/roots/.made ## test the wizard, in tmux and on pseudo-terminals
	@$(MAKE) --no-print-directory $(jobs) VARIANT=san build/san/vpsfit
	@$(MAKE) --no-print-directory $(jobs) VARIANT=debug build/debug/vpsfit
	$(check_tui) $(not_root) tests/tui
	@[ -z "$(not_root)" ] || echo "check-tui: the deselected tests were NOT RUN, they want root: sudo make check-root" >&2

.PHONY: check-layers
check-layers: ## check who includes what, function sizes, and that core does no I/O
	@$(MAKE) --no-print-directory $(jobs) VARIANT=debug build/debug/libvpsfit.a
	/usr/bin/python3 tests/layers.py build/debug/obj

debug_tests := $(patsubst tests/unit/%.c,build/debug/%,$(wildcard tests/unit/test_*.c))

.PHONY: check-valgrind
check-valgrind: build/roots/.made ## unit tests and a plan under valgrind
	@$(MAKE) --no-print-directory $(jobs) VARIANT=debug build/debug/vpsfit $(debug_tests)
	@for t in $(debug_tests); do echo "== $$t"; \
		VPSFIT_TESTS=tests VPSFIT_ROOTS=build/roots valgrind -q --error-exitcode=9 --leak-check=full $$t || exit 1; done
	valgrind -q --error-exitcode=9 --leak-check=full build/debug/vpsfit plan --json --sysroot build/roots/vm-4g >/dev/null

# Unit tests that must notice an inverted or shifted condition; one of eight changes, other ones each day. FULL=1: all of them.
mutant_tests := $(patsubst %,test_%,advice advice_parts beside images most_workers needs outlook planner reach variants)
.PHONY: mutants
mutants: deps build/roots/.made ## invert every condition in the warnings' rules; a unit test must notice each (one in eight; FULL=1: all)
	@$(MAKE) --no-print-directory $(jobs) VARIANT=debug $(mutant_tests:%=build/debug/%)
	@mkdir -p build/debug/tests
	@for t in $(mutant_tests); do $(MAKE) --no-print-directory VARIANT=debug build/debug/tests/$$t.o || exit 1; done
	/usr/bin/python3 tests/mutation/rules.py $(if $(FULL),,--every 8) build/debug

$(out)/tests/%.o: tests/unit/%.c Makefile
	@mkdir -p $(@D)
	$(Q)$(compile) -Itests/unit -c -o $@ $<

.PHONY: check-faults
check-faults: deps build/roots/.made build/failing_malloc.so ## fail an apply and a rollback at every system call and every fifth allocation; FULL=1: at every one, and of 0.1.0 too
	@$(MAKE) --no-print-directory $(jobs) VARIANT=debug build/debug/vpsfit
	/usr/bin/python3 tests/faults/syscalls.py build/debug/vpsfit build/roots/vm-4g
	/usr/bin/python3 tests/faults/allocations.py build/debug/vpsfit build/failing_malloc.so build/roots/vm-4g $(if $(FULL),all)
	$(if $(FULL),@$(MAKE) --no-print-directory $(earlier))
	$(if $(FULL),VPSFIT_EARLIER=$(earlier) /usr/bin/python3 tests/faults/earlier.py build/debug/vpsfit build/roots)

# The program of 0.1.0: what it left must go on, wherever it was killed. What tests/cli has of it is recorded (make recorded).
earlier := build/earlier/build/vpsfit
$(earlier): tests/faults/build-earlier tests/cli/0.1.0/commit
	@echo "  BUILD   $@"
	$(Q)tests/faults/build-earlier build/earlier

.PHONY: recorded
recorded: deps build/roots/.made $(earlier) ## write tests/cli/0.1.0/recorded.json anew, with the program of 0.1.0
	@$(MAKE) --no-print-directory $(jobs) VARIANT=debug build/debug/vpsfit
	VPSFIT_EARLIER=$(earlier) /usr/bin/python3 tests/faults/earlier.py build/debug/vpsfit build/roots --record

build/failing_malloc.so: tests/faults/failing_malloc.c
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC -O1 $(warnings) -o $@ $<

.PHONY: check-swap
check-swap: deps build/roots/.made ## as root: swap on real file systems, its whole life, and with faults; FULL=1: of 0.1.0 too
	$(call install_packages,$(swap_packages))
	@$(MAKE) --no-print-directory $(jobs) VARIANT=debug build/debug/vpsfit
	VPSFIT_ROOTS=$(CURDIR)/build/roots /usr/bin/python3 tests/swap/matrix.py build/debug/vpsfit
	/usr/bin/python3 tests/swap/life.py build/debug/vpsfit
	/usr/bin/python3 tests/swap/found.py build/debug/vpsfit
	/usr/bin/python3 tests/swap/place.py build/debug/vpsfit
	/usr/bin/python3 tests/swap/faults.py build/debug/vpsfit
	$(if $(FULL),@$(MAKE) --no-print-directory $(earlier))
	$(if $(FULL),VPSFIT_EARLIER=$(CURDIR)/$(earlier) /usr/bin/python3 tests/swap/faults.py build/debug/vpsfit)

.PHONY: check-bare
check-bare: ## on a bare Debian 12 with git and make: clone, make run, make check; FULL=1: as an ordinary user on Debian 12 and 13, too
	$(call install_packages,$(bare_packages))
	tests/bare-debian
	$(if $(FULL),@$(MAKE) --no-print-directory check-user RELEASE=bookworm)
	$(if $(FULL),@$(MAKE) --no-print-directory check-user RELEASE=trixie)

RELEASE ?= trixie
.PHONY: check-user
check-user: ## on a bare Debian 13 (RELEASE=bookworm: 12), as an ordinary user: make run, make check, and what that leaves to root
	$(call install_packages,$(bare_packages))
	tests/bare-debian $(RELEASE) user

# FULL=1 uses the real Open WebUI in both of its images, and the one that 0.1.0 wrote (12 GB of packages), instead of the stand-in. QUERY_ENGINE=PATH gives LiteLLM
# its database, by an engine of Prisma 5.17.0; without it the tests and the figures say that there was none.
stack_webui := $(if $(FULL),open-webui-full open-webui-slim open-webui-earlier,open-webui)
stack_images := litellm postgres nginx redis caddy $(stack_webui)
measured_images := litellm postgres nginx redis open-webui-full open-webui-slim

# Both Composes and every fault of the step take minutes; the ordinary run has the first start, and what a change breaks off.
few_of_key := "compose2 and (first_start or breaks_off)"

.PHONY: check-stack
check-stack: deps $(compose2) ## run the stack with a real engine (FULL=1: with the real Open WebUI, and an hour of work)
	$(call install_packages,$(stack_packages) $(if $(FULL),$(browser_packages)))
	@$(MAKE) --no-print-directory $(jobs) all deb
	tests/stack/build-images build/stack $(stack_images) bare
	tests/stack/with-engine build/stack "$(stack_images)" \
		$(pytest) tests/stack/test_stack.py tests/stack/test_start.py tests/stack/test_tls.py \
		tests/stack/test_first_chat.py $(if $(FULL),tests/stack/test_calibrated.py tests/stack/test_browser.py tests/stack/test_webui.py tests/stack/test_earlier_webui.py tests/stack/test_earlier_key.py tests/stack/test_hour.py)
	tests/stack/with-engine build/stack "litellm postgres nginx open-webui" $(pytest) tests/stack/test_webui_key.py $(if $(FULL),,-k $(few_of_key))
	for layout in neither data-root cgroup-parent both; do \
		VPSFIT=$(CURDIR)/build/vpsfit STACK_LAYOUT=$$layout tests/stack/with-engine build/stack litellm \
			$(pytest) --noconftest tests/stack/test_stranger.py || exit 1; done
	STACK_NO_MEMORY=1 tests/stack/with-engine build/stack nginx \
		$(pytest) tests/stack/test_no_controller.py
	timeout 600 tests/stack/with-engine build/stack "" /usr/bin/python3 tests/stack/kills.py build/sampler $(if $(FULL),100,10)
	VPSFIT=$(CURDIR)/build/vpsfit timeout 600 tests/stack/with-engine build/stack "" \
		$(pytest) --noconftest tests/stack/test_life.py
	VPSFIT=$(CURDIR)/build/vpsfit timeout 600 $(pytest) --noconftest tests/stack/test_engines.py

.PHONY: check-swarm
check-swarm: deps ## run the exported stack on a swarm of three engines, lose one, and read every limit back
	$(call install_packages,$(stack_packages))
	@$(MAKE) --no-print-directory $(jobs) all
	tests/stack/build-images build/stack litellm postgres nginx redis open-webui
	VPSFIT=$(CURDIR)/build/vpsfit timeout 1800 tests/swarm/with-swarm build/stack \
		/usr/bin/python3 -m pytest -x -s -q -p no:cacheprovider tests/swarm

# CHARTS=DIR takes the makers' own charts in place of the stand-ins (tests/helm/README.md).
.PHONY: check-helm
check-helm: deps ## have Helm make manifests of exported values, and hold them against Kubernetes' strict schemas
	$(call install_packages,$(if $(shell command -v go),,golang-go) python3-pip python3-pytest python3-yaml)
	@$(MAKE) --no-print-directory all
	tests/helm/get-tools build/helm
	VPSFIT=$(CURDIR)/build/vpsfit HELM_TOOLS=$(CURDIR)/build/helm timeout 900 \
		/usr/bin/python3 -m pytest -s -q -p no:cacheprovider tests/helm

# WORKERS=1,2 measures only these counts, RUNS=1 less often; NAME=... names the model; RESUME=1 continues an interrupted run.
.PHONY: measure
measure: deps $(compose2) ## measure the running stack, write a cost model into build/measure
	$(call install_packages,$(stack_packages))
	@$(MAKE) --no-print-directory $(jobs) all
	tests/stack/build-images build/stack $(measured_images)
	tests/stack/with-engine build/stack "$(measured_images)" \
		tests/measure/measure $(if $(WORKERS),--workers $(WORKERS)) $(if $(RUNS),--runs $(RUNS)) $(if $(NAME),--name $(NAME)) \
		$(if $(RESUME),--resume)
	tests/stack/with-engine build/stack "$(measured_images)" tests/measure/throughput $(if $(WORKERS),--workers $(WORKERS))
	tests/stack/with-engine build/stack "$(measured_images)" tests/measure/overcommit

.PHONY: measure-lean
measure-lean: deps $(compose2) ## measure what the low-memory settings save
	$(call install_packages,$(stack_packages))
	@$(MAKE) --no-print-directory $(jobs) all
	tests/stack/build-images build/stack $(measured_images)
	tests/stack/with-engine build/stack "$(measured_images)" tests/measure/lean

# The package, built in a clean Debian 12 (tests/package/build-deb) if anything in it has changed.
native_arch = $(shell dpkg --print-architecture)
ARCH ?= $(native_arch)
deb = dist/vpsfit_$(VERSION)_$(1).deb
packaged := Makefile tests/package/build-deb $(shell tests/tools/sources list installer wizard profiles templates debian 2>/dev/null)

dist/vpsfit_$(VERSION)_%.deb: $(packaged)
	$(call install_packages,$(deb_packages))
	tests/package/build-deb $*
	@touch $@

.PHONY: deb
deb: ## dist/vpsfit_VERSION_ARCH.deb, built in a clean Debian 12; ARCH=arm64 cross-builds
	@$(MAKE) --no-print-directory $(call deb,$(ARCH))

static = dist/vpsfit-$(VERSION)-linux-$(1).tar.gz
dist/vpsfit-$(VERSION)-linux-%.tar.gz: $(packaged) installer/static/build installer/static/prepare
	$(call install_packages,$(deb_packages))
	installer/static/build $*

.PHONY: static
static: ## dist/vpsfit-VERSION-linux-ARCH.tar.gz: one static program for any distribution; ARCH=arm64 cross-builds
	@$(MAKE) --no-print-directory $(call static,$(ARCH))

# Without libraries made for musl nothing can be linked; Alpine's package is built there (installer/static/APKBUILD).
.PHONY: check-musl
check-musl: deps ## compile every source with musl's headers, as Alpine does
	$(call install_packages,musl-tools)
	@for f in $(sources); do musl-gcc $(filter-out -MMD -MP,$(wordlist 2,99,$(compile))) -fsyntax-only -Wno-sign-conversion -Wno-conversion -Werror -idirafter /usr/include \
		-idirafter /usr/include/$$(gcc -print-multiarch) $$f || exit 1; done
	@echo "check-musl: $(words $(sources)) files"

.PHONY: repo
repo: deb ## dist/repo: a signed APT repository of the package; KEY=FINGERPRINT signs with yours, URL=ADDRESS is where it will be
	$(call install_packages,$(repo_packages))
	tests/package/make-repo dist/repo $(call deb,$(ARCH))

# Without FULL=1: what a change can break, in a few minutes.
.PHONY: check-package
check-package: deps build/roots/.made ## install, upgrade, purge, preseed and break the package on Debian 12 and 13; FULL=1: arm64, a build on sid, and an upgrade from 0.1.0, too
	$(call install_packages,$(package_packages))
	@$(MAKE) --no-print-directory deb
	@$(MAKE) --no-print-directory static
	@$(MAKE) --no-print-directory $(jobs) VARIANT=debug all
	$(pytest) $(in_parallel) --dist loadfile tests/package --ignore=tests/package/test_arm64.py \
		$(if $(FULL),,--ignore=tests/package/test_earlier.py --ignore=tests/package/test_sid.py)
ifdef FULL
	@$(MAKE) --no-print-directory check-arm64
endif

.PHONY: check-arm64
check-arm64: ## cross-build the package, and run it under emulation
	$(call install_packages,$(package_packages) $(arm64_packages))
	@$(MAKE) --no-print-directory deb ARCH=arm64
	@$(MAKE) --no-print-directory static ARCH=arm64
	@$(MAKE) --no-print-directory build/roots/.made
	@$(MAKE) --no-print-directory $(jobs) VARIANT=debug all
	$(pytest) tests/package/test_arm64.py

.PHONY: check-vm
check-vm: ## fresh VPSes under QEMU: cloud-init, a resize, a machine that is too small; FULL=1: power cuts, removal, the engine and more
	$(call install_packages,$(vm_packages))
	@$(MAKE) --no-print-directory deb
	tests/vm/make-image minimal $(if $(FULL),standard engine)
	/usr/bin/python3 tests/vm/cases.py $(if $(FULL),--full)

.PHONY: tarball
tarball: ## dist/vpsfit-VERSION.tar.gz: the source, which builds, tests and packages without git
	@mkdir -p dist
	tests/tools/sources tar vpsfit-$(VERSION) | gzip -9n >dist/vpsfit-$(VERSION).tar.gz.new
	mv dist/vpsfit-$(VERSION).tar.gz.new dist/vpsfit-$(VERSION).tar.gz

.PHONY: dsc
dsc: tarball ## dist/vpsfit_VERSION-1.dsc: the source package that an archive takes (wants dpkg-dev)
	rm -rf build/dsc
	mkdir -p build/dsc
	cp dist/vpsfit-$(VERSION).tar.gz build/dsc/vpsfit_$(VERSION).orig.tar.gz
	tar -C build/dsc -xzf dist/vpsfit-$(VERSION).tar.gz
	cd build/dsc && dpkg-source --build vpsfit-$(VERSION)
	rm -rf build/dsc/vpsfit-$(VERSION)
	mv build/dsc/* dist/

.PHONY: owners
owners: ## write what debian/owners says to the files that repeat it
	tests/tools/owners

.PHONY: dist
dist: ## make a release in dist/: source, packages and static programs for both architectures, checksums
	@$(MAKE) --no-print-directory deb ARCH=amd64
	@$(MAKE) --no-print-directory deb ARCH=arm64
	@$(MAKE) --no-print-directory static ARCH=amd64
	@$(MAKE) --no-print-directory static ARCH=arm64
	@$(MAKE) --no-print-directory tarball
	cd dist && sha256sum vpsfit-$(VERSION).tar.gz vpsfit-$(VERSION)-linux-*.tar.gz vpsfit_$(VERSION)_*.deb >SHA256SUMS && cat SHA256SUMS

.PHONY: bench
bench: deps build/roots/.made ## measure speed, memory and size against other tools
	$(call install_packages,$(bench_packages) $(swap_packages))
	@$(MAKE) --no-print-directory $(jobs) all
	tests/bench/run
	/usr/bin/python3 tests/bench/swap.py build/vpsfit
	/usr/bin/python3 tests/bench/watch.py build/vpsfit build/sampler
	@$(MAKE) --no-print-directory simulate
	$(call install_packages,$(deb_packages))
	@$(MAKE) --no-print-directory deb
	tests/bench/package $(call deb,$(native_arch))

.PHONY: pictures
pictures: deps build/roots/.made ## draw the wizard's screens for the README
	$(call install_packages,$(picture_packages))
	@$(MAKE) --no-print-directory $(jobs) all
	VPSFIT=$(CURDIR)/build/vpsfit VPSFIT_ROOTS=$(CURDIR)/build/roots /usr/bin/python3 tests/tui/pictures.py wizard/pictures

c_files = $(shell find installer wizard tests -name '*.[ch]')

.PHONY: format
format: ## run clang-format on all C files
	$(call install_packages,clang-format)
	clang-format -i $(c_files)

.PHONY: lint
lint: ## run cppcheck, shellcheck and the style checks
	$(call install_packages,cppcheck shellcheck clang-format)
	$(Q)clang-format --dry-run -Werror $(c_files)
	$(Q)/usr/bin/python3 tests/style.py
	$(Q)tests/tools/owners --check
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr --std=c11 -D__GLIBC__=2 -Iinstaller -I. \
		--suppress=unknownMacro --suppress=ctuuninitvar installer wizard
	tests/tools/sources list | xargs -d '\n' awk 'FNR == 1 { if (/^#!.*sh( |$$)/) print FILENAME; nextfile }' | \
		xargs -d '\n' shellcheck -S warning -x -e SC1091 installer/static/profile.sh tests/tools/roots.sh

# Quotes any path for the shell.
q = '$(subst ','\'',$(1))'
to = $(call q,$(DESTDIR)$(1))

# Python leaves a directory of its own there.
template_files := $(filter-out %/__pycache__,$(wildcard $(addprefix templates/,$(addsuffix /*,services catalogue nginx litellm caddy swarm helm))))

.PHONY: install
install: all ## install below $(DESTDIR)$(prefix)
	install -d $(call to,$(sbindir)) $(call to,$(datadir)/vpsfit/profiles) $(call to,$(datadir)/vpsfit/templates) \
		$(call to,$(mandir)/man5) $(call to,$(mandir)/man8) $(call to,$(datadir)/bash-completion/completions) \
		$(call to,$(zshdir)) $(call to,$(fishdir))
	for l in $(languages); do install -D -m 0644 build/locale/$$l/LC_MESSAGES/vpsfit.mo \
		$(call to,$(datadir)/locale)/$$l/LC_MESSAGES/vpsfit.mo || exit 1; done
	install -m 0755 $(out)/vpsfit $(call to,$(sbindir)/vpsfit)
	install -D -m 0755 $(sampler) $(call to,$(libexecdir)/vpsfit/sampler)
	install -m 0644 profiles/*.yaml $(call to,$(datadir)/vpsfit/profiles)
	install -m 0644 templates/compose.yaml templates/images.yaml templates/.env $(call to,$(datadir)/vpsfit/templates)
	for file in $(template_files); do install -D -m 0644 $$file $(call to,$(datadir)/vpsfit)/$$file || exit 1; done
	install -m 0644 $(out)/manual/*.5 $(call to,$(mandir)/man5)
	install -m 0644 $(out)/manual/*.8 $(call to,$(mandir)/man8)
	install -m 0644 $(out)/manual/vpsfit.bash $(call to,$(datadir)/bash-completion/completions/vpsfit)
	install -m 0644 $(out)/manual/vpsfit.zsh $(call to,$(zshdir)/_vpsfit)
	install -m 0644 $(out)/manual/vpsfit.fish $(call to,$(fishdir)/vpsfit.fish)

.PHONY: uninstall
uninstall: ## remove what install put there
	rm -f $(call to,$(sbindir)/vpsfit)
	rm -rf $(call to,$(datadir)/vpsfit) $(call to,$(libexecdir)/vpsfit)
	rm -f $(call to,$(mandir)/man8/vpsfit.8) $(call to,$(mandir)/man5/vpsfit-profile.5) \
		$(call to,$(mandir)/man5/vpsfit-answers.5) $(call to,$(datadir)/bash-completion/completions/vpsfit) \
		$(call to,$(zshdir)/_vpsfit) $(call to,$(fishdir)/vpsfit.fish)
	for l in $(languages); do rm -f $(call to,$(datadir)/locale)/$$l/LC_MESSAGES/vpsfit.mo; done

.PHONY: clean
clean: ## remove build/ and dist/
	rm -rf build dist
