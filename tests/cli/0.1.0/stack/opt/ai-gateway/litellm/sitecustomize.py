"""
Keeps memory shared between LiteLLM's workers. Written once by vpsfit and then yours.

The workers are forked from a parent that has loaded the program. They share its memory until somebody writes to it, and Python's
garbage collector writes to every object that it looks at: sooner or later each worker has a copy of its own. So right before a fork
all objects go where the collector does not look any more. Without this file the gateway runs just as well and takes more memory.

Python imports it by its name at every start, for PYTHONPATH in compose.yaml leads to it.
"""
import gc
import os
import sys

LOADED_BY = os.getpid()


def freeze():
    # What a worker itself forks is no concern of this file: its objects stay the collector's.
    if os.getpid() == LOADED_BY:
        gc.collect()
        gc.freeze()


def load_hidden():
    """The image may have a module of this name too, which this one stands before: it is loaded as it would be without."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    here = os.path.dirname(__file__)
    behind = sys.path[sys.path.index(here) + 1:] if here in sys.path else []
    spec = PathFinder.find_spec("sitecustomize", behind)
    if spec and spec.loader:
        spec.loader.exec_module(module_from_spec(spec))


os.register_at_fork(before=freeze)
load_hidden()
