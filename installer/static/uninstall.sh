#!/bin/sh
# SPDX-License-Identifier: MIT
# uninstall.sh: takes away what install.sh put there. The stacks, their data and secrets, swap in use, /etc/vpsfit with anything in
# it, and /var/lib/vpsfit stay: a stack may need the secrets in there.
set -eu
root=${DESTDIR:-}
lib=/usr/local/lib/vpsfit

if [ "$(id -u)" != 0 ]; then
	echo "vpsfit: only root can uninstall it; nothing was done" >&2
	exit 1
fi
if [ ! -f "$root$lib/boot/motd" ]; then
	echo "vpsfit: it is not installed in $root$lib; nothing was done" >&2
	exit 1
fi

# Only links that lead to vpsfit, and files that are still as they were installed.
unlink_ours() {
	if [ -L "$root$1" ]; then
		case $(readlink "$root$1") in "$lib"/* | /etc/init.d/vpsfit-* | /etc/systemd/system/vpsfit-*) rm -f "$root$1" ;; esac
	fi
}
remove_copy() { # NAME FROM
	[ -e "$root$1" ] || return 0
	if cmp -s "$root$1" "$root$lib/boot/$2"; then
		rm -f "$root$1"
	else
		echo "vpsfit: left $1, which was changed" >&2
	fi
}

# A sampler that something else than systemd started ends here, also one from before an upgrade.
stop_samplers() {
	for process in /proc/[0-9]*; do
		case $(readlink "$process/exe" 2>/dev/null) in
		"$lib/sampler" | "$lib/sampler "* | "$lib.old/sampler "*) kill "${process#/proc/}" 2>/dev/null || true ;;
		esac
	done
}

(cd "$root$lib/share" && find . -type f) | sed 's|^\./||' | while IFS= read -r name; do
	unlink_ours "/usr/local/share/$name"
done
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
	systemctl stop 'vpsfit-watch@*.service' vpsfit-alert.path vpsfit-alert.service || true
fi
for link in "$root"/etc/systemd/system/multi-user.target.wants/vpsfit-watch@*.service; do
	[ ! -L "$link" ] || rm -f "$link"
done
for unit in "$root$lib"/boot/systemd/*; do
	unit=${unit##*/}
	unlink_ours "/etc/systemd/system/multi-user.target.wants/$unit"
	remove_copy "/etc/systemd/system/$unit" "systemd/$unit"
done
for script in vpsfit-recover vpsfit-notice; do
	[ -e "$root/etc/init.d/$script" ] || continue
	for dir in "$root"/etc/runlevels/* "$root"/etc/rc?.d "$root"/etc/rc.d/rc?.d; do
		for name in "$dir/$script" "$dir"/[SK]??"$script"; do
			[ ! -L "$name" ] || rm -f "$name"
		done
	done
	if grep -q openrc-run "$root/etc/init.d/$script"; then
		remove_copy "/etc/init.d/$script" "openrc/$script"
	else
		remove_copy "/etc/init.d/$script" "sysvinit/$script"
	fi
done
remove_copy /etc/update-motd.d/60-vpsfit motd
unlink_ours /etc/profile.d/vpsfit.sh
unlink_ours /usr/local/sbin/vpsfit
unlink_ours /usr/local/sbin/vpsfit-uninstall
[ -n "$root" ] || stop_samplers
rm -rf "$root$lib"
rm -rf "$root/run/vpsfit"
rmdir "$root/etc/vpsfit" 2>/dev/null || true
if [ -z "$root" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
[ ! -d "$root/var/lib/vpsfit" ] || echo "vpsfit: left /var/lib/vpsfit: a stack may need the secrets in it."
echo "vpsfit: uninstalled."
