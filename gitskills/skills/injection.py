"""Phrases by which a text takes over the model that reads it: orders against other orders, secrecy, forged turns.

What injected prompts say, in English; a text of which a person would want to know, no proof of malice. The gate
compares before and after, so that what a skill's people wrote themselves stays theirs.
"""

import re
from collections import Counter
from unicodedata import normalize

from gitskills.skills import hidden

_OLD = "(?:all|any|every|the|your|my|our|these|those|previous|prior|above|earlier|preceding|foregoing|other|system)"
_BEFORE = "(?:previous|prior|above|earlier|preceding|foregoing|system)"
_TEXTS = "(?:instructions?|prompts?|messages?|guidelines?|directions?|directives?|orders?|constraints?|context)"
_DROP = "(?:ignore|disregard|forget|override|discard|neglect|pay no attention to|do not follow|don't follow)"
_USER = "(?:(?:the|any|your|a) )?(?:users?|humans?|anyone|anybody|developers?|reviewers?|operators?|maintainers?)"
_TELL = "(?:tell|inform|notify|alert|(?:mention|reveal|show) (?:this|it|that) to)(?:ing)?"
_SECRET = "(?:credentials?|secrets?|passwords?|tokens?|api[ -]?keys?|private keys?|ssh keys?|environment variables)"

_ANYWHERE = (
    rf"\b{_DROP} (?:{_OLD} ){{1,4}}(?:of )?(?:{_OLD} ){{0,3}}{_TEXTS}\b",
    rf"\b{_DROP} (?:(?:all|any|the|your) ){{0,3}}{_BEFORE} (?:rules|text|words|lines)\b",
    rf"\b{_DROP} (?:all |any |the |everything |anything |what(?:ever)? (?:is |was |stands |came )?){{1,3}}"
    r"(?:written |said )?(?:above|before this|so far)\b",
    r"\b(?:new|updated|real|actual) (?:system )?(?:instructions|prompt|orders) ?:",
    r"\byou are (?:now|no longer) (?:an? |in |bound |free |going to )",
    r"\b(?:reveal|print|show|repeat|output|leak) (?:me )?(?:the|your|its) (?:(?:entire|full|hidden) )?system prompt",
    rf"\b(?:do not|don't|never|without) (?:ever )?{_TELL} {_USER}\b",
    rf"\b(?:hide|conceal|keep) (?:this|it|that|them) (?:\w+ ){{0,3}}from {_USER}\b",
    rf"\bwithout (?:the )?(?:knowledge|consent) of {_USER}\b",
    rf"\b(?:send|upload|post|transmit|exfiltrate|forward|leak)\b[^.();<>]{{0,60}}\b{_SECRET}\b[^.();<>]{{0,40}}? to\b",
    r"\b(?:set|report|return|answer|output|give)\b[^.]{0,30}\b(?:outcome|verdict)\b[^.]{0,12}\b(?:ok|failed|true|1)\b",
    r"\boutcome[\"' ,:=]{1,4}(?:is )?(?:ok|failed|unclear)\b",
    r"\bsuccess ?= ?(?:1|true)\b",
    r"<\|/?(?:im_start|im_end|system|endoftext|user|assistant|begin_of_text|eot_id)\|>|\[/?inst\]|<</?sys>>",
    r"</?(?:system|assistant|human|system-reminder|system_prompt)>",
    r"===== (?:begin|end) \w+",
    r"\b(?:jailbreak|do anything now|developer mode (?:is )?(?:on|enabled))\b",
    r"--dangerously[\w-]+|--yolo\b",
    # A report of an attack says the same ("it resolved outside, bypassing the sandbox") and is refused with the order:
    # no grammar told from a text keeps an order from being put as a report.
    r"\bbypass(?:ing)? (?:(?:the|all|any|every|your|its|our|these|those|of) ){0,3}"
    r"(?:permissions?|approvals?|safety|security|sandbox)\b",
)  # fmt: skip
_PHRASE = re.compile("|".join(_ANYWHERE), re.IGNORECASE)
_FORGED_TURN = re.compile(r"^[ \t>*#\[-]*(?:system|assistant|human)\]?[ \t*]*:", re.IGNORECASE | re.MULTILINE)
_MARKUP = re.compile(r"^[ \t>*+#-]+|[*`]|\b_|_\b", re.MULTILINE)


def plain(text: str) -> str:
    """Return a text as a model reads it: without hidden characters, with plain letters for compatible ones (NFKC)."""
    return text if text.isascii() else normalize("NFKC", hidden.ANY.sub("", text))


def find(text: str) -> Counter[str]:
    """Return the phrases found, folded, and how often each; markup and line breaks inside one hide nothing."""
    text = plain(text).replace("’", "'")
    flat = " ".join(_MARKUP.sub("", text).split())
    found = Counter(match[0].casefold() for match in _PHRASE.finditer(flat))
    found.update(match[0].casefold().strip() for match in _FORGED_TURN.finditer(text))
    return found
