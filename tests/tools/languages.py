# SPDX-License-Identifier: MIT
"""
A locale for a language on any machine: glibc since 2.39 takes the language from no locale that is called C.UTF-8, and a minimal
system has no other. A name of its own for C.UTF-8's data is enough for texts; only dates and the like stay as they are there.
"""

import atexit
import functools
import pathlib
import shutil
import tempfile

DATA = pathlib.Path("/usr/lib/locale/C.utf8")


@functools.cache
def directory():
    path = tempfile.mkdtemp(prefix="vpsfit-locales-")
    pathlib.Path(path).chmod(0o755)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return pathlib.Path(path)


def spoken(language):
    """The variables for a run in a language such as "de"."""
    name = f"{language}_{language.upper()}"
    link = directory() / f"{name}.utf8"
    if not link.is_symlink():
        link.symlink_to(DATA)
    return {"LANG": f"{name}.UTF-8", "LOCPATH": str(directory())}
