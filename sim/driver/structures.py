"""The C++ driver's structures (`run.h`, `driver.cc`), with the same members in the same order."""

from __future__ import annotations

import ctypes


class Array(ctypes.Structure):
    """Values of an input port.

    Members
    -------
    data : address of the first.
    kind : bytes of an element, negative if signed; 0 for one int64 that counts in all clocks.
    """

    _fields_ = (("data", ctypes.c_void_p), ("kind", ctypes.c_int64))


class Source(ctypes.Structure):
    """Words that go into a stream, and what became of them.

    Members
    -------
    words, times, epochs : addresses of the payloads and, unless null, of what is written for each
        transfer: its time in ps, and how often the stream had restarted before.
    count, done : words, and those transferred.
    idle : probability of an idle clock before a word.
    idled, blocked : clocks without a word, and with one that was not taken.
    epoch : restarts so far.
    host : 1 for a stream of the host, whose words go before all others.
    group : words that make a step; a restart in its midst drops the rest of it, with epoch -1.
    """

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("words", "times", "epochs")),
        *((name, ctypes.c_int64) for name in ("count", "done")),
        ("idle", ctypes.c_double),
        *((name, ctypes.c_int64) for name in ("idled", "blocked", "epoch", "host", "group")),
    )


class Sink(ctypes.Structure):
    """Room for words that come out of a stream or event.

    Members
    -------
    words, times, epochs : as of a source; times may not be null.
    room : words that fit; those beyond are counted and dropped.
    wanted : words to wait for, -1 for all that come.
    done : words transferred.
    idle : probability of a clock in which the stream is not ready.
    idled, blocked : clocks without a word, and with one that was not taken.
    unstable : words that changed or were withdrawn while they waited, which is a fault.
    """

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("words", "times", "epochs")),
        *((name, ctypes.c_int64) for name in ("room", "wanted", "done")),
        ("idle", ctypes.c_double),
        *((name, ctypes.c_int64) for name in ("idled", "blocked", "unstable")),
    )


class ResetPulse(ctypes.Structure):
    """A reset of a domain.

    Members
    -------
    domain : its number.
    words : of the first source, after whose transfer the delay begins.
    delay : ps from there on.
    clocks : length; 0 as soon as the pulse has begun.
    at : time at which the pulse is due, -1 before the words are transferred.
    """

    _fields_ = (
        ("domain", ctypes.c_int32),
        *((name, ctypes.c_int64) for name in ("words", "delay", "clocks", "at")),
    )


class Log(ctypes.Structure):
    """Words that a capture took.

    Members
    -------
    words, times : addresses.
    room, done : words that fit, and words taken.
    torn : words of which a bit changed within the window before the edge: a fault of the design.
    """

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("words", "times")),
        *((name, ctypes.c_int64) for name in ("room", "done", "torn")),
    )


class BitCount(ctypes.Structure):
    """Bits of a synchroniser: those that changed within the window, and those taken late."""

    _fields_ = (("windows", ctypes.c_int64), ("late", ctypes.c_int64))
