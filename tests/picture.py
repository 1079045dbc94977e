"""Draw the README's picture from a real run: `python -m tests.picture` writes .github/demo.svg.

The demo runs on a pseudo-terminal, so colours and tables are what a user sees; rich turns them into SVG.
"""

import os
import pty
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 108
BEGIN = "Later the skill fails Ben."
TARGET = Path(__file__).parent.parent / ".github" / "demo.svg"


def recorded() -> str:
    """Run the demo on a terminal of its own; return all it wrote."""
    os.environ.update(TERM="xterm-256color", COLUMNS=str(WIDTH), LINES="50", COLORTERM="truecolor")
    os.environ.pop("NO_COLOR", None)
    output = bytearray()

    def read(descriptor: int) -> bytes:
        data = os.read(descriptor, 65536)
        output.extend(data)
        return data

    code = pty.spawn([sys.executable, "-m", "gitskills", "demo"], read)
    if code:
        raise SystemExit("the demo failed")
    return output.decode().replace("\r\n", "\n")


def main() -> None:
    """Write the picture of the demo's second half."""
    text = recorded()
    plain = Text.from_ansi(text).plain
    start = next(number for number, line in enumerate(plain.splitlines()) if BEGIN in line)
    shown = Text("\n").join(Text.from_ansi(text).split("\n")[start:])
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(shown)
    svg = console.export_svg(title="gitskills demo", unique_id="demo")
    # No font from another host: a picture in a README must not fetch anything.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    TARGET.write_text(svg + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
