#!/bin/sh
# Docker hands secrets over as files below /run/secrets, and these programs read environment variables: each file becomes
# the variable of its name, then the program is started in place of this script. No value is on any command line.
set -eu
for file in /run/secrets/*; do
	[ -f "$file" ] || continue
	value=
	IFS= read -r value <"$file" || :
	export "${file##*/}=$value"
done
exec "$@"
