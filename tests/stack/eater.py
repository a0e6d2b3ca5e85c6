# SPDX-License-Identifier: MIT
"""
A LiteLLM callback as users write them: model "eat" allocates without limit; model "collect" runs a full garbage collection, which ends
page sharing with the parent.
"""
import gc

from litellm.integrations.custom_logger import CustomLogger

STEP = 16 << 20


class Eater(CustomLogger):
    async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):
        if data.get("model") == "collect":
            gc.collect()
        eaten = []
        while data.get("model") == "eat":
            eaten.append(b"x" * STEP)
        return data


instance = Eater()
