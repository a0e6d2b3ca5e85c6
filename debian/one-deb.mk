# SPDX-License-Identifier: MIT
# For DEB_BUILD_OPTIONS=one-deb: one package, built on Debian 12, that installs on it and on all later releases, and on
# Ubuntu since 22.04. A package for one release alone has no use for any of this.

# Debian's libjansson has versioned symbols since 2.14; Ubuntu 22.04's 2.13 has none. Link against a stub with the same
# soname and unversioned symbols, so that the program runs with both, without a warning from the loader.
stub := build/stub/libjansson.so
tools += LDFLAGS='-L$(dir $(stub)) $(shell dpkg-buildflags --get LDFLAGS)'

$(stub):
	mkdir -p $(@D)
	nm -D --defined-only --format=just-symbols "$$($(CC) -print-file-name=libjansson.so)" | \
		sed -n 's/^\(json[a-z_0-9]*\).*/void \1(void) {}/p' | sort -u >$(@D)/stub.c
	$(CC) $(shell dpkg-buildflags --get CFLAGS) $(shell dpkg-buildflags --get CPPFLAGS) $(shell dpkg-buildflags --get LDFLAGS) \
		-shared -fPIC -fno-builtin -Wno-builtin-declaration-mismatch -Wl,-soname,libjansson.so.4 -o $@ $(@D)/stub.c

override_dh_auto_build: $(stub)

# Without versions of the symbols, the library's minimum version is given here.
override_dh_shlibdeps:
	dh_shlibdeps -- -xlibjansson4
	sed -i 's/^shlibs:Depends=/&libjansson4 (>= 2.13), /' debian/vpsfit.substvars

# Debian 12's debhelper puts units into /lib, which later releases want nothing in; Debian 12 reads both places.
execute_after_dh_installsystemd:
	if [ -d debian/vpsfit/lib/systemd ]; then \
		mkdir -p debian/vpsfit/usr/lib && cp -a debian/vpsfit/lib/systemd debian/vpsfit/usr/lib/ && rm -r debian/vpsfit/lib/systemd && rmdir debian/vpsfit/lib; fi
