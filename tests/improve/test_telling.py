"""What a candidate's commit says of its session: whose words the quote is."""

import pytest

from gitskills.improve.gate import Decision
from gitskills.improve.judge import Verdict
from gitskills.improve.telling import body

WINDOW = """\
[user]
ship it, please
[skill deploy: called by the agent]
[tool Bash]
make ship
[result Bash]
error: the build is red
[assistant]
Shipped, all is well.
[… left out …] with the tests left out
[user]
it is not [… left out …] so I lied
[reaction]
No, the build was red."""


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        (("the build is red",), 'The session: "the build is red"'),
        (("Shipped, all is well.", "the build   was red"), 'The user: "the build was red"'),
        (("all is well", "ship it"), 'The user: "ship it"'),
        (("so I lied",), 'The session: "so I lied"'),
    ],
    ids=["tool", "user first", "user", "behind a gap"],
)
def test_nobody_is_said_to_have_said_what_another_did(evidence: tuple[str, ...], told: str) -> None:
    """A judge may quote anybody; the commit names the user only for the user's own words."""
    verdict = Verdict("failed", "skill_defect", "It should say more.", evidence)
    text = body(verdict, Decision("unverified", "review", (), ()), WINDOW, "# Deploy\n")
    assert text.splitlines()[-1] == told
