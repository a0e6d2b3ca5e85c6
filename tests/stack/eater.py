# SPDX-License-Identifier: MIT
"""
A callback of LiteLLM, as users write them: with the model "eat" it runs away with memory, with "collect" it has Python look through all
its objects, which ends the sharing of their pages with the parent.
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
