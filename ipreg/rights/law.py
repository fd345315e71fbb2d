"""Each number of the law in one place, with its article. A change of law is a change of one line here.

Texts: Patent Law as amended 2020 (in force since 2021-06-01); its Implementing Regulations as amended 2023 (in
force since 2024-01-20); Patent Examination Guidelines 2023; Copyright Law as amended 2020; Trademark Law as amended
2019, and as revised 2026 (in force from 2027-01-01; the same periods under other numbers); Anti-Unfair Competition
Law as revised 2025; Paris Convention; Geneva Act (1999) of the Hague Agreement. docs/law.md says which were read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ipreg import workdays

N_ = str  # marks a text for extraction


@dataclass(frozen=True)
class Period:
    """``months`` from a day, the article that says so, and whether an end on a free day moves to a working day.

    Where that is disputed or another country's calendar decides, it does not move: too early never harms.
    """

    months: int
    article: str
    moves: bool = False

    def end(self, start: date) -> date:
        """The last day, before it is moved."""
        return workdays.add_months(start, self.months)


# Rule 5: the end of a period on a statutory day of rest moves to the first working day after it. Whether that holds
# for the six months of grace, which are counted back from the application, is not said; so they do not move here.
GRACE = Period(6, N_("Patent Law, art. 24"))
GRACE_PROOF = Period(2, N_("Implementing Regulations of the Patent Law, rule 33"), moves=True)
PRIORITY_IN_CHINA = Period(6, N_("Patent Law, arts. 29 and 30; Implementing Regulations, rule 5"), moves=True)
PRIORITY_ABROAD = Period(6, N_("Paris Convention, art. 4 C"))
PRIORITY_HAGUE = Period(6, N_("Hague Agreement, Geneva Act, art. 6; Paris Convention, art. 4 C"))
GRACE_ABROAD = Period(
    12, N_("EU Design Regulation, art. 7; 35 U.S.C. 102(b); Design Act of Japan, art. 4; of Korea, art. 36")
)
ANNUAL_FEE = Period(12, N_("Implementing Regulations of the Patent Law, rule 115"), moves=True)
PATENT_TERM = Period(180, N_("Patent Law, art. 42"))
PATENT_TERM_BEFORE_2021 = Period(120, N_("Patent Law (2008), art. 42"))
EXHIBITION_MARK = Period(6, N_("Trademark Law, art. 26; from 2027 art. 30"), moves=True)
MARK_TERM = Period(120, N_("Trademark Law, arts. 39 and 40; from 2027 arts. 43 and 44"))

NOVELTY = N_("Patent Law, art. 23")
COPYRIGHT = N_("Copyright Law, arts. 2, 3 and 23")
COPYRIGHT_REGISTRATION = N_("Copyright Law, art. 12; Trial Measures on Voluntary Registration of Works (1994)")
MARK_FIRST = N_("Trademark Law, arts. 4 and 31; from 2027 arts. 5 and 35")
SECRET = N_("Anti-Unfair Competition Law, art. 10")
EVIDENCE = N_("Supreme People's Court, Provisions on Internet Courts (Fa Shi [2018] 16), art. 11")

TERM_OF_FIFTEEN_YEARS_SINCE = date(2021, 6, 1)
DOMESTIC_PRIORITY_SINCE = date(2021, 6, 1)
HAGUE_SINCE = date(2022, 5, 5)
REMIND_DAYS = (60, 30, 7)
SOON = REMIND_DAYS[0]


def patent_term(applied_on: date) -> Period:
    """15 years for designs applied for since 1 June 2021, 10 before."""
    return PATENT_TERM if applied_on >= TERM_OF_FIFTEEN_YEARS_SINCE else PATENT_TERM_BEFORE_2021
