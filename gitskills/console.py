"""What the user sees: the only importer of rich. Text of others is stripped and never read as markup."""

import contextlib
import json
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.console import Console

Span = str | tuple[str, str]
"""A piece of a line: text, or text with a style (rich's names: "bold", "green", "dim" …)."""

Progress = Callable[[str, int, int | None], None]
"""Called with the phase, the number done and the total (None: not known yet); an empty phase takes the bar away."""

# C0 and C1 controls (terminal escapes), bidi controls and tag characters (text that lies about itself).
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_WORDS: Any = {
    "break_long_words": False,
    "break_on_hyphens": False,
    "expand_tabs": False,
    "replace_whitespace": False,
}
_SHORT = 20  # a cell that no column is too narrow for
_SLOW = 0.4  # seconds of work before a progress bar appears: most commands are done by then


def clean(text: str) -> str:
    """Return `text` without what could steer a terminal or hide; tabs and line ends stay, CRLF becomes LF."""
    text = text.replace("\r\n", "\n")
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub("\ufffd", text).encode("utf-8", "replace").decode("utf-8")


def one_line(text: str) -> str:
    """Return `text`, cleaned, as one line: a name with a line end in it must not pass for two."""
    return " ".join(clean(text).split())


def emit_json(value: Any) -> None:
    """Print `value` to stdout as one JSON document."""
    # dumps, not dump: only the former uses the encoder written in C, ten times faster on a long history.
    separators = None if sys.stdout.isatty() else (",", ":")
    sys.stdout.write(json.dumps(value, ensure_ascii=True, separators=separators) + "\n")


def say(*spans: Span, hang: int = 0) -> None:
    """Print one line to stdout, with styles where it is a terminal.

    With `hang` what is too long for the terminal goes on below, between words, from that column on.
    """
    _line(spans, stderr=False, hang=hang)


def note(*spans: Span, hang: int = 0) -> None:
    """Print one line to stderr: a diagnostic, never part of an answer; `hang` as in `say`."""
    _line(spans, stderr=True, hang=hang)


def error(message: str, hint: str = "") -> None:
    """Print an expected failure to stderr, with what to do about it."""
    note(("error: ", "bold red"), message, hang=7)
    if hint:
        note(("  hint: ", "bold cyan"), hint, hang=8)


def table(columns: Sequence[str], rows: Iterable[Sequence[Span]], *, title: str = "", crop: bool = False) -> None:
    """Print `rows` under `columns`: a rich table on a terminal, tab-separated lines elsewhere.

    With `crop` each row is one line on a terminal: what does not fit of the last column is cut there.
    """
    if not sys.stdout.isatty():
        for row in rows:
            _write(sys.stdout, "\t".join(_flat(cell).replace("\n", " ").replace("\t", " ") for cell in row) + "\n")
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    drawn = Table(
        box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False, header_style="bold", expand=crop
    )
    console, cells = _console(stderr=False), [list(row) for row in rows]
    longest = [max((len(_flat(row[at])) for row in cells), default=0) for at in range(len(columns))]
    # A name is to be copied whole; where one would squeeze all other columns, it alone goes on below.
    rest = sum(max(len(column), min(_SHORT, wide)) + 3 for column, wide in zip(columns[1:], longest[1:], strict=True))
    most = max(_SHORT, console.width - rest - 2)
    if longest[-1] > _SHORT and not crop and longest[0] <= console.width // 2:
        most = console.width // 2  # a last column of text gives way
    for number, column in enumerate(columns):
        cut = crop and number == len(columns) - 1
        overflow: Literal["ellipsis", "fold"] = "ellipsis" if cut else "fold"
        whole = cut or longest[number] <= (_SHORT if number else most)
        wide = None if number or whole else most
        drawn.add_column(
            column, overflow=overflow, no_wrap=whole, ratio=1 if cut else None, min_width=wide, max_width=wide
        )
    for row in cells:
        drawn.add_row(*(_text([cell]) for cell in row))
    console.print(drawn)


def diff(lines: Iterable[str]) -> None:
    """Print a unified diff, coloured on a terminal."""
    for line in lines:
        say((line, _diff_style(line)))


