# SPDX-License-Identifier: MIT
"""A stack as it was before Open WebUI had a key of its own."""

import re

STEP = ("  # Makes Open WebUI's key known", '    memswap_limit: "64M"\n')
WAITS = "    depends_on:\n      webui-key:\n        condition: service_completed_successfully\n"


def taken_back(folder):
    """No step, no key, the master key in Open WebUI."""
    compose, env = folder / "compose.yaml", folder / ".env"
    text = compose.read_text()
    start = text.index(STEP[0])
    end = text.index(STEP[1], start) + len(STEP[1])
    compose.write_text((text[:start] + text[end:]).replace("LITELLM_WEBUI_KEY", "LITELLM_MASTER_KEY").replace(WAITS, ""))
    env.write_text(re.sub(r"^LITELLM_WEBUI_KEY=.*\n", "", env.read_text(), flags=re.M))
    (folder / "litellm/vpsfit_key.py").unlink()
