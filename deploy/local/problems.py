"""Why a local run cannot go on."""


class CannotRun(Exception):
    """The suite cannot run here; the message says what to do, and no traceback is needed."""
