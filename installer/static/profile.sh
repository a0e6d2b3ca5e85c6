# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# If the machine had changed at boot, repeats that at root's logins until an apply has dealt with it.
case $- in
*i*)
	if [ -s /run/vpsfit/notice ] && [ "$(id -u)" = 0 ] && [ -x /usr/local/sbin/vpsfit ]; then
		timeout 3 /usr/local/sbin/vpsfit notice 2>/dev/null </dev/null
	fi
	;;
esac
