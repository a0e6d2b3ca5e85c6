"""A callback of LiteLLM, as users write them, that runs away with memory when the model "eat" is asked for."""
from litellm.integrations.custom_logger import CustomLogger

STEP = 16 << 20


class Eater(CustomLogger):
    async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):
        eaten = []
        while data.get("model") == "eat":
            eaten.append(b"x" * STEP)
        return data


instance = Eater()
