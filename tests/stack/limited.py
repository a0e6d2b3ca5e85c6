# SPDX-License-Identifier: MIT
"""LiteLLM's keys, since there is no database: this one has a limit per minute, any other has none."""
from litellm.proxy._types import UserAPIKeyAuth

LIMITED = "limited"
EACH_MINUTE = 4


async def check(request, api_key):
    return UserAPIKeyAuth(api_key=api_key, rpm_limit=EACH_MINUTE if api_key == LIMITED else None)
