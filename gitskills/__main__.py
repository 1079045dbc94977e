"""The fork at the front door: what must be instant is answered here, all else by `cli`."""

import sys


def main() -> None:
    """Run gitskills with the process's arguments and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from gitskills import __version__

        sys.stdout.write(f"gitskills {__version__}\n")
        return
    if sys.argv[1:2] == ["hook"] and not {"-h", "--help"} & set(sys.argv):
        from gitskills.hook import main as hook

        sys.exit(hook(sys.argv[2:]))
    from gitskills.cli import main as cli

    sys.exit(cli())


if __name__ == "__main__":
    main()
