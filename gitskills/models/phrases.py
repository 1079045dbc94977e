"""What a user's reaction says by plain rules of English: a correction, a rule for the next time, content, or nothing.

Only what is said outright counts. Everything else, other languages included, is nothing, which no rule guesses about.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 240  # characters of a sentence that can be a rule or a quotation

# Who speaks in a window of sessions.window: labels stand alone on a line, and no text of a transcript has one.
_LABEL = re.compile(
    r"^\[(user|assistant|reaction|subagent|tool|result|failed result|skill)\b([^\]\n]*)\]$", re.MULTILINE
)
_CODE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_SENTENCE = re.compile(r"[^\s.!?\n](?:[^.!?\n]|[.!?](?=\S))*[.!?]*")

_FILLER = r"(?:(?:no|nope|stop|wait|hey|ok|okay|please|and|but|so|well|again|also|sorry|thanks|hmm)\b[\s,.:;!–—-]*)*"
_STARTER = (
    r"(?:always|never|make sure|be sure|remember to|don['’]?t forget to|don['’]t|do not|next time"
    r"|from now on|in (?:the )?future|going forward|you (?:forgot|failed|have|need|were supposed) to"
    r"|you (?:must|should)(?! have| be able))"
)
_RULE = re.compile(rf"(?:^|[,;:–—]\s+|\s-\s|\b(?:and|but|so|please)\s+){_FILLER}(?P<rule>{_STARTER}\b[^\n]*)", re.I)
_CONDITION = re.compile(r"\b(?:if|when|whenever|unless|before|after|once|until|while|for|with|in|on)\b", re.I)
_LEAD = re.compile(
    r"^(?:next time|from now on|in (?:the )?future|going forward|you (?:forgot|failed|were supposed) to"
    r"|you (?:have|need) to|remember to|don['’]?t forget to|please)\b[\s,:]*",
    re.I,
)
_EMPTY = re.compile(r"^(?:never ?mind|don['’]t (?:worry|bother|mind)|do not (?:worry|bother)|never say never)\b", re.I)

# Words that carry nothing by themselves: a rule of these alone ("never do that again") tells no other session a thing.
_FUNCTION_WORDS = """
a an the this that these those it its them they there here then so do does did done doing again ever always never
not dont don make sure be is are was were been to of in on at for from with by and or but if as like way thing
things stuff please you your me my i we us our next time now future will would should must have has had get got
just only also too very really anything something nothing everything any all same
"""
_HOLLOW = frozenset(_FUNCTION_WORDS.split())

_CORRECTION = re.compile(
    r"\b(?:that|this|it)(?:['’]s| is| was| looks?)(?: still| just| completely| totally)?"
    r" (?:wrong|incorrect|broken|not right|not correct|not what)\b|\bnot what i (?:asked|wanted|meant|said)\b"
    r"|\b(?:wrong|incorrect) (?:again|file|branch|one|way|order|place|answer)\b"
    r"|\byou (?:forgot|missed|skipped|broke|ignored|overlooked|failed to|should(?:n['’]t| not)? have)\b"
    r"|\byou were(?:n['’]t| not)? supposed to\b"
    r"|\bi (?:already )?(?:told|asked) you (?:to|not|for)\b|\bi (?:already )?said\b|\bwhy (?:did|didn['’]t) you\b"
    r"|\b(?:still|again) (?:fails?|failing|broken|wrong|missing|not working|doesn['’]t work)\b"
    r"|\b(?:doesn['’]t|does not|didn['’]t|did not) work\b|\b(?:undo|revert) (?:that|this|it)\b|\btry again\b"
    r"|\bstop doing\b|\bdon['’]t do (?:that|this)\b",
    re.I,
)
_NO = re.compile(
    r"^(?:no|nope|wrong|incorrect|stop(?=[.!,]))(?!\w)(?!\s+(?:problem|worries|need|idea|rush|thanks|matter)\b)", re.I
)
_DURABLE = re.compile(r"\b(?:next time|from now on|in (?:the )?future|going forward)\b", re.I)
_STANDING = re.compile(r"\b(?:always|never)\b", re.I)
_CONTENT = re.compile(
    r"^(?:(?:ok|okay|great|perfect|nice|awesome|excellent|wonderful|brilliant|thanks|thank you|thx|cool|good job"
    r"|no problem|no worries"
    r"|well done|lgtm|looks good|works|it works|that works|this works|works now|exactly|love it|yes|yep|yeah|ship it"
    r"|good|much better|very good|so much|a lot|now|all good|fantastic|amazing|that['’]s (?:great|perfect|it|right))"
    r"\b[\s,.!:)]*)+$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one message of the user's says, each as it stands there: corrections, rules, and whether it is content."""

    corrections: tuple[str, ...]
    rules: tuple[str, ...]
    content: bool


