"""The embedder: a sentence-transformers model, local or from its hub, where the extra `gitskills[semantic]` is here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gitskills.models.protocol import ModelFailed

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

VARIABLE = "GITSKILLS_MODEL_EMBEDDER"
ROLE = "embedder"
OFF = ("", "off", "none")
LONGEST = 8_000  # characters; models read a quarter of it

_NONE: Mapping[str, str] = {}


def choose(
    *, environ: Mapping[str, str], home: Path, project: Mapping[str, str] = _NONE, user: Mapping[str, str] = _NONE
) -> Embedder | None:
    """Return the embedder of the environment, else of the user's own `models:`; None where neither names one.

    A project's file may only turn it off: its files decide what code of a model runs, and whoever clones a repository
    must not run what it says.
    """
    said = environ.get(VARIABLE)
    if said is None:
        said = "" if project.get(ROLE, "x").strip().lower() in OFF else user.get(ROLE, "")
    said = said.strip()
    return None if said.lower() in OFF else Embedder(said, home)


class Embedder:
    """Vectors of texts by one model, loaded when it is first asked; their length is 1, so that products are cosines."""

    def __init__(self, spec: str, home: Path) -> None:
        """Take a folder (`~` is `home`) or the name of a model on the hub, which is fetched when it is first used."""
        self._spec = str(home / spec[2:]) if spec.startswith("~/") else spec
        self._model: SentenceTransformer | None = None

    @property
    def name(self) -> str:
        """What tells this model's vectors from another's: a folder's weights have a size and a time besides."""
        weights = Path(self._spec, "model.safetensors")
        try:
            state = weights.stat()
        except OSError:
            return self._spec
        return f"{os.path.abspath(self._spec)} {state.st_size} {state.st_mtime_ns}"

    def embed(self, texts: Sequence[str]) -> list[bytes]:
        """Return a vector for each text, as float32 bytes. Raises ModelFailed where library or model cannot be had."""
        whole = [text[:LONGEST].encode("utf-8", "replace").decode() for text in texts]
        found = self._loaded().encode(whole, normalize_embeddings=True, show_progress_bar=False)
        return [vector.astype("<f4").tobytes() for vector in found]

    def likeness(self, text: str, vectors: Sequence[bytes]) -> list[float]:
        """Return the cosine between a text and each vector, 0 for one of another length. Raises ModelFailed."""
        (asked,) = self.embed([text])
        import numpy

        whole = [vector if len(vector) == len(asked) else bytes(len(asked)) for vector in vectors]
        table = numpy.frombuffer(b"".join(whole), dtype="<f4").reshape(len(whole), -1)
        return [float(one) for one in table @ numpy.frombuffer(asked, dtype="<f4")]

    def _loaded(self) -> SentenceTransformer:
        if self._model is None:
            try:
                from sentence_transformers import SentenceTransformer
            except ImportError:
                hint = "pip install 'gitskills[semantic]', or unset it"
                raise ModelFailed(f"the embedder {self._spec} needs the extra `semantic`", hint) from None
            try:
                # Safetensors hold numbers only; a model's own Python is never run.
                self._model = SentenceTransformer(
                    self._spec, device="cpu", trust_remote_code=False, model_kwargs={"use_safetensors": True}
                )
            except (OSError, ValueError, RuntimeError, ImportError, TypeError, KeyError, AttributeError) as error:
                problem = str(error).strip().splitlines()[:1] or [type(error).__name__]
                hint = f"{VARIABLE} is a folder with a sentence-transformers model, or the name of one on its hub"
                raise ModelFailed(f"the embedder {self._spec} cannot be loaded: {problem[0]}", hint) from None
        return self._model
