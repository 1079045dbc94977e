"""`anthropic:<model>`: Anthropic's API by the official SDK, where the extra `gitskills[anthropic]` is installed."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gitskills.models import call
from gitskills.models.answer import accept_text
from gitskills.models.protocol import ModelFailed

if TYPE_CHECKING:
    from anthropic.types import Message

LONGEST = 8192  # tokens of an answer; every model gives that many
RETRIES = 2


class AnthropicModel:
    """A model behind Anthropic's API; the SDK takes key and base URL from the environment."""

    def __init__(self, model: str, *, environ: Mapping[str, str]) -> None:
        """Take the provider's name of the model."""
        self._model, self._environ = model, environ
        self._timeout = call.seconds(environ)
        self.name = f"anthropic:{model}"

    def ask(self, system: str, prompt: str, *, role: str) -> str:
        """Return the answer. Raises ModelFailed where the SDK or a key is missing, or the call fails."""
        try:
            import anthropic
        except ImportError:
            hint = "pip install 'gitskills[anthropic]'"
            raise ModelFailed(f"{self.name} needs the extra `anthropic`", hint) from None
        try:
            message = asyncio.run(self._create(system, prompt))
        except TimeoutError:
            raise ModelFailed(f"{self.name} gave no answer in {self._timeout:g} seconds") from None
        except (anthropic.AnthropicError, ValueError, TypeError) as error:  # the latter two where there is no key
            said = call.short(str(error), self._environ)
            raise ModelFailed(f"{self.name} failed: {said}", "ANTHROPIC_API_KEY holds the key") from None
        if message.stop_reason == "max_tokens":
            raise ModelFailed(f"{self.name}: the answer is longer than {LONGEST} tokens")
        return accept_text("".join(block.text for block in message.content if block.type == "text"), self.name)

    async def _create(self, system: str, prompt: str) -> "Message":
        import anthropic

        # The SDK's own limit is for each read: a server that drips would be waited for without end.
        async with (
            asyncio.timeout(self._timeout),
            anthropic.AsyncAnthropic(
                api_key=self._environ.get("ANTHROPIC_API_KEY") or None,
                base_url=self._environ.get("ANTHROPIC_BASE_URL") or None,
                timeout=self._timeout,
                max_retries=RETRIES,
            ) as client,
        ):
            return await client.messages.create(
                model=self._model,
                max_tokens=LONGEST,
                system=system,
                messages=[{"role": "user", "content": prompt}],
            )
