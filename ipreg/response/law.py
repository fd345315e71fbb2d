"""The figures of the law that letters rest on, each with its article; docs/letters.md has the sources.

Information and not legal advice.
"""

from __future__ import annotations

from datetime import date, timedelta

N_ = str  # marks a text for extraction

COUNTER_NOTICE_DAYS = 15
COUNTER_NOTICE_ARTICLE = N_("E-Commerce Law, art. 43")
"""《电子商务法》第四十三条第二款: within fifteen days after the forwarded declaration reached the right holder."""

ASK_AFTER_DAYS = 7
"""Ours and not the law's: "promptly" (及时) has no number. After so many days the platform is asked again."""

REMIND_DAYS = (7, 3, 1, 0)
"""So many days before the last day of the clock the owner is reminded."""

ANSWER_DAYS, ANSWER_DAYS_LEAST, ANSWER_DAYS_MOST = 7, 3, 60
"""What a warning letter sets to the seller: ours too."""


def last_day(reached_on: date) -> date:
    """The last day to tell the platform of a complaint or a suit. The day of arrival is not counted (《民法典》
    art. 201). Calendar days; a holiday at the end does not lengthen it here: nobody should rely on that."""
    return reached_on + timedelta(days=COUNTER_NOTICE_DAYS)
