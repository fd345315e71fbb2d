"""The error tree, grouped by who is at fault.

An error carries a stable ``code`` and the ``values`` its message needs; the words are chosen by whoever shows
it (web, API, command line), in the reader's language, from ``ipreg.messages``.
"""

from __future__ import annotations


class IpregError(Exception):
    """Base of all errors of this product: ``code`` is stable, ``values`` fill its message."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value}" for name, value in sorted(self.values.items()))
        return f"{self.code} ({details})" if details else self.code


class CallerError(IpregError):
    """What was sent is wrong; sending something else can succeed. ``field`` names the form field, if one."""

    def __init__(self, code: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(code, **values)
        self.field = field


class PermissionDeniedError(IpregError):
    """The account may not do this."""


class MissingError(IpregError):
    """There is no such thing, or not for this account."""


class ConflictError(IpregError):
    """Somebody else was faster, or the thing is no longer in a state that allows this."""


class ProofError(IpregError):
    """A proof, signature, token or digest does not hold."""


class UpstreamError(IpregError):
    """Another system (mail server, time-stamping authority, shop) did not do its part; trying again may help."""


class ConfigError(IpregError):
    """The configuration is wrong; ``faults`` lists everything that is."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("config", faults="; ".join(faults))
        self.faults = faults
