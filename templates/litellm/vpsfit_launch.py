"""
Starts LiteLLM in the gateway that vpsfit wrote, and keeps memory shared between its workers. The file is vpsfit's: a newer version
replaces it, unless it was edited. compose.yaml mounts it and names it as the entry point; the arguments are LiteLLM's own.

The workers are forked from a parent that has loaded the program. They share its memory until somebody writes to it, and Python's
garbage collector writes to every object that it looks at: sooner or later each worker has a copy of its own. So right before a fork
all objects go where the collector does not look any more. With one worker nothing is forked, and this file only starts LiteLLM.

Models of a provider whose key is empty in .env are left out of LiteLLM's configuration: none of them could answer.

LiteLLM runs in this very process, so that signals reach it and its exit status is the container's, as with the image's entry point.
What that one does besides is done only where a variable asks for it. Then it has its way, and memory is not kept shared:
- SEPARATE_HEALTH_APP=1 runs LiteLLM and an application for health checks under supervisord;
- USE_DDTRACE=true and USE_NEWRELIC=true run it under a tracing agent;
- LITELLM_COMPONENT=NAME runs only a part of LiteLLM (images of 1.110 and later).
It also empties PROMETHEUS_MULTIPROC_DIR, and makes DATABASE_URL from DATABASE_HOST and others: the first LiteLLM does itself, for the
second DATABASE_URL is set here.
"""
import gc
import os
import sys
from importlib import import_module
from importlib.util import find_spec

ASKS_FOR_MORE = {"SEPARATE_HEALTH_APP": ("1",), "USE_DDTRACE": ("true",), "USE_NEWRELIC": ("true",)}
ENTRY_POINTS = ("docker-entrypoint.sh", "docker/prod_entrypoint.sh")
LOADED_BY = os.getpid()
# What LiteLLM loads with the first requests, each worker for itself: 30 MiB of it are the table by which texts are cut into tokens.
SHARED = ("litellm.litellm_core_utils.default_encoding", "litellm.proxy.pass_through_endpoints.llm_passthrough_endpoints",
          "litellm.proxy.mcp_server.mcp_server_manager", "litellm.integrations.otel.logger")


def freeze():
    # What a worker itself forks is no concern of this file: its objects stay the collector's.
    if os.getpid() == LOADED_BY:
        gc.collect()
        gc.freeze()


def load_shared():
    """Loads it before there are workers, so that they share it. A version that has it elsewhere goes without."""
    for name in SHARED:
        try:
            import_module(name)
        except Exception:
            pass


def asked_for():
    """The variable that asks for more than LiteLLM alone, or None."""
    for name, values in ASKS_FOR_MORE.items():
        if os.environ.get(name, "").lower() in values:
            return name
    return "LITELLM_COMPONENT" if os.environ.get("LITELLM_COMPONENT", "proxy") not in ("", "proxy") else None


def hand_over(arguments):
    """Does not return where something else is to start LiteLLM: the image's entry point, or the command of another Python."""
    variable = asked_for()
    if variable:
        for path in ENTRY_POINTS:
            if os.access(path, os.X_OK):
                os.execv(path, [path, *arguments])
        print(f"vpsfit_launch.py: {variable} is set, and this image has none of {', '.join(ENTRY_POINTS)}: LiteLLM is started without",
              file=sys.stderr, flush=True)
    if find_spec("litellm") is None:
        os.execvp("litellm", ["litellm", *arguments])


def lacks_key(model):
    """Does it name a variable that is there and empty? One that is not there at all may come from elsewhere."""
    settings = model.get("litellm_params") if isinstance(model, dict) else None
    named = [value for value in settings.values() if isinstance(value, str)] if isinstance(settings, dict) else []
    return any(value.startswith("os.environ/") and os.environ.get(value.removeprefix("os.environ/")) == "" for value in named)


def leave_out_models_without_key():
    """LiteLLM reads its configuration by yaml.safe_load. The file itself stays where it is: what it names lies beside it."""
    import yaml

    load = yaml.safe_load

    def safe_load(stream):
        read = load(stream)
        if isinstance(read, dict) and isinstance(read.get("model_list"), list):
            read["model_list"] = [model for model in read["model_list"] if not lacks_key(model)]
        return read

    yaml.safe_load = safe_load


def main():
    hand_over(sys.argv[1:])
    leave_out_models_without_key()
    os.register_at_fork(before=freeze)
    sys.argv[0] = "litellm"
    from litellm.proxy.proxy_cli import run_server

    if "--run_gunicorn" in sys.argv:
        load_shared()
    return run_server()


# A worker that is spawned and not forked imports this file again, by another name.
if __name__ == "__main__":
    sys.exit(main())
