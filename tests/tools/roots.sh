# Debian root trees for building and testing, to be sourced. They are bootstrapped once, kept as archives in build/debian,
# and rebuilt when the list of packages changes; all share one directory of downloaded packages.
# shellcheck shell=bash

roots_project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
roots_cache=$roots_project/build/debian
roots_debs=$roots_cache/debs

roots_die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# Use this machine's mirror, which is known to be reachable.
roots_mirror() {
	local site
	# apt expands the format, not the shell.
	# shellcheck disable=SC2016
	site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -E '/debian/?$' | head -n 1)
	[ -n "$site" ] || roots_die "no mirror of Debian is known to apt; run apt-get update first"
	echo "$site"
}

# Copies what the network needs, but no packages.
roots_hand_in() {
	local root=$1
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	cp /etc/hosts "$root/etc/hosts"
	mkdir -p "$root/etc/apt/apt.conf.d"
	apt-config dump Acquire | grep -iE '::(proxy|http|https)' >"$root/etc/apt/apt.conf.d/90host" || true
}

# roots_run ROOT [-b SOURCE:TARGET]... COMMAND...: runs a command in the tree, in its own namespaces, which take mounts and
# processes with them. Downloaded packages are shared; apt's lock allows one command at a time. ROOTS_NET=none: without
# network and shared packages.
roots_run() {
	local root=$1 binds=() net=()
	shift
	while [ "${1:-}" = -b ]; do
		binds+=("$2")
		shift 2
	done
	mkdir -p "$roots_debs/partial"
	if [ "${ROOTS_NET:-}" = none ]; then
		net=(--net)
	else
		binds+=("$roots_debs:/var/cache/apt/archives")
	fi
	# The variables belong to the inner script.
	# shellcheck disable=SC2016
	unshare --mount --propagation private --pid --fork --kill-child --uts --ipc "${net[@]}" /bin/bash -euc '
		root=$1 binds=$2
		shift 2
		mount -t proc proc "$root/proc"
		mount -t sysfs -o ro sysfs "$root/sys"
		mount -t tmpfs -o mode=755 dev "$root/dev"
		for node in null zero full random urandom tty; do
			touch "$root/dev/$node"
			mount --bind "/dev/$node" "$root/dev/$node"
		done
		ln -s /proc/self/fd "$root/dev/fd"
		mkdir "$root/dev/shm" "$root/dev/pts"
		mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
		ln -s pts/ptmx "$root/dev/ptmx"
		mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
		mount -t tmpfs -o mode=755 tmpfs "$root/run"
		for bind in $binds; do
			mkdir -p "$root/${bind#*:}"
			mount --bind "${bind%%:*}" "$root/${bind#*:}"
		done
		exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
			${SOURCE_DATE_EPOCH:+SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH} ${TERM_INSIDE:+TERM=$TERM_INSIDE} \
			http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" "$@"
	' roots "$root" "${binds[*]-}" "$@" </dev/null
}

roots_clean() {
	rm -rf --one-file-system "$@"
}

roots_scratch() {
	mktemp -d "/var/tmp/vpsfit-$1.XXXXXX"
}

# roots_base SUITE: makes an archive of a minimal Debian if there is none; prints its path.
roots_base() {
	local suite=$1 archive scratch site include=()
	archive=$roots_cache/$suite.tar
	if [ ! -f "$archive" ]; then
		site=$(roots_mirror)
		case $site in https:*) include=(--include=ca-certificates) ;; esac
		scratch=$(roots_scratch bootstrap)
		mkdir -p "$roots_debs"
		echo "Bootstrapping $suite" >&2
		if ! debootstrap --variant=minbase --cache-dir="$roots_debs" "${include[@]}" "$suite" "$scratch/root" "$site" \
			>"$scratch/log" 2>&1; then
			tail -n 20 "$scratch/log" >&2
			roots_clean "$scratch"
			roots_die "debootstrap failed"
		fi
		# Downloads are kept beside the archive; dpkg need not sync a throw-away tree.
		rm -rf "$scratch/root"/var/cache/apt/archives/*.deb "$scratch/root"/dev/* "$scratch/root"/var/lib/apt/lists/*_* \
			"$scratch/root"/usr/share/{doc,locale,man,info,i18n}/*
		printf '%s\n' force-unsafe-io path-exclude=/usr/share/doc/* path-include=/usr/share/doc/vpsfit/* \
			path-exclude=/usr/share/locale/* path-exclude=/usr/share/man/* path-include=/usr/share/man/*/vpsfit* \
			>"$scratch/root/etc/dpkg/dpkg.cfg.d/roots"
		printf '%s\n' 'APT::Keep-Downloaded-Packages "true";' 'Acquire::Languages "none";' 'APT::Install-Recommends "false";' \
			>"$scratch/root/etc/apt/apt.conf.d/80roots"
		tar -C "$scratch/root" -cf "$archive.new" .
		mv "$archive.new" "$archive"
		roots_clean "$scratch"
	fi
	echo "$archive"
}

# roots_derived NAME SUITE COMMAND...: the archive of a base tree after running a command in it, cached under NAME and the
# command's hash; prints its path.
roots_derived() {
	local name=$1 suite=$2 archive
	shift 2
	archive=$roots_cache/$name-$(printf '%s\n' "$suite" "$@" | sha256sum | cut -c 1-12).tar
	if [ ! -f "$archive" ]; then
		mkdir -p "$roots_cache"
		exec 9>"$roots_cache/lock"
		flock 9
		# Another process may have made it meanwhile.
		[ -f "$archive" ] || roots_derive "$archive" "$name" "$suite" "$@"
		exec 9>&-
	fi
	echo "$archive"
}

roots_derive() {
	local archive=$1 name=$2 suite=$3 base root
	shift 3
	base=$(roots_base "$suite")
	root=$(roots_scratch "$name")
	tar -C "$root" -xf "$base"
	roots_hand_in "$root"
	echo "Preparing $name" >&2
	if ! roots_run "$root" "$@" >"$roots_cache/$name.log" 2>&1 9>&-; then
		tail -n 30 "$roots_cache/$name.log" >&2
		roots_clean "$root"
		roots_die "preparing $name failed"
	fi
	rm -f "$roots_cache/$name"-????????????.tar
	tar -C "$root" -cf "$archive.new" .
	mv "$archive.new" "$archive"
	roots_clean "$root"
}

# roots_open ARCHIVE NAME: unpacks an archive into a new directory and prints it. The caller removes it.
roots_open() {
	local root
	root=$(roots_scratch "$2")
	tar -C "$root" -xf "$1"
	roots_hand_in "$root"
	echo "$root"
}
