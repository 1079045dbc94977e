"""Where a text leads: hosts it names, and commands by which something from the network is run at once.

The gate compares before and after: an automatic edit brings neither. Written to see what a model would write or
copy; a determined author can hide a command from any pattern, which is one reason why people review.
"""

import re
from collections import Counter

from gitskills.skills.injection import plain

_NAME = r"(?:[\w-]{1,63}\.){1,8}[\w-]{1,63}"
_TOP = "com|net|org|io|dev|ai|app|co|xyz|info|biz|top|site|online|cloud|link|me|ru|cn|tk|gg|ly|sh|us|uk|de|in|pw|cc|to"
_HOSTS = (
    # Any scheme; what stands before an @ is a login, often made to look like a host.
    re.compile(rf"[a-z][a-z0-9+.-]{{1,20}}:[/\\]{{2,4}}(?:[^\s/\\@\"'<>()]{{1,128}}@)?({_NAME}|\[[0-9a-f:.]+\]|[\w-]+)"),
    re.compile(rf"(?<![:\w/\\])//({_NAME})"),
    re.compile(r"[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,8}[a-z]{2,63}|\d+(?:\.\d+){3})\b"),
    re.compile(rf"(?<![\w.@/-])((?:[\w-]{{1,63}}\.){{1,8}}(?:{_TOP})|\d{{1,3}}(?:\.\d{{1,3}}){{3}})(?=[/:]\w)"),
    re.compile(r"(?<![\w.@/-])(www\.[\w.-]{1,200}\w)"),
    re.compile(rf"\b(?:curl|wget|iwr|irm|ncat?|ssh|scp|rsync)\b[^\n|;&]{{0,200}}?\s((?:[\w-]{{1,63}}\.){{1,8}}(?:{_TOP}))(?![\w.-])"),
)  # fmt: skip
# Names that lead nowhere: RFC 2606 and this very machine.
_NOWHERE = re.compile(
    r"(?:.*\.)?(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\]"
)

_NET = (
    r"(?<![\w-])(?:curl|wget|aria2c|lynx|iwr|irm|invoke-webrequest|invoke-restmethod|(?:new-object )?net\.webclient"
    r"|downloadstring|ncat?|urlopen|urlretrieve|requests\.get)\b"
)
_BEFORE = r"(?:(?:sudo|env|exec|nohup|command)\s{1,8}(?:(?:-|\w{1,40}=)\S{1,80}\s{1,8}){0,4}|[\w.-]{0,40}/){0,6}"
_SHELL = rf"{_BEFORE}(?:(?:ba|z|da|k|fi|c|tc|a)?sh|pwsh|powershell|iex|invoke-expression|source|osascript)(?![\w.-])"
# Without an argument they run what they are given; with one it is their input.
_RUNTIME = rf"{_BEFORE}(?:python[\d.]*|perl|ruby|node|deno|bun|php)(?![\w.-])(?=\s*(?:-\s|-?$|[`\"')|;&\n]))"
_DOWNLOADS = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        rf"{_NET}[^\n]{{0,300}}?\|\s*(?:xargs\s[^\n|]{{0,40}}?)?(?:{_SHELL}|{_RUNTIME})",
        rf"\b(?:base64|openssl|xxd|uudecode)\b[^\n]{{0,200}}?\|\s*(?:{_SHELL}|{_RUNTIME})",
        rf"(?<![\w.-])(?:{_SHELL}|eval|python[\d.]*|perl|ruby|node|\.)\s+(?:-\S+\s+){{0,4}}[\"']?(?:<\(|\$\(|`|<<<)\s*[\"']?(?:\$\()?{_NET}",
        rf"{_NET}[^\n]{{0,300}}?(?:&&|;)\s*(?:{_SHELL}|chmod\s|\./)",
        rf"\b(?:iex|invoke-expression|exec|eval)\b\s*[(\"'][^\n]{{0,80}}?{_NET}",
    )
)  # fmt: skip
_SAVED = re.compile(
    rf"{_NET}[^\n]{{0,300}}?(?:\s-o\s*|\s--output[= ]|\s--output-document[= ]|\s-outfile\s+|[^-=]>\s*)[\"']?"
    rf"([^\s\"'`;|&<>]{{1,200}})",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"{_NET}[^\n]{{0,300}}?/([\w.-]+\.(?:sh|bash|zsh|py|pl|rb|ps1|js|bin|run))\b", re.IGNORECASE)
_CONTINUED = re.compile(r"[\\`]\r?\n[ \t]*|(?<=\|)[ \t]*\r?\n[ \t]*(?=\w)")
_RUN = rf"(?<![\w.-])(?:{_SHELL}|python[\d.]*|perl|ruby|node|php|chmod\s+\S+)"
SAVED_LIMIT = 100  # downloads in one text whose running is looked for


def hosts(text: str) -> Counter[str]:
    """Return the hosts a text names in addresses, logins and commands, in lower case, and how often each.

    Names made for examples and the machine itself are left out.
    """
    text = plain(text).lower()
    found = (match[1].strip(".") for pattern in _HOSTS for match in pattern.finditer(text))
    return Counter(host for host in found if not _NOWHERE.fullmatch(host))


def downloads(text: str) -> Counter[str]:
    """Return the commands that run what they fetch: by a pipe, a substitution, or a file saved and run later."""
    text = _CONTINUED.sub(" ", plain(text))
    found = Counter(" ".join(match[0].split()) for pattern in _DOWNLOADS for match in pattern.finditer(text))
    saved = {match[1] for pattern in (_SAVED, _NAMED) for match in pattern.finditer(text)}
    for name in sorted(saved)[:SAVED_LIMIT]:
        bare = re.escape(re.split(r"[/\\]", name)[-1])
        run = re.compile(
            rf"(?:{_RUN}\s+(?:-\S{{1,40}}\s{{1,8}}){{0,6}}[\"']?[^\s\"'|;&]{{0,200}}?|\./){bare}(?![\w.-])",
            re.IGNORECASE,
        )
        if bare and (match := run.search(text)):
            found[f"{name}: downloaded, then {' '.join(match[0].split())}"] += 1
    return found
