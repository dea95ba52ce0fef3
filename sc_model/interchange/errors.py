"""What can't be brought in or out is refused by name."""

from sc_model.spec import ConfigError


class InterchangeError(ConfigError):
    """A graph holds, or a network needs, what the other side can't express, or an answer that it
    needs was not given.
    """
