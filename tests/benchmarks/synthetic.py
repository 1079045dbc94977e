"""Make a synthetic library by `git fast-import`: 2,000 skills and 20,000 commits in a few seconds."""

from __future__ import annotations

import argparse
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

START = 1_700_000_000
PEOPLE = [f"Person {n:02d} <person{n:02d}@example.com>" for n in range(25)]
OPERATIONS = ("edit", "edit", "edit", "improve", "revert")


@dataclass
class Library:
    """The stream of one library: who exists, what each skill holds now, which mark comes next."""

    skills: int
    commits: int
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    lines: dict[int, list[str]] = field(default_factory=dict)
    mark: int = 0

    def stream(self) -> Iterator[bytes]:
        """Yield fast-import commands: creations first, then edits, every 20th of them on a branch that is merged."""
        yield b"reset refs/heads/main\n"
        while self.mark < self.commits:
            if self.mark >= self.skills and self.mark % 20 == 0 and self.mark + 2 <= self.commits:
                yield from self.merged()
            elif self.mark < self.skills:
                yield self.commit("refs/heads/main", self.mark, "create")
            else:
                skill = self.chance.randrange(self.skills)
                yield self.commit("refs/heads/main", skill, self.chance.choice(OPERATIONS))

    def merged(self) -> Iterator[bytes]:
        """Yield a commit on a side branch and the merge that brings it into main."""
        skill, fork = self.chance.randrange(self.skills), self.mark
        yield b"reset refs/heads/side\nfrom :%d\n\n" % fork
        yield self.commit("refs/heads/side", skill, "edit")
        yield self.header("refs/heads/main", f"Merge pull request #{self.mark} from person/side\n")
        yield b"from :%d\nmerge :%d\n%s\n" % (fork, fork + 1, self.file(skill))

    def commit(self, ref: str, skill: int, op: str) -> bytes:
        """Return one commit that creates or edits one skill, with the trailers gitskills writes."""
        if op == "create":
            text = f"---\nname: skill-{skill:04d}\ndescription: What skill {skill} is for.\n---\n\n# Skill {skill}\n"
            self.lines[skill] = text.splitlines()
        else:
            self.lines[skill].append(f"- Step {self.mark}: do the thing number {self.chance.randrange(10**6)}.")
        trailers = [f"Skill: skill-{skill:04d}", f"Skill-Op: {op}"]
        if op == "improve":
            evidence = f"{self.chance.getrandbits(64):016x}"
            trailers += [f"Skill-Evidence: claude-code:{evidence}#toolu_{self.mark}", "Skill-Gate: unverified"]
        message = f"skill-{skill:04d}: {op} number {self.mark}\n\nWhy this was done.\n\n" + "\n".join(trailers) + "\n"
        return self.header(ref, message) + self.file(skill) + b"\n"

    def header(self, ref: str, message: str) -> bytes:
        """Return the head of a commit command and count its mark."""
        self.mark += 1
        when, who = f"{START + 600 * self.mark} +0000", PEOPLE[self.mark % len(PEOPLE)]
        data = message.encode()
        head = f"commit {ref}\nmark :{self.mark}\nauthor {who} {when}\ncommitter {who} {when}\ndata {len(data)}\n"
        return head.encode() + data

    def file(self, skill: int) -> bytes:
        """Return the command that stores the skill's SKILL.md as it now is."""
        data = "\n".join(self.lines[skill]).encode() + b"\n"
        return b"M 100644 inline skills/skill-%04d/SKILL.md\ndata %d\n%s\n" % (skill, len(data), data)


def build(git_dir: Path, *, skills: int = 2000, commits: int = 20_000) -> None:
    """Create the bare repository `git_dir` with a synthetic library on its branch main."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(git_dir)], check=True)
    command = ["git", "-C", str(git_dir), "-c", "pack.compression=1", "fast-import", "--quiet", "--depth=50"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for piece in Library(skills, commits).stream():
            process.stdin.write(piece)
    if process.returncode:
        raise SystemExit(f"git fast-import failed with {process.returncode}")
    subprocess.run(["git", "-C", str(git_dir), "update-ref", "-d", "refs/heads/side"], check=True)


def main() -> None:
    """Make a library from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("git_dir", type=Path)
    parser.add_argument("--skills", type=int, default=2000)
    parser.add_argument("--commits", type=int, default=20_000)
    options = parser.parse_args()
    build(options.git_dir, skills=options.skills, commits=options.commits)


if __name__ == "__main__":
    main()
