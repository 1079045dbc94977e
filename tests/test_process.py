"""process: a program is run to its end within bounds, and nothing it started outlives it."""

import os
import sys
import time
from pathlib import Path

import pytest

from gitskills import process
from gitskills.process import Ended, Flood, Late, run

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")
CHILD = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', {!r}])"


def python(code: str, folder: Path, *, input: bytes = b"", timeout: float = 30, limit: int = 8 << 20) -> Ended:
    """Run Python code as `run` runs a program."""
    args = [sys.executable, "-c", code]
    return run(args, cwd=folder, env=os.environ, input=input, timeout=timeout, limit=limit)


def alive(pid: int) -> bool:
    """Tell whether a process still runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        pass
    if Path("/proc/self").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(mark: Path) -> bool:
    """Wait a little for the process whose number is in `mark` to end."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if mark.exists() and mark.read_text() and not alive(int(mark.read_text())):
            return True
        time.sleep(0.02)
    return False


def test_bytes_go_in_and_come_out(tmp_path: Path) -> None:
    """Input of a megabyte arrives as it is; both outputs and the exit code come back."""
    data = bytes(range(256)) * 4096
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()); sys.stderr.write('said'); sys.exit(3)"
    assert python(code, tmp_path, input=data) == Ended(3, data, b"said")


def test_a_program_that_does_not_read_its_input_is_no_failure(tmp_path: Path) -> None:
    """Input nobody reads breaks no pipe."""
    assert python("print('done')", tmp_path, input=b"x" * (1 << 20)).out.strip() == b"done"


def test_a_program_that_is_not_there_raises(tmp_path: Path) -> None:
    """What cannot be started is an OSError, for the caller to word."""
    with pytest.raises(OSError):
        run([str(tmp_path / "nothing")], cwd=tmp_path, env={}, input=b"", timeout=5)


def test_time_runs_out(tmp_path: Path) -> None:
    """A program that never ends is ended in time, even one that ignores the polite signal."""
    start = time.monotonic()
    with pytest.raises(Late, match="took longer than"):
        python("import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)", tmp_path, timeout=0.5)
    assert time.monotonic() - start < 10


@POSIX
def test_time_that_runs_out_ends_the_grandchildren(tmp_path: Path) -> None:
    """What the program started dies with it when the time is up."""
    mark = tmp_path / "mark"
    inner = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    for seconds in (0.5, 5):  # where half a second is not enough to start it
        with pytest.raises(Late):
            python(CHILD.format(inner) + ".wait()", tmp_path, timeout=seconds)
        if mark.exists():
            break
    assert gone(mark)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is still in the pipes have a tenth of its time."""
    monkeypatch.setattr(process, "_DRAIN", process._DRAIN / 10)


@POSIX
@pytest.mark.usefixtures("impatient")
def test_a_grandchild_that_holds_the_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A program that ends and leaves something running gives its answer soon, and what it left is ended."""
    mark = tmp_path / "mark"
    inner = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    waiting = f"import os, time\nwhile not os.path.exists({str(mark)!r}): time.sleep(.01)\nprint('answer', flush=True)"
    start = time.monotonic()
    assert python(f"{CHILD.format(inner)}\n{waiting}", tmp_path).out.strip() == b"answer"
    assert time.monotonic() - start < 15 and gone(mark)


@POSIX
@pytest.mark.usefixtures("impatient")
def test_one_that_left_the_group_is_not_waited_for_either(tmp_path: Path) -> None:
    """A daemon with a session of its own cannot be ended by us, but it cannot make us wait: never a hang."""
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(6)'], start_new_session=True)\n"
        "print('answer', flush=True)"
    )
    start = time.monotonic()
    assert python(code, tmp_path).out.strip() == b"answer"
    assert time.monotonic() - start < 5


def test_a_flood_is_stopped(tmp_path: Path) -> None:
    """A program that writes without end is ended as soon as it is over the limit."""
    start = time.monotonic()
    with pytest.raises(Flood, match="more than 1 MB"):
        python("while True: print('x' * 65536)", tmp_path, limit=1 << 20)
    assert time.monotonic() - start < 10


@POSIX
def test_the_program_has_no_terminal_of_ours(tmp_path: Path) -> None:
    """It runs in a session of its own, where nothing can be asked."""
    assert python("import os; print(os.getsid(0) == os.getpid())", tmp_path).out.strip() == b"True"
