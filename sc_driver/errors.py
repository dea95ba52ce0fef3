"""Errors of a link to a board: one line of text each, with what to do."""

from __future__ import annotations


class LinkError(RuntimeError):
    """A link to a board has failed; the text is one line and says what happened."""


class PortError(LinkError):
    """A port can't be opened."""


class NoSuchPortError(PortError):
    """There is no port of that name."""


class PortForbiddenError(PortError):
    """This user may not open the port."""


class PortBusyError(PortError):
    """Another program has the port open."""


class PortGoneError(LinkError):
    """The port was there and is gone: the cable was pulled, or the other end has closed it."""


class NoAnswerError(LinkError):
    """The board does not answer within the link's patience."""


class ProtocolError(LinkError):
    """The other end speaks another version of the protocol, or does not keep to it."""


class SessionLostError(LinkError):
    """The board does not know the session: it was reset, or another program has greeted it."""


class BusError(LinkError):
    """The board's bus has refused an access.

    Members
    -------
    address : word address of the request's first access.
    """

    def __init__(self, address: int) -> None:
        super().__init__(f"The board's bus has refused the access at word address 0x{address:04X}.")
        self.address = address


class ManifestError(LinkError):
    """A manifest is none, or of a design that this driver can't run."""


class WrongBoardError(LinkError):
    """What answers is no board of sc-hw."""


class OtherDesignError(LinkError):
    """The board runs another design than the manifest's."""


class BoardError(LinkError):
    """The board has reported an error, or gave something that its design never gives."""