def reactions(window: str) -> list[Reaction]:
    """Return what the user said after the skill was used, message by message."""
    return [read(text) for text in after_skill(window)]


def after_skill(window: str) -> Iterator[str]:
    """Yield the user's messages after the skill was used; the one that typed its name is none of them."""
    used = typed = False
    for who, rest, text in entries(window):
        if who == "skill":
            used, typed = True, "by the user" in rest
        elif who == "reaction" or (who == "user" and used and not typed):
            yield text
        elif who == "user":
            typed = False


def entries(window: str) -> Iterator[tuple[str, str, str]]:
    """Yield who speaks, what else the label says, and the text."""
    labels = list(_LABEL.finditer(window))
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        yield label[1], label[2], window[label.end() : following.start() if following else len(window)].strip()


def read(text: str) -> Reaction:
    """Return what a message says. Code and quoted lines say nothing: they are what others wrote."""
    own = _QUOTED.sub("", _CODE.sub("", text))
    sentences = [found[0].strip() for found in _SENTENCE.finditer(own)]
    corrections, rules = [], []
    for sentence in sentences:
        if len(sentence) > LONGEST or "[…" in sentence:
            continue
        ruled = bool(rule(sentence))
        if ruled:
            rules.append(sentence)
        if _corrects(sentence, ruled):
            corrections.append(sentence)
    content = bool(sentences) and not corrections and all(_CONTENT.match(one) for one in sentences)
    return Reaction(tuple(corrections), tuple(rules), content)


def rule(sentence: str) -> str:
    """Return the rule that a sentence sets for every time, as one sentence of its own; "" where it sets none."""
    sentence = sentence.strip()
    if sentence.endswith("?") or len(sentence) > LONGEST:
        return ""
    found = _RULE.search(sentence)
    if found is None:
        return ""
    said = found["rule"]
    if _EMPTY.match(said):
        return ""
    if _CONDITION.search(sentence[: found.start("rule")]):
        said = re.sub(rf"^{_FILLER}", "", sentence, flags=re.I)  # the condition is half of the rule
    while (bare := _LEAD.sub("", said)) != said:
        said = bare
    said = re.sub(r"^(?:you (?:must|should)(?: always)?)\s+", "", said, flags=re.I).strip(" .!,;:")
    if len(content_words(said)) < 2:
        return ""
    return f"{said[0].upper()}{said[1:]}."


def content_words(text: str) -> set[str]:
    """Return the words of a text that carry something, folded, without plain endings."""
    words = re.findall(r"[^\W_]+", re.sub(r"['’]", "", text).casefold())
    carrying = (word for word in words if len(word) > 1 and not word.isdigit() and word not in _HOLLOW)
    return {re.sub(r"(?<=\w{3})(?:ing|ed|es|s)$", "", word) for word in carrying}


def _corrects(sentence: str, ruled: bool) -> bool:
    """Say whether a sentence says outright that what was done was not right, or should be otherwise from now on."""
    if _CONTENT.match(sentence):
        return False
    if _CORRECTION.search(sentence) or _NO.match(sentence):
        return True
    return ruled and bool(_DURABLE.search(sentence) or _STANDING.search(sentence))
