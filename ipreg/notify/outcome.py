"""What can be wrong with a message on its way, in words that have a translation."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

N_ = str  # marks a text for extraction
ANSWERED = N_("The receiver answered %(status)s instead of taking it.")
GONE = N_("The receiver wants no more messages (410).")
ELSEWHERE = N_("The address leads elsewhere (%(status)s), and we follow no redirect.")
UNREACHABLE = N_("The receiver could not be reached.")
TOO_SLOW = N_("The receiver did not answer in time.")
TOO_LARGE = N_("The receiver's answer is too long.")
PRIVATE = N_("The address lies in a private network, which is not called from here.")
WRONG = N_("The address can't be called. Check how it is written.")
NOT_A_ROBOT = N_("The answer is not that of such a robot. Check the address.")
REFUSED = N_("The robot refused it with code %(code)s.")
REFUSED_SIGN = N_("The robot refused it (code %(code)s): check its secret, its keyword and its list of IPs.")
REFUSED_KEY = N_("The robot refused it (code %(code)s): its address or key is no longer good.")
REFUSED_MANY = N_("The robot refused it (code %(code)s): too many messages in a short time.")
BROKEN = N_("The message could not be put together. The registry's log says why.")
MAIL_ADDRESS = N_("The mail server takes no mail for this address (%(code)s).")
MAIL_SIGN_IN = N_("The mail server refuses the registry's sign-in (%(code)s).")
MAIL_REFUSED = N_("The mail server refused the message (%(code)s).")
MAIL_SLOW = N_("The mail server did not answer in time.")
MAIL_AWAY = N_("The mail server could not be reached.")


@dataclass(frozen=True)
class Fault:
    """Why a message did not go out. ``final``: trying again can't help. ``gone``: nothing can ever arrive there.

    ``words`` are English, with placeholders for ``values``; ``kept`` is how both lie in the database.
    """

    words: str
    values: Mapping[str, int | str] = field(default_factory=dict)
    final: bool = False
    gone: bool = False

    @property
    def kept(self) -> str:
        return json.dumps({"say": self.words, "with": dict(self.values)}, ensure_ascii=False)


def value_of(kept: str) -> Any:
    """A kept fault as a value of a notice, which is put into words when it is read; old ones are plain text."""
    try:
        found = json.loads(kept)
    except ValueError:
        return kept
    return found if isinstance(found, dict) and "say" in found else kept


def told(kept: str, say: Callable[[str], str]) -> str:
    """A kept fault in the reader's language; an empty text stays one."""
    found = value_of(kept)
    return str(say(found["say"])) % found.get("with", {}) if isinstance(found, dict) else kept
