# SPDX-License-Identifier: MIT
"""The command line tests' environment, under a name that does not collide with this folder's own conftest."""

import importlib.util
import pathlib

_spec = importlib.util.spec_from_file_location("cli_conftest", pathlib.Path(__file__).parents[1] / "cli" / "conftest.py")
_cli = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_cli)
HANG, MACHINES, VPSFIT, environment, run = _cli.HANG, _cli.MACHINES, _cli.VPSFIT, _cli.environment, _cli.run
ROOT_SUPPRESSIONS = f"suppressions={pathlib.Path(__file__).parent / 'lsan.supp'}:print_suppressions=0"
ROOT = pathlib.Path(__file__).resolve().parents[2]
