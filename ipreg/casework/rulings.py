"""What a decision says, in both languages: the ruling that stands in the paper, and a draft of the reasons for it.

The ruling follows from the outcome and is the same in every case. The reasons are the officer's own: a draft gives
their order and the facts that the registry knows, with gaps that he fills.
"""

from __future__ import annotations

from ipreg.models import Case, CaseKind, CaseOutcome, Filing
from ipreg.workdays import shanghai_day

O = CaseOutcome  # noqa: E741 - the four names below are read as one table
LANGUAGES = ("zh", "en")
GAPS = {"zh": "【填写】", "en": "[fill in]"}

_LISTING: dict[CaseOutcome, tuple[str, str]] = {
    O.INFRINGING: (
        "认定涉案商品与备案设计相同或者近似，侵权成立。责令被投诉方立即停止销售、许诺销售涉案商品，"
        "并撤下商品页面。",
        "The goods are the same as the filed design, or similar to it: the infringement is established. The "
        "respondent stops selling and offering them at once, and takes the listing down.",
    ),
    O.NOT_INFRINGING: (
        "认定侵权不成立，对投诉请求不予支持。因本案对涉案商品采取的措施应予解除。",
        "There is no infringement; the complaint is rejected. Measures taken against the goods for this case are "
        "lifted.",
    ),
    O.INSUFFICIENT: (
        "现有证据不足以认定侵权成立，终结本案处理。取得新证据的，可以再次提出。",
        "The evidence does not suffice to establish an infringement; the case ends. With new evidence it can be "
        "brought again.",
    ),
    O.SETTLED: (
        "双方达成和解，终结本案处理。和解内容载于理由部分；一方不履行的，另一方可以申请恢复处理。",
        "The parties have settled; the case ends. The terms stand in the reasons; where one side does not keep "
        "them, the other may ask for the case to go on.",
    ),
}
_CONFLICT: dict[CaseOutcome, tuple[str, str]] = {
    O.INFRINGING: (
        "认定在后备案的设计与在先备案的设计相同或者近似。在后备案不得用于对抗在先备案。",
        "The design filed later is the same as the one filed earlier, or similar to it. The later filing can't be "
        "held against the earlier one.",
    ),
    O.NOT_INFRINGING: (
        "认定两项备案的设计不相同也不近似，两项备案各自有效。",
        "The two designs are neither the same nor similar; both filings stand.",
    ),
    O.INSUFFICIENT: (
        "现有证据不足以认定在后备案的设计来自在先备案，终结本案处理。取得新证据的，可以再次提出。",
        "The evidence does not suffice to find that the later design comes from the earlier one; the case ends. "
        "With new evidence it can be brought again.",
    ),
    O.SETTLED: _LISTING[O.SETTLED],
}
_HEADS = {
    "zh": ("备案设计", "在后备案", "涉案商品", "对方意见", "理由"),
    "en": ("Filed design", "Later filing", "Goods complained of", "What the other side says", "Reasons"),
}
_POINTS = {
    "zh": {
        O.INFRINGING: "比对：相同的设计特征为{gap}；差异为{gap}，不影响整体视觉效果。"
        "在先公开或者合法来源的抗辩{gap}。",
        O.NOT_INFRINGING: "比对：相同的设计特征为{gap}；差异为{gap}，整体视觉效果不同。（或者：合法来源、"
        "在先公开成立：{gap}）",
        O.INSUFFICIENT: "已有证据：{gap}。缺少的证据：{gap}。已经要求补充，结果为{gap}。",
        O.SETTLED: "双方于{gap}达成和解，内容为{gap}，履行期限为{gap}。",
    },
    "en": {
        O.INFRINGING: "Comparison: the same features are {gap}; the differences are {gap} and don't change the "
        "overall impression. Earlier publication or a lawful source, if claimed: {gap}.",
        O.NOT_INFRINGING: "Comparison: the same features are {gap}; the differences are {gap}, and the overall "
        "impression is another. (Or: a lawful source, or earlier publication, is proved: {gap}.)",
        O.INSUFFICIENT: "Evidence there is: {gap}. Evidence that is missing: {gap}. It was asked for, with this "
        "result: {gap}.",
        O.SETTLED: "The parties settled on {gap}. The terms: {gap}, to be kept by {gap}.",
    },
}


def of(case: Case, outcome: CaseOutcome) -> tuple[str, str]:
    """The ruling in Chinese and in English."""
    return (_CONFLICT if case.kind is CaseKind.CONFLICT else _LISTING)[outcome]


def draft(case: Case, outcome: CaseOutcome, language: str) -> str:
    """Reasons to begin with, in one language."""
    gap, match = GAPS[language], case.match
    filed, later, goods, said, reasons = _HEADS[language]
    colon = "：" if language == "zh" else ": "
    lines = [f"{filed}{colon}{_named(match.filing)}"]
    if match.later_filing is not None:
        lines.append(f"{later}{colon}{_named(match.later_filing)}")
    elif match.listing is not None:
        lines.append(f"{goods}{colon}{match.listing.platform} · {match.listing.title}")
    lines.append(f"{said}{colon}{gap}")
    return "\n".join([*lines, f"{reasons}{colon}{_POINTS[language][outcome].format(gap=gap)}"])


def has_gaps(text: str) -> bool:
    """Whether something of a draft is still to be filled in."""
    return any(gap in text for gap in GAPS.values())


def _named(filing: Filing) -> str:
    return f"{filing.number} · {shanghai_day(filing.filed_at)}"
