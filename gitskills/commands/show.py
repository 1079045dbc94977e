"""`gitskills show`: one skill in full."""

import click

from gitskills.commands import options


@click.command(short_help="One skill in full, here or at a version")
@click.argument("name", metavar="NAME[@REV]")
@options.glob
@options.as_json
def command(name: str, glob: bool, as_json: bool) -> int:
    """Show a skill as it is here; with @REV (v3, a commit or tree) as its library had it."""
    from gitskills import console
    from gitskills.share import catalogue

    project = options.project(glob)
    name, _, version = name.partition("@")
    shown = catalogue.installed(project, name) if not version and project.config.sources else None
    if shown is None:
        shown = catalogue.at(project, name, version or None)
    row = shown.row
    text = catalogue.manifest(shown.files)
    if as_json:
        keys = ("name", "description", "source", "version", "commit", "tree")
        files = [{"path": path, "mode": f"{one.mode:o}", "size": len(one.data)} for path, one in shown.files.items()]
        console.emit_json({key: getattr(row, key) for key in keys} | {"path": shown.path, "files": files, "text": text})
        return 0
    version_shown = f"v{row.version}" if row.version else ""
    about = " · ".join(filter(None, (row.source, version_shown, (row.commit or "")[:10], row.status)))
    console.say((row.name, "bold"), (f"  {about}", "dim"))
    if len(shown.files) > 1:
        console.say((f"files: {', '.join(sorted(shown.files))}", "dim"))
    console.say()
    for line in text.splitlines():
        console.say((line, "bold cyan") if line.startswith("#") else line)
    return 0
