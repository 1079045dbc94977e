"""What may leave this machine: a skill's files, cleaned of other tools' provenance, validated and scanned."""

from collections.abc import Mapping
from dataclasses import dataclass

from gitskills.errors import GitskillsError
from gitskills.git.objects import MANIFEST
from gitskills.share.foreign.provenance import is_provenance
from gitskills.skills import frontmatter
from gitskills.skills.diagnostic import Diagnostic
from gitskills.skills.file import File
from gitskills.skills.refuse import unsafe_names
from gitskills.skills.scan import scan
from gitskills.skills.validate import validate


@dataclass(frozen=True, slots=True)
class Prepared:
    """Files ready to publish, and what speaks against it: errors stop a push, warnings are told."""

    files: Mapping[str, File]
    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]


def prepare(files: Mapping[str, File], folder: str, before: Mapping[str, File] | None) -> Prepared:
    """Clean, validate and scan the skill `folder` (its name in the library).

    `before` is what upstream has now: rules it broke already do not stop an edit that leaves them as
    they are, else nobody could improve a skill that other tools accept. Secrets, hidden text and names that a pull
    would refuse always stop.
    """
    files = strip_provenance(files)
    old = {(one.code, one.message) for one in validate(before, folder)} if before else set()
    found = validate(files, folder)
    stops = [one for one in found if one.severity == "error" and (one.code, one.message) not in old]
    told = [one for one in found if one not in stops]
    scanned = [*scan(files, secrets=True), *unsafe_names(files)]
    stops += [one for one in scanned if one.severity == "error"]
    told += [one for one in scanned if one.severity != "error"]
    return Prepared(files, tuple(stops), tuple(told))


def strip_provenance(files: Mapping[str, File]) -> Mapping[str, File]:
    """Remove the keys other tools write into `metadata`, by lines; all other bytes stay."""
    manifest = files.get(MANIFEST)
    if manifest is None:
        return files
    try:
        text = manifest.data.decode("utf-8")
        document = frontmatter.split(text)
        metadata = frontmatter.keys(document, lenient=True).get("metadata") if document.has_frontmatter else None
        for key in metadata if isinstance(metadata, dict) else ():
            if is_provenance(str(key)):
                text = frontmatter.set_key(text, f"metadata.{key}", None)
    except (UnicodeDecodeError, GitskillsError):
        return files  # what cannot be read is the validation's to report
    return {**files, MANIFEST: File(text.encode("utf-8"), manifest.mode)}
