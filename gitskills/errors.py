"""The one error a user is meant to see."""


class GitskillsError(Exception):
    """An expected failure, told to the user as what happened, where, and what to do.

    Arguments: `message` says what and where in one line; `hint` says what to do next;
    `exit_code` is 1 for an expected failure and 2 for wrong usage (see CONTRACT, exit codes).
    """

    def __init__(self, message: str, hint: str = "", *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
