"""Pictures in, numbers out: fingerprints, an index of them, and a judgement whether one picture copies another.

    from similarity import fingerprint, judge, PictureIndex

    registered = fingerprint(open("design.jpg", "rb").read())
    sighted = fingerprint(open("listing.jpg", "rb").read())
    print(judge(registered, sighted).probability)

Knows no database and no web.
"""

from similarity.fingerprint import ALGORITHM, Fingerprint, FingerprintError, fingerprint
from similarity.image import PictureError
from similarity.index import Hit, PictureIndex
from similarity.verdict import Reason, Verdict, judge

__all__ = [
    "ALGORITHM",
    "Fingerprint",
    "FingerprintError",
    "Hit",
    "PictureError",
    "PictureIndex",
    "Reason",
    "Verdict",
    "fingerprint",
    "judge",
]
