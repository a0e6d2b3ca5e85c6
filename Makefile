# vpsfit: `make help` lists what can be done here.

VERSION := 0.1.0

prefix  ?= /usr
sbindir ?= $(prefix)/sbin
datadir ?= $(prefix)/share
DESTDIR ?=

# release: what is shipped. debug: -O0. san: address and undefined-behaviour sanitizers, for the tests.
VARIANT ?= release
out_release := build
out_debug   := build/debug
out_san     := build/san
out := $(out_$(VARIANT))

CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
libs := yaml-0.1 blkid jansson libnewt slang

warnings := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	-Wundef -Wvla -Wwrite-strings -Wpointer-arith -Wimplicit-fallthrough -Wnull-dereference
flags_release := $(CFLAGS) -fPIE -fstack-protector-strong
flags_debug   := -O0 -g -Werror
# gcc takes the sanitizer's own null checks for null formats.
flags_san     := -O1 -g -Werror -Wno-format-truncation -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
link_release  := -pie -Wl,-z,relro
link_san      := -fsanitize=address,undefined

# V=1 shows the whole commands.
Q := $(if $(V),,@)

# Asked lazily: `make deps` and `make help` work before pkg-config is there.
compile = $(CC) -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVPSFIT_VERSION='"$(VERSION)"' \
	-DVPSFIT_DATADIR='"$(datadir)/vpsfit"' -DVPSFIT_LOCALEDIR='"$(datadir)/locale"' -Iinstaller -I. $(CPPFLAGS) $(flags_$(VARIANT)) $(warnings) \
	$(shell $(PKG_CONFIG) --cflags $(libs)) -MMD -MP
link = $(CC) $(flags_$(VARIANT)) $(link_$(VARIANT)) $(LDFLAGS) -Wl,--as-needed
link_libs = $(shell $(PKG_CONFIG) --libs $(libs))

