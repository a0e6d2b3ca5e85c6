# SPDX-License-Identifier: MIT
"""
Strict schemas of one version of Kubernetes out of the package kubernetes-validate, as kubeconform finds them: their definitions are in a
file of their own, which each names by an address.
usage: schemas.py FOLDER-OF-THE-WHEEL VERSION OUT
"""
import json
import pathlib
import sys
import zipfile

DEFINITIONS = "_definitions.json"


def main(folder, version, out):
    wheel = zipfile.ZipFile(next(pathlib.Path(folder).glob("*.whl")))
    place = f"/{version}-local-strict/"
    out.mkdir(parents=True)
    home = f"file://{out.resolve()}/{DEFINITIONS}"
    for name in (n for n in wheel.namelist() if place in n and n.endswith(".json")):
        schema = json.loads(wheel.read(name))
        schema.pop("$id", None)
        text = json.dumps(schema)
        if not name.endswith(DEFINITIONS):
            text = text.replace(f'"/api/{DEFINITIONS}#', f'"{home}#')
        (out / pathlib.PurePath(name).name).write_text(text)


main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]))
