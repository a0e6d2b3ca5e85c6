# SPDX-License-Identifier: MIT
"""With FULL=1: `dpkg-buildpackage` on sid, as Debian's archive would have it built."""

from conftest import ROOT, SILENT, VERSION, in_tree


def test_it_is_built_as_any_other_package(source_package):
    """None of the ways of `make deb`: the library's own symbols and dependencies."""
    code, said = in_tree("build", "sid", f"""apt-get -q -y install build-essential lintian
mkdir -p /root/vpsfit/debian && cd /root/vpsfit && cat >debian/control <<'END'
{(ROOT / "debian/control").read_text()}
END
apt-get -q -y build-dep /root/vpsfit && rm -rf /root/vpsfit
""", f"""dpkg-source -x *.dsc source >&2; cd source
DEB_BUILD_OPTIONS=parallel=2 dpkg-buildpackage -us -uc >../log 2>&1 || {{ tail -n 40 ../log; exit 1; }}
cd ..; {SILENT} *.changes
dpkg-deb -f vpsfit_*_*.deb Depends; dpkg-deb -c vpsfit_*_*.deb | grep -E ' \\./(lib|bin|sbin)/' || true
apt-get -q -y install ./vpsfit_*_*.deb >/dev/null 2>&1; vpsfit --version; vpsfit plan --swap none >/dev/null || [ $? -eq 3 ]""", *source_package)
    assert code == 0 and "libjansson4 (>= 2.14)" in said and f"\nvpsfit {VERSION}\n" in said, said
    assert not [line for line in said.splitlines() if line[:3] in ("E: ", "W: ", "I: ", "P: ")], said
