"""Pictures in, numbers out: fingerprints, an index of them, and a judgement whether one picture copies another.

    from similarity import fingerprint, judge

    registered = fingerprint(open("design.jpg", "rb").read())
    sighted = fingerprint(open("listing.jpg", "rb").read())
    print(judge(registered, sighted).probability)

Knows no database and no web.
"""

from similarity.fingerprint import Fingerprint, FingerprintError, algorithm, fingerprint
from similarity.image import PictureError
from similarity.index import Found, PictureIndex
from similarity.overlay import overlay
from similarity.verdict import Reason, Verdict, judge

__all__ = [
    "Fingerprint",
    "FingerprintError",
    "Found",
    "PictureError",
    "PictureIndex",
    "Reason",
    "Verdict",
    "algorithm",
    "fingerprint",
    "judge",
    "overlay",
]
