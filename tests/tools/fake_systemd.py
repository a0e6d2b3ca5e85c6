# SPDX-License-Identifier: MIT
"""This machine with a systemd that only notes what it is told, for a program that is run under `wrap`. Wants root."""

SYSTEMCTL = """#!/bin/sh
# Knows what it was told to turn on; that is asked without a note.
for unit; do :; done
case $1 in
is-enabled) exec test -e {at}/on-"$unit" ;;
enable) : >{at}/on-"$unit" ;;
disable) rm -f {at}/on-"$unit" ;;
esac
echo "$@" >>{at}/calls
[ ! -e {at}/fails ]
"""
INSIDE = """#!/bin/sh
set -e
mount --bind {at}/run /run
mkdir -p /usr/lib/systemd/system /var/lib/vpsfit
mount --bind {at}/units /usr/lib/systemd/system
mount --bind {at}/lib/vpsfit /var/lib/vpsfit
mount -t overlay none -o lowerdir={at}/usr/sbin:/usr/sbin /usr/sbin
exec "$@"
"""


class FakeSystemd:
    def __init__(self, tmp_path, systemd=True):
        self.at, self.state = tmp_path, tmp_path / "lib/vpsfit"
        for name in ("run", "units", "lib/vpsfit", "usr/sbin"):
            (tmp_path / name).mkdir(parents=True)
        if systemd:
            (tmp_path / "run/systemd/system").mkdir(parents=True)
        (tmp_path / "units/vpsfit-watch@.service").write_text("[Service]\n")
        (tmp_path / "usr/sbin/systemctl").write_text(SYSTEMCTL.format(at=tmp_path))
        (tmp_path / "inside").write_text(INSIDE.format(at=tmp_path))
        for name in ("inside", "usr/sbin/systemctl"):
            (tmp_path / name).chmod(0o755)
        self.wrap = ["unshare", "--mount", "--propagation", "private", str(tmp_path / "inside")]

    def told(self):
        calls = self.at / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    def unit(self, name):
        """The unit of the stack whose directory, or file, has this name now."""
        (store,) = [store for store in self.state.iterdir() if store.name.startswith(name + "-")]
        return f"vpsfit-watch@{store.name}.service"

    def turned_off(self, unit):
        """By somebody's hand."""
        (self.at / f"on-{unit}").unlink()

    def fail(self):
        (self.at / "fails").write_text("")