def page(lines: Iterable[Sequence[Span]], *, crop: bool = False) -> None:
    """Print many lines: through the user's pager when they are more than a terminal shows, straight out elsewhere.

    With `crop` a line longer than the terminal is wide is cut there; where nobody watches, nothing is cut.
    """
    if not sys.stdout.isatty():
        for spans in lines:
            _write(sys.stdout, "".join(map(_flat, spans)) + "\n")
        return
    rest = iter(lines)
    first = list(islice(rest, shutil.get_terminal_size().lines - 1))
    console = _console(stderr=False)
    fit: dict[str, Any] = {"no_wrap": True, "overflow": "ellipsis"} if crop else {"soft_wrap": True}
    if len(first) < shutil.get_terminal_size().lines - 1:
        for spans in first:
            console.print(_text(spans), **fit)
        return
    import click

    def drawn() -> Iterator[str]:
        for spans in chain(first, rest):
            with console.capture() as captured:
                console.print(_text(spans), **fit)
            yield captured.get()

    click.echo_via_pager(drawn())  # told nothing of colours, click asks less to show them


def panel(text: str, *, title: str = "", style: str = "") -> None:
    """Print `text` in a frame on a terminal, plainly elsewhere."""
    if not sys.stdout.isatty():
        say(f"== {title} ==" if title else "")
        say(text)
        return
    from rich.panel import Panel

    _console(stderr=False).print(Panel(_text([text]), title=clean(title) or None, border_style=style, expand=False))


@contextlib.contextmanager
def progress() -> Iterator[Progress | None]:
    """Yield a callback that draws a bar on stderr once work has lasted a moment; None off a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.close()


class _Bar:
    """A rich progress display that starts itself only when the work turns out to be slow."""

    def __init__(self) -> None:
        from threading import RLock

        self._begun = time.monotonic()
        self._tasks: dict[str, Any] = {}
        self._display: Any = None
        self._turn = RLock()  # sources are fetched side by side

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        with self._turn:
            if phase:
                self._draw(phase, done, total)
            else:
                self.close()

    def _draw(self, phase: str, done: int, total: int | None) -> None:
        if self._display is None:
            if time.monotonic() - self._begun < _SLOW:
                return
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
            self._display = Progress(*columns, TimeElapsedColumn(), console=_console(stderr=True), transient=True)
            self._display.start()
        if phase not in self._tasks:
            self._tasks[phase] = self._display.add_task(clean(phase), total=total)
        self._display.update(self._tasks[phase], completed=done, total=total)

    def close(self) -> None:
        with self._turn:
            display, self._display = self._display, None
            self._tasks.clear()
            if display is not None:
                display.stop()


_consoles: dict[bool, "Console"] = {}


def _console(*, stderr: bool) -> "Console":
    if stderr not in _consoles:
        from rich.console import Console

        _consoles[stderr] = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    return _consoles[stderr]


def _line(spans: Sequence[Span], *, stderr: bool, hang: int = 0) -> None:
    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        console = _console(stderr=stderr)
        text = _text(spans)
        for line in _hung(text, hang, console.width) if hang else [text]:
            console.print(line, soft_wrap=True)
    else:
        _write(stream, "".join(map(_flat, spans)) + "\n")


def _hung(text: Any, hang: int, width: int) -> Iterator[Any]:
    """Break a text between words; a command in backticks stays in one piece, and so do paths and URLs, to be copied."""
    from textwrap import wrap

    for line in text.split("\n", allow_blank=True):
        hang = min(hang, width // 2)
        start = hang if hang <= len(line) else 0
        whole = re.sub("`[^`]*`", lambda match: match[0].replace(" ", "_"), line.plain[start:])
        rows = wrap(whole, width - hang, **_WORDS) or [""]
        at = start
        for number, row in enumerate(rows):
            at = start + whole.index(row, at - start)
            piece = line[at : at + len(row)]
            if number:
                piece.pad_left(hang)
            yield piece if number else line[:start] + piece
            at += len(row)


def _write(stream: Any, text: str) -> None:
    """Write `text` whatever the stream's encoding: a character it lacks becomes `?`, not a traceback."""
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "replace").decode(encoding))


def _flat(span: Span) -> str:
    return clean(span if isinstance(span, str) else span[0])


def _text(spans: Sequence[Span]) -> Any:
    from rich.text import Text

    text = Text()
    for span in spans:
        text.append(_flat(span), style="" if isinstance(span, str) else span[1])
    return text


def _diff_style(line: str) -> str:
    if line.startswith(("+++", "---", "diff ", "index ")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
