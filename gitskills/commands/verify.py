"""`gitskills verify`: is the audit trail whole and true?"""

from collections import Counter
from dataclasses import asdict

import click

from gitskills.commands import options


@click.command(short_help="Check trails, trees, signatures and proofs")
@click.argument("name", required=False)
@options.glob
@options.as_json
def command(name: str | None, glob: bool, as_json: bool) -> int:
    """Check all skills or one: trails complete, trees as the trailers say, signatures and proofs in order.

    Exit 1 when a check fails. A commit without trailers or signature claims nothing, and is in order.
    """
    from gitskills import console
    from gitskills.share.trail import looking
    from gitskills.share.trail.verify import verify

    with looking.look(options.project(glob), name) as looks:
        found = [(one, check) for one in looks for check in verify(one.trail, one.library.git_dir, one.tip, one.skill)]
    failed = [(one, check) for one, check in found if not check.ok]
    if as_json:
        console.emit_json([asdict(check) | {"source": one.library.source} for one, check in found])
        return 1 if failed else 0
    for one, check in failed:
        console.say(
            ("failed ", "bold red"),
            f"{check.check:<10}",
            (check.commit[:10] or " " * 10, "yellow"),
            (f" {check.skill or one.root}", "bold"),
            f"  {check.message}",
        )
    for kind, count in Counter(check.check for _, check in found).items():
        wrong = sum(1 for _, check in failed if check.check == kind)
        console.say((f"{kind:<10}", "bold"), f" {count - wrong} of {count} in order")
    return 1 if failed else 0
