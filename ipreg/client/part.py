"""What the parts of the client share."""

from __future__ import annotations

from ipreg.client.transport import Transport


class Part:
    """Methods of ``Client`` that belong together; ``_at`` speaks with the server."""

    _at: Transport
