"""Before a fork, hands all objects to the permanent generation: no later collection touches their pages, and they stay shared."""
import gc
import os

os.register_at_fork(before=lambda: (gc.collect(), gc.freeze()))
