"""The error of this package."""

from sc_model.spec import ConfigError


class InterchangeError(ConfigError):
    """A network can't be expressed in the other format, or an argument that it needs is missing."""
