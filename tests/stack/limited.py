# SPDX-License-Identifier: MIT
"""Keys for LiteLLM, for there is no database here that could hold one: this one may ask so many times a minute, any other at will."""
from litellm.proxy._types import UserAPIKeyAuth

LIMITED = "limited"
EACH_MINUTE = 4


async def check(request, api_key):
    return UserAPIKeyAuth(api_key=api_key, rpm_limit=EACH_MINUTE if api_key == LIMITED else None)
