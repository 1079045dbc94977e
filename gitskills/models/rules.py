"""`rules`: an honest model without a network. It finds what was said outright, and says `unclear` rather than guess.

The same prompt always has the same answer. It reads the prompt's fenced sections, as every other model does.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from gitskills.config import Edits
from gitskills.models.fence import sections
from gitskills.models.pattern import generalise
from gitskills.models.phrases import Reaction, after_skill, content_words, entries, reactions, read, rule
from gitskills.models.protocol import ModelFailed
from gitskills.models.recipe import distil
from gitskills.skills import regions
from gitskills.skills.edit import Edit, Rejected, apply

_RULES_HEADINGS = re.compile(r"\b(?:rules?|guidelines?|important|notes?|constraints?|conventions?)\b", re.I)
_ANY = Edits(1, 1 << 20, 1 << 20)  # whoever asks the editor has limits of their own
_NAMED = 10_000  # more than any fit by words
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:(?P<bullet>[-*+])|(?P<number>\d{1,6})(?P<dot>[.)]))[ \t]+")


class RulesModel:
    """The offline backend for the roles judge, proposer, suggester, editor, generaliser and librarian."""

    name = "rules"

    def ask(self, system: str, prompt: str, *, role: str) -> str:
        """Return the answer in the form the role's contract asks for. Raises ModelFailed for any other role."""
        data = sections(prompt)
        match role:
            case "judge":
                return _written(judge(data.get("skill", ""), data.get("window", "")))
            case "proposer":
                return _written(propose(data))
            case "suggester":
                return f"<updates>{_written(suggest(data))}</updates>"
            case "editor":
                return f"<updated_file>\n{weave(data)}\n</updated_file>"
            case "generaliser":
                return _written(generalise(data))
            case "librarian":
                return _written(distil(data))
        raise ModelFailed(
            f"the offline rules cannot be asked as the {role}", f"set GITSKILLS_MODEL_{role.upper()} to a model"
        )


def judge(skill: str, window: str) -> dict[str, Any]:
    """Return the verdict on a window: `failed` where the user corrected outright, or objected again and again."""
    said = reactions(window)
    corrected = [one for one in said if one.corrections]
    # Rules that are set once the user has begun to correct are about what went wrong.
    later = said[said.index(corrected[0]) :] if corrected else []
    found = [(sentence, rule(sentence)) for one in later for sentence in one.rules]
    for sentence, text in found:
        if not _states(skill, text):
            return _verdict("failed", "skill_defect", f"The skill should say: {text}", *_quotes(corrected, sentence))
    if found:
        sentence, text = found[0]
        reason = f"The skill says it already: {text}"
        return _verdict("failed", "execution_lapse", reason, *_quotes(corrected, sentence))
    if len(corrected) > 1 and (quotes := _quotes(corrected)):
        reason = f"The user objected {len(corrected)} times; what the skill should say, no rule can tell."
        return _verdict("failed", "execution_lapse", reason, *quotes)
    if corrected:
        return _verdict("unclear", None, "The user objected once; whether the work was wrong, no rule can tell.")
    if said and said[-1].content:
        return _verdict("ok", None, "The user was content.")
    return _verdict("unclear", None, "The user neither corrected outright nor was content.")


def propose(data: dict[str, str]) -> dict[str, Any]:
    """Return the one edit that puts the user's rule under the heading it fits; none where there is no such rule."""
    skill, tried = data.get("skill", ""), data.get("tried", "")
    window = [sentence for one in reactions(data.get("window", "")) for sentence in one.rules]
    # What the judge quoted comes first.
    quoted = [sentence for sentence in window if sentence in data.get("verdict", "")]
    for sentence in dict.fromkeys([*quoted, *window]):
        text = rule(sentence)
        if _states(skill, text) or _states(tried, text):
            continue
        for edit in _places(skill, text):
            if not isinstance(apply(skill, [edit], Edits()), Rejected):
                made = {"op": edit.op, "target": edit.target, "content": edit.content}
                return {"weakness": f"The skill does not say: {text}", "edits": [made]}
    return {"weakness": "", "edits": []}


