"""Agents that speak to many providers: which variables hold the key of the one that is asked."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_ELSEWHERE = {
    "amazon-bedrock": ("AWS_*",),
    "bedrock": ("AWS_*",),
    "azure": ("AZURE_*",),
    "azure-openai": ("AZURE_*",),
    "cloudflare": ("CLOUDFLARE_*",),
    "github-copilot": ("COPILOT_*", "GH_TOKEN", "GITHUB_TOKEN"),
    "google": ("GEMINI_*", "GOOGLE_*"),
    "google-vertex": ("GOOGLE_*", "VERTEX_*"),
    "kimi-coding": ("KIMI_*",),
    "moonshotai": ("MOONSHOT_*",),
    "vercel": ("AI_GATEWAY_*",),
}


def keys(provider: str) -> tuple[str, ...]:
    """Return the variables of a provider, as globs; every API key where the agent alone knows which it will take."""
    if not provider:
        return ("*_API_KEY", "*_BASE_URL")
    return (re.sub(r"\W", "_", provider).upper() + "_*", *_ELSEWHERE.get(provider, ()))


def named(files: Iterable[Path], environ: Mapping[str, str]) -> list[str]:
    """Return the variables that an agent's own configuration files name and that are set."""
    found: set[str] = set()
    for file in files:
        try:
            found |= set(re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", file.read_text("utf-8", "replace")))
        except OSError:
            continue
    return sorted(found & set(environ))
