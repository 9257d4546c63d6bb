"""Errors and warnings a user meets: each says what was given, what is allowed and what to do."""


class InputError(ValueError):
    """A user's input is outside what a function accepts."""


class AccuracyWarning(UserWarning):
    """The requested accuracy was not reached; the result carries its own error estimate."""


class GeneratedCodeError(RuntimeError):
    """A generated module does not match its certificate."""
