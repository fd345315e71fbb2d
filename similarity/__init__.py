"""Pictures in, numbers out: fingerprints, an index of them, and a judgement whether one picture copies another, or
shows the same goods in a new photograph (``similarity.designs``).

    from similarity import fingerprint, judge

    registered = fingerprint(open("design.jpg", "rb").read())
    sighted = fingerprint(open("listing.jpg", "rb").read())
    print(judge(registered, sighted).probability)

Knows no database and no web.
"""

from similarity.designs import DesignPrint, DesignVerdict, Finding, Kind, design_print, judge_design, tell_apart
from similarity.fingerprint import Fingerprint, FingerprintError, algorithm, fingerprint
from similarity.image import PictureError
from similarity.index import Found, PictureIndex
from similarity.overlay import overlay
from similarity.verdict import Reason, Verdict, judge

__all__ = [
    "DesignPrint",
    "DesignVerdict",
    "Finding",
    "Fingerprint",
    "FingerprintError",
    "Found",
    "Kind",
    "PictureError",
    "PictureIndex",
    "Reason",
    "Verdict",
    "algorithm",
    "design_print",
    "fingerprint",
    "judge",
    "judge_design",
    "overlay",
    "tell_apart",
]
