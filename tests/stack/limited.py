"""A key of its own for LiteLLM, for there is no database here that could hold one: whatever is sent may ask so many times a minute."""
from litellm.proxy._types import UserAPIKeyAuth

EACH_MINUTE = 4


async def check(request, api_key):
    return UserAPIKeyAuth(api_key="limited", rpm_limit=EACH_MINUTE)