sources := $(wildcard installer/*.c installer/*/*.c wizard/*.c)
objects := $(sources:%.c=$(out)/obj/%.o)
library := $(out)/libvpsfit.a
unit_tests := $(patsubst tests/unit/%.c,$(out)/%,$(wildcard tests/unit/test_*.c))

# Of Debian 12. The program needs the first line, its tests the others.
packages := gcc libc6-dev pkg-config libyaml-dev libblkid-dev libjansson-dev libnewt-dev libslang2-dev gettext \
	tmux ncurses-base ncurses-term libcmocka-dev python3 python3-pytest python3-yaml binutils docker-compose \
	debian-archive-keyring ca-certificates patch strace valgrind
bench_packages := hyperfine time tuned whiptail
picture_packages := python3-pil fonts-dejavu-core
bare_packages := debootstrap

.PHONY: all
all: $(out)/vpsfit ## build build/vpsfit

$(out)/vpsfit: $(out)/obj/installer/main.o $(library)
	@echo "  LD      $@"
	$(Q)$(link) -o $@ $^ $(link_libs)

$(library): $(filter-out %/main.o,$(objects))
	@echo "  AR      $@"
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(out)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(compile) -c -o $@ $<

$(out)/test_%: tests/unit/test_%.c $(library) Makefile
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(compile) -Itests/unit -o $@ $< $(library) $(link_$(VARIANT)) $(link_libs) -lcmocka

-include $(objects:.o=.d)

.PHONY: help
help: ## this text
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
run: deps ## build, then write a stack for this machine into ./ai-gateway
	@$(MAKE) --no-print-directory all
	build/vpsfit apply --yes --swap none --dir ./ai-gateway --state ./ai-gateway/.vpsfit

.PHONY: check
check: deps ## build and pass every test
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory VARIANT=san check-unit
	@$(MAKE) --no-print-directory check-layers
	@$(MAKE) --no-print-directory check-cli
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

.PHONY: check-unit
check-unit: $(unit_tests) $(out)/vpsfit build/roots/.made
	@for t in $(unit_tests); do echo "== $$t"; \
		VPSFIT_TESTS=tests VPSFIT_ROOTS=build/roots $$t || exit 1; done

.PHONY: check-cli
check-cli: build/roots/.made $(compose2)
	@$(MAKE) --no-print-directory VARIANT=san build/san/vpsfit
	@$(MAKE) --no-print-directory VARIANT=debug build/debug/vpsfit
	VPSFIT=$(CURDIR)/build/san/vpsfit VPSFIT_ROOTS=$(CURDIR)/build/roots COMPOSE2=$(CURDIR)/$(compose2) \
		/usr/bin/python3 -m pytest -q -p no:cacheprovider tests/cli

.PHONY: check-tui
check-tui: build/roots/.made ## the wizard, in tmux and on pseudo-terminals
	@$(MAKE) --no-print-directory VARIANT=san build/san/vpsfit
	@$(MAKE) --no-print-directory VARIANT=debug build/debug/vpsfit
	VPSFIT=$(CURDIR)/build/san/vpsfit VPSFIT_ROOTS=$(CURDIR)/build/roots \
		/usr/bin/python3 -m pytest -q -p no:cacheprovider tests/tui

.PHONY: check-layers
check-layers: ## prove who includes what, sizes of functions, and that core does no I/O
	@$(MAKE) --no-print-directory VARIANT=debug build/debug/libvpsfit.a
	/usr/bin/python3 tests/layers.py build/debug/obj

debug_tests := $(patsubst tests/unit/%.c,build/debug/%,$(wildcard tests/unit/test_*.c))

.PHONY: check-valgrind
check-valgrind: build/roots/.made ## unit tests and a plan under valgrind
	@$(MAKE) --no-print-directory VARIANT=debug build/debug/vpsfit $(debug_tests)
	@for t in $(debug_tests); do echo "== $$t"; \
		VPSFIT_TESTS=tests VPSFIT_ROOTS=build/roots valgrind -q --error-exitcode=9 --leak-check=full $$t || exit 1; done
	valgrind -q --error-exitcode=9 --leak-check=full build/debug/vpsfit plan --json --sysroot build/roots/vm-4g >/dev/null

.PHONY: check-faults
check-faults: deps build/roots/.made ## fail and kill an apply and a rollback at every system call
	@$(MAKE) --no-print-directory VARIANT=debug build/debug/vpsfit
	/usr/bin/python3 tests/faults.py build/debug/vpsfit build/roots/vm-4g

.PHONY: check-bare
check-bare: ## on a bare Debian 12 with git and make: clone, make run, make check
	$(call install_packages,$(bare_packages))
	tests/bare-debian

.PHONY: bench
bench: deps ## measure speed, memory and weight against others
	$(call install_packages,$(bench_packages))
	@$(MAKE) --no-print-directory all
	tests/bench/run

.PHONY: pictures
pictures: deps build/roots/.made ## draw the wizard's screens for the README
	$(call install_packages,$(picture_packages))
	@$(MAKE) --no-print-directory all
	VPSFIT=$(CURDIR)/build/vpsfit VPSFIT_ROOTS=$(CURDIR)/build/roots /usr/bin/python3 tests/tui/pictures.py wizard/pictures

.PHONY: format
format: ## clang-format everything
	$(call install_packages,clang-format)
	clang-format -i $$(git ls-files '*.[ch]')

.PHONY: lint
lint: ## cppcheck
	$(call install_packages,cppcheck)
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr --std=c11 -Iinstaller installer

.PHONY: install
install: all ## install below $(DESTDIR)$(prefix)
	install -d $(DESTDIR)$(sbindir) $(DESTDIR)$(datadir)/vpsfit/profiles \
		$(DESTDIR)$(datadir)/vpsfit/templates/nginx $(DESTDIR)$(datadir)/vpsfit/templates/litellm
	install -m 0755 build/vpsfit $(DESTDIR)$(sbindir)/vpsfit
	install -m 0644 profiles/*.yaml $(DESTDIR)$(datadir)/vpsfit/profiles
	install -m 0644 templates/compose.yaml templates/.env $(DESTDIR)$(datadir)/vpsfit/templates
	install -m 0644 templates/nginx/nginx.conf $(DESTDIR)$(datadir)/vpsfit/templates/nginx
	install -m 0644 templates/litellm/config.yaml $(DESTDIR)$(datadir)/vpsfit/templates/litellm

.PHONY: uninstall
uninstall: ## take away what install put there
	rm -f $(DESTDIR)$(sbindir)/vpsfit
	rm -rf $(DESTDIR)$(datadir)/vpsfit

.PHONY: clean
clean: ## remove build/
	rm -rf build
