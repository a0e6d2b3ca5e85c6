#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh: installs vpsfit from its unpacked archive, or over an older one: everything into /usr/local/lib/vpsfit, links to it
# into /usr/local, and what runs at boot for the init system that is here. Asks nothing, starts nothing, and changes nothing else;
# uninstall.sh takes it away. Wants no more than busybox. DESTDIR=DIR installs into a tree.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR:-}
lib=/usr/local/lib/vpsfit

fail() {
	echo "vpsfit: $*; nothing was installed" >&2
	exit 1
}

[ -f "$here/vpsfit" ] || fail "$here is not vpsfit's unpacked archive"
[ "$(id -u)" = 0 ] || fail "only root can install it: run it with sudo, doas or su"
"$here/vpsfit" --version >/dev/null 2>&1 || fail "this archive is for another kind of processor than this machine's ($(uname -m))"
if [ -x "$root/usr/sbin/vpsfit" ]; then
	fail "a package of vpsfit is installed already (/usr/sbin/vpsfit): upgrade that, or remove it first"
fi
if [ -e "$root$lib" ] && [ ! -f "$root$lib/boot/motd" ]; then
	fail "$root$lib is there and is not vpsfit's"
fi
if [ "$here" = "$root$lib" ]; then fail "run install.sh from an unpacked archive"; fi

# Links in /usr/local, for what is looked for there. A file that is no link is somebody else's.
link() { # TARGET NAME
	if [ -e "$root$2" ] && [ ! -L "$root$2" ]; then
		echo "vpsfit: left $2, which is not vpsfit's" >&2
		return 0
	fi
	mkdir -p "$root$(dirname "$2")"
	ln -sf "$1" "$root$2"
}

# The new copy takes the old one's place in one step each; a boot in between finds one of them.
rm -rf "$root$lib.new" "$root$lib.old"
mkdir -p "$root$lib.new"
cp -R "$here/." "$root$lib.new/"
chown -R 0:0 "$root$lib.new"
[ ! -e "$root$lib" ] || mv "$root$lib" "$root$lib.old"
mv "$root$lib.new" "$root$lib"
rm -rf "$root$lib.old"

link "$lib/vpsfit" /usr/local/sbin/vpsfit
link "$lib/uninstall.sh" /usr/local/sbin/vpsfit-uninstall
(cd "$root$lib/share" && find . -type f) | sed 's|^\./||' | while IFS= read -r name; do
	link "$lib/share/$name" "/usr/local/share/$name"
done
mkdir -p "$root/etc/vpsfit"

# Which init system runs this machine, or would: in a tree nothing runs.
init_system() {
	if [ -d "$root/run/systemd/system" ]; then echo systemd
	elif [ -e "$root/run/openrc/softlevel" ]; then echo openrc
	elif [ -x "$root/sbin/openrc-run" ]; then echo openrc
	elif [ -x "$root/lib/systemd/systemd" ] || [ -x "$root/usr/lib/systemd/systemd" ]; then echo systemd
	elif [ -d "$root/etc/init.d" ] && { [ -d "$root/etc/rc2.d" ] || [ -d "$root/etc/rc.d/rc2.d" ]; }; then echo sysvinit
	else echo none
	fi
}

# Files of the boot are copies: they are read before /usr/local may be there, and by programs that follow no link.
put() { # FROM TO MODE
	mkdir -p "$root$(dirname "$2")"
	cp "$root$lib/boot/$1" "$root$2.vpsfit-new"
	chmod "$3" "$root$2.vpsfit-new"
	mv "$root$2.vpsfit-new" "$root$2"
}

# An installation over an older one leaves it to the owner what is switched on.
units() {
	for unit in "$root$lib"/boot/systemd/*; do
		unit=${unit##*/}
		wants=$root/etc/systemd/system/multi-user.target.wants
		new=
		[ -e "$root/etc/systemd/system/$unit" ] || new=yes
		put "systemd/$unit" "/etc/systemd/system/$unit" 0644
		# The sampler is off until `vpsfit watch --enable`.
		case $unit in vpsfit-recover.* | vpsfit-notice.*) ;; *) new= ;; esac
		if [ "$new" ] && grep -q '^WantedBy=multi-user.target' "$root$lib/boot/systemd/$unit"; then
			mkdir -p "$wants"
			ln -sf "/etc/systemd/system/$unit" "$wants/$unit"
		fi
	done
	[ -z "$root" ] && [ -d /run/systemd/system ] || return 0
	systemctl daemon-reload
	# A sampler that runs goes on with the new program.
	systemctl try-restart 'vpsfit-watch@*.service' 2>/dev/null || true
}

openrc() {
	for script in "$root$lib"/boot/openrc/*; do
		script=${script##*/}
		new=
		[ -e "$root/etc/init.d/$script" ] || new=yes
		put "openrc/$script" "/etc/init.d/$script" 0755
		[ -z "$new" ] || { mkdir -p "$root/etc/runlevels/default"; ln -sf "/etc/init.d/$script" "$root/etc/runlevels/default/$script"; }
	done
	[ -n "$root" ] || ! command -v rc-update >/dev/null || rc-update -u >/dev/null 2>&1 || true
}

# Debian's update-rc.d and Red Hat's chkconfig know the order from the scripts' heads; without either the links are made here.
sysvinit() {
	for script in vpsfit-recover vpsfit-notice; do
		new=
		[ -e "$root/etc/init.d/$script" ] || new=yes
		put "sysvinit/$script" "/etc/init.d/$script" 0755
		[ "$new" ] || continue
		if [ -z "$root" ] && command -v update-rc.d >/dev/null; then
			update-rc.d "$script" defaults
		elif [ -z "$root" ] && command -v chkconfig >/dev/null; then
			chkconfig --add "$script"
		else
			number=S05
			[ "$script" = vpsfit-recover ] || number=S99
			for level in 2 3 4 5; do
				for dir in "$root/etc/rc$level.d" "$root/etc/rc.d/rc$level.d"; do
					[ ! -d "$dir" ] || ln -sf "/etc/init.d/$script" "$dir/$number$script"
				done
			done
		fi
	done
}

system=$(init_system)
case $system in
systemd) units ;;
openrc) openrc ;;
sysvinit) sysvinit ;;
esac

# The notice at a login, where logins show such notices.
if [ -d "$root/etc/update-motd.d" ]; then
	put motd /etc/update-motd.d/60-vpsfit 0755
elif [ -d "$root/etc/profile.d" ] && [ "$system" != none ]; then
	link "$lib/boot/profile.sh" /etc/profile.d/vpsfit.sh
fi

echo "vpsfit: installed in $lib; nothing else on this machine was changed. Run 'vpsfit plan' to see what fits, 'vpsfit' to set it up."
if [ "$system" = none ]; then
	echo "vpsfit: no init system that is known runs here: after a power cut, run 'vpsfit recover'."
fi
case ":$PATH:" in
*:/usr/local/sbin:*) ;;
*) echo "vpsfit: /usr/local/sbin is not in PATH: call it as /usr/local/sbin/vpsfit." ;;
esac