def suggest(data: dict[str, str]) -> list[dict[str, str]]:
    """Return each rule the user set in the new messages, with the section of the skill it fits."""
    skill, found = data.get("skill", ""), {}
    for name, text in data.items():
        if name in ("skill", "tried", "verdict"):
            continue
        told = [said for who, _, said in entries(text) if who in ("user", "reaction")]
        for sentence in (one for said in told or after_skill(text) for one in read(said).rules):
            change = rule(sentence)
            if not _states(skill, change):
                section = next((edit.target.lstrip("# ") for edit in _places(skill, change)), "")
                found[change] = {"section": section, "change": change, "reason": f"the user said: {sentence}"}
    return list(found.values())


def weave(data: dict[str, str]) -> str:
    """Return the skill with each change as one more item under its heading; ModelFailed where one has no place."""
    text = data.get("skill", "")
    for one in json.loads(data.get("changes") or "[]"):
        made = (apply(text, [edit], _ANY) for edit in _places(text, one["change"], one["section"]))
        found = next((each for each in made if isinstance(each, str)), None)
        if found is None:
            raise ModelFailed("the offline rules find no place for a change", "set GITSKILLS_MODEL_EDITOR to a model")
        text = found
    return text


def _verdict(outcome: str, layer: str | None, reason: str, *evidence: str) -> dict[str, Any]:
    return {"outcome": outcome, "layer": layer, "reason": reason, "evidence": list(evidence)}


def _quotes(corrected: list[Reaction], *first: str) -> list[str]:
    """The sentence with the rule, then the objections; at most three, and none that is too short to prove anything."""
    said = (max(one.corrections, key=len) for one in corrected)
    return [quote for quote in dict.fromkeys([*first, *said]) if len(quote.replace(" ", "")) > 5][:3]


def _states(text: str, wanted: str) -> bool:
    """Whether one line of a text has every word of a rule that carries something."""
    words = content_words(wanted)
    return any(words <= content_words(line) for line in text.splitlines())


def _places(skill: str, text: str, section: str = "") -> Iterator[Edit]:
    """Yield the edits that would add a rule, best place first: `section`, a heading it fits, one for rules, the top.

    What fits nowhere holds for all of it, so it stands below the title and is no further step of what comes last.
    """
    plain = skill.replace("\r\n", "\n")
    headings = regions.headings(plain)
    ends = [each.line.start for each in headings[1:]] + [len(plain)] * bool(headings)
    words = content_words(text)
    ranked = []
    for number, (heading, end) in enumerate(zip(headings, ends, strict=True)):
        body = plain[heading.line.end : end]
        fit = 3 * len(words & content_words(heading.title)) + len(words & content_words(body))
        fit += _NAMED * (heading.title.casefold() == section.casefold() != "")
        ranked.append((-fit, not _RULES_HEADINGS.search(heading.title), number, heading, body))
    for fit, other, _, heading, body in sorted(ranked, key=lambda one: one[:3]):
        if fit or not other:
            yield Edit("append", f"{'#' * heading.level} {heading.title}", _item(body, text))
    if headings:
        first = headings[0]
        yield Edit("append", f"{'#' * first.level} {first.title}", _item(plain[first.line.end : ends[0]], text))
    yield Edit("append", "", _item(plain[headings[-1].line.end :] if headings else plain, text))


def _item(body: str, text: str) -> str:
    """A rule in the form of what it stands below: the next item of a list, or a paragraph."""
    lines = [line for line in body.splitlines() if line.strip()]
    items = [found for line in lines if (found := _ITEM.match(line))]
    last = items[-1] if items and (_ITEM.match(lines[-1]) or lines[-1].startswith((" ", "\t"))) else None
    if last is None:
        return text if lines else f"- {text}"
    top = next(item for item in items if len(item["indent"]) == min(len(one["indent"]) for one in items))
    if top["bullet"]:
        return f"{top['indent']}{top['bullet']} {text}"
    numbers = [int(item["number"]) for item in items if item["number"] and item["indent"] == top["indent"]]
    return f"{top['indent']}{numbers[-1] + 1}{top['dot']} {text}"


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
