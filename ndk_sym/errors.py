"""Errors a user can cause: each message says what was given, what is allowed and what to do."""


class InputError(ValueError):
    """A user's input is outside what a function accepts."""
