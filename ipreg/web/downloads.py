"""What a file that is handed out is called when the browser keeps it."""

from __future__ import annotations

import unicodedata
from typing import Literal, TypeVar
from urllib.parse import quote

from werkzeug.wrappers import Response

Answer = TypeVar("Answer", bound=Response)


def name_file(answer: Answer, name: str, how: Literal["attachment", "inline"] = "attachment") -> Answer:
    """Names the file in any script (RFC 6266 with RFC 8187): a header itself carries Latin letters only."""
    whole = "".join("_" if unicodedata.category(one).startswith("C") else one for one in name)
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "-_. ") else "_" for one in whole)
    further = "" if plain == whole else f"; filename*=UTF-8''{quote(whole, safe='')}"
    answer.headers["Content-Disposition"] = f'{how}; filename="{plain}"{further}'
    return answer
