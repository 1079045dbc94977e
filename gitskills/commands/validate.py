"""`gitskills validate`: check skills against the specification and scan them."""

from dataclasses import asdict
from pathlib import Path

import click

from gitskills import console


@click.command(short_help="Check skills: specification, hidden text, secrets, links")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--lenient", is_flag=True, help="Warn of what agents accept; stop only at what none can load.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON document.")
def command(paths: tuple[Path, ...], lenient: bool, as_json: bool) -> int:
    """Check skills: the Agent Skills specification, hidden text, links, unsafe names, credentials.

    PATH is a SKILL.md, a skill's folder, or a folder with skills below it; by default the current folder.
    Exits with 1 when there is an error; warnings alone do not fail.
    """
    from gitskills.share.check import check, skill_folders

    folders = list(dict.fromkeys(folder for path in paths or (Path(),) for folder in skill_folders(path)))
    found = []
    with console.progress() as progress:
        for number, folder in enumerate(folders):
            if progress:
                progress("validating", number, len(folders))
            found += check(folder, lenient=lenient)
    found = list(dict.fromkeys(found))  # a card's file is one of the files of the node that holds it, too
    errors = sum(each.severity == "error" for each in found)
    if as_json:
        console.emit_json([asdict(each) for each in found])
        return 1 if errors else 0
    for each in found:
        colour = "bold red" if each.severity == "error" else "yellow"
        place = f"{each.path}:{each.line}: "
        console.say(place, (each.severity, colour), f": {each.message} ", (f"[{each.code}]", "dim"), hang=2)
    skills, warnings = len(folders), len(found) - errors
    plural = {True: "", False: "s"}
    console.note(
        f"{skills} skill{plural[skills == 1]}: {errors} error{plural[errors == 1]}, "
        f"{warnings} warning{plural[warnings == 1]}"
    )
    return 1 if errors else 0
