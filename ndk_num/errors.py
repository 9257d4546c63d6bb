"""Errors and warnings a user meets: each says what was given, what is allowed and what to do."""


class InputError(ValueError):
    """A user's input is outside what a function accepts."""


class AccuracyWarning(UserWarning):
    """The requested accuracy was not reached; the result carries its own error estimate."""


class GeneratedCodeError(RuntimeError):
    """A generated module does not match its certificate."""


def shortened(value: object, *, most: int = 80) -> str:
    """What was given, as Python writes it, cut where it gets long: a message is one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= most else f"{text[:most]}…"
