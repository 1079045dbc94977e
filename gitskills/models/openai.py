"""`openai:<model>`: any API of OpenAI's form by the official SDK, where `gitskills[openai]` is installed.

The form is that of chat completions, which servers of other makers and local ones speak, too (OPENAI_BASE_URL).
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gitskills.models import call
from gitskills.models.answer import accept_text
from gitskills.models.protocol import ModelFailed

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

RETRIES = 2


class OpenAIModel:
    """A model behind an API of OpenAI's form; the SDK takes key and base URL from the environment."""

    def __init__(self, model: str, *, environ: Mapping[str, str]) -> None:
        """Take the provider's name of the model."""
        self._model, self._environ = model, environ
        self._timeout = call.seconds(environ)
        self.name = f"openai:{model}"

    def ask(self, system: str, prompt: str, *, role: str) -> str:
        """Return the answer. Raises ModelFailed where the SDK or a key is missing, or the call fails."""
        try:
            import openai
        except ImportError:
            raise ModelFailed(f"{self.name} needs the extra `openai`", "pip install 'gitskills[openai]'") from None
        try:
            found = asyncio.run(self._create(system, prompt))
        except TimeoutError:
            raise ModelFailed(f"{self.name} gave no answer in {self._timeout:g} seconds") from None
        except (openai.OpenAIError, ValueError, TypeError) as error:
            said = call.short(str(error), self._environ)
            raise ModelFailed(f"{self.name} failed: {said}", "OPENAI_API_KEY holds the key") from None
        first = found.choices[0] if found.choices else None
        if first is None or first.finish_reason == "length":
            raise ModelFailed(f"{self.name}: the answer was cut off" if first else f"{self.name} gave no answer")
        return accept_text(first.message.content, self.name)

    async def _create(self, system: str, prompt: str) -> "ChatCompletion":
        import openai

        elsewhere = self._environ.get("OPENAI_BASE_URL") or None
        # The SDK's own limit is for each read: a server that drips would be waited for without end.
        async with (
            asyncio.timeout(self._timeout),
            openai.AsyncOpenAI(
                # A local server wants none; the SDK does.
                api_key=self._environ.get("OPENAI_API_KEY") or ("-" if elsewhere else None),
                base_url=elsewhere,
                timeout=self._timeout,
                max_retries=RETRIES,
            ) as client,
        ):
            return await client.chat.completions.create(
                model=self._model,
                messages=[{"role": "system", "content": system}, {"role": "user", "content": prompt}],
            )
