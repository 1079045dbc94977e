"""An embedder that tests can follow: each dimension of a vector is a concept, named by words that mean the same."""

import math
from array import array
from collections.abc import Sequence

CONCEPTS = (
    {"kubernetes", "helm", "ship", "cluster", "rollout"},
    {"review", "bugs", "critique", "patch"},
    {"excel", "workbooks", "ledgers", "tables"},
    {"teapot", "error", "kettle", "failure"},
    {"invoice", "amounts", "bill"},
)


class Concepts:
    """Vectors by concept; it notes how many texts it was given, and forgets nothing."""

    def __init__(self, name: str = "concepts-1") -> None:
        self.name = name
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> list[bytes]:
        """Return how often each concept is named, as a vector of length 1."""
        self.embedded += texts
        return [self._vector(text).tobytes() for text in texts]

    def likeness(self, text: str, vectors: Sequence[bytes]) -> list[float]:
        """Return cosines."""
        asked = self._vector(text)
        return [sum(a * b for a, b in zip(asked, array("f", one), strict=True)) for one in vectors]

    def _vector(self, text: str) -> "array[float]":
        said = "".join(one if one.isalnum() else " " for one in text.lower()).split()
        counts = [sum(word in concept for word in said) for concept in CONCEPTS]
        length = math.sqrt(sum(count * count for count in counts)) or 1.0
        return array("f", [count / length for count in counts])
