"""What each clock is called, what it means and what to do, in English; the translations have the others.

Short, for people who are no lawyers; docs/rights.md has the sources. It is information and not legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass

from ipreg.models import ObtainedKind
from ipreg.rights.clocks import ClockKind, Missing, State

N_ = str  # marks a text for extraction


@dataclass(frozen=True)
class Meaning:
    """``why`` the clock matters; ``act``: what to do while it runs, ``done`` and ``over``: how it stands then."""

    why: str
    act: str
    done: str = ""
    over: str = ""


TITLES = {
    ClockKind.PRE_REGISTRATION: N_("Pre-registration"),
    ClockKind.NOVELTY: N_("Design patent: apply before showing"),
    ClockKind.GRACE: N_("Design patent: six months of grace"),
    ClockKind.GRACE_PROOF: N_("Design patent: proof of exhibition or meeting"),
    ClockKind.PRIORITY_IN_CHINA: N_("Priority in China"),
    ClockKind.PRIORITY_ABROAD: N_("Priority in other countries"),
    ClockKind.HAGUE: N_("International registration (Hague)"),
    ClockKind.GRACE_ABROAD: N_("Countries that forgive your own showing for a year"),
    ClockKind.ANNUAL_FEE: N_("Annual fee of the design patent"),
    ClockKind.PATENT_TERM: N_("End of the design patent"),
    ClockKind.COPYRIGHT: N_("Copyright"),
    ClockKind.COPYRIGHT_REGISTRATION: N_("Registration of the work"),
    ClockKind.TRADE_MARK: N_("Trade mark"),
    ClockKind.EXHIBITION_MARK: N_("Trade mark: priority of the exhibition"),
    ClockKind.MARK_TERM: N_("Renewal of the trade mark"),
    ClockKind.SECRET: N_("Trade secret"),
}
MEANINGS = {
    ClockKind.PRE_REGISTRATION: Meaning(
        why=N_("Evidence, not a right: it proves what existed in this account and when. It starts no priority."),
        act="",
        done=N_("Filed and provable. The rights below have to be obtained."),
    ),
    ClockKind.NOVELTY: Meaning(
        why=N_("A design that anybody could see anywhere before the day of application is no longer new."),
        act=N_("Apply for the design patent first, then show, post or sell."),
        done=N_("Applied for in time: later showing does it no harm."),
        over=N_("Shown before an application: a design patent can hardly be had. Copyright may still protect it."),
    ),
    ClockKind.GRACE: Meaning(
        why=N_(
            "This way of showing is forgiven for six months, and only this one. It is no priority: what others "
            "show or apply for meanwhile still harms."
        ),
        act=N_("Apply within the six months, declare the event in the application and keep the organiser's proof."),
        done=N_("Applied for within the grace."),
        over=N_("The grace has passed: a design patent can hardly be had. Copyright may still protect it."),
    ),
    ClockKind.GRACE_PROOF: Meaning(
        why=N_("Without the organiser's certificate within two months of the application, the grace is lost."),
        act=N_("Hand in the certificate that says what was shown and on which day."),
        done=N_("The patent was granted."),
        over=N_("The two months have passed. If the proof was handed in, nothing is left to do."),
    ),
    ClockKind.PRIORITY_IN_CHINA: Meaning(
        why=N_(
            "A second application in China within six months of the first one counts as of the first day. Where "
            "the first one was for the design and made in China, it then counts as withdrawn."
        ),
        act=N_("Apply in China and claim priority in the application."),
        done=N_("Applied for in time."),
        over=N_("Priority can no longer be claimed in China."),
    ),
    ClockKind.PRIORITY_ABROAD: Meaning(
        why=N_(
            "An application abroad within six months of the first one counts as of the first day. For designs "
            "nothing extends this."
        ),
        act=N_("Apply in each country where you sell or make it, and claim priority."),
        done=N_("Applied for in time."),
        over=N_("Priority can no longer be claimed abroad."),
    ),
    ClockKind.HAGUE: Meaning(
        why=N_(
            "One application in English covers more than 90 countries; with priority within six months of the "
            "first application."
        ),
        act=N_(
            "File with WIPO directly or through CNIPA, and claim priority. The Hague package below has the "
            "pictures."
        ),
        done=N_("Applied for in time."),
        over=N_("Without priority an application still succeeds where the design is new on its day."),
    ),
    ClockKind.GRACE_ABROAD: Meaning(
        why=N_(
            "The European Union, the United States, Japan and Korea forgive the designer's own showing for "
            "twelve months. Most others do not."
        ),
        act=N_("Apply there within twelve months of the first showing."),
        done=N_("Applied for within the twelve months."),
        over=N_("The twelve months have passed there too."),
    ),
    ClockKind.ANNUAL_FEE: Meaning(
        why=N_(
            "A fee that is not paid ends the patent. It can be made up for within six months, with a surcharge."
        ),
        act=N_("Pay the next year's fee by this day."),
    ),
    ClockKind.PATENT_TERM: Meaning(
        why=N_(
            "A design patent lasts 15 years from the day of application, 10 where it was applied for before June "
            "2021."
        ),
        act=N_("Until then you may forbid others to make, offer, sell or import the design."),
        over=N_("The patent has ended."),
    ),
    ClockKind.COPYRIGHT: Meaning(
        why=N_(
            "It arises by itself when the work is made, where the design is artistic; it lasts for life and 50 "
            "years, an organisation's for 50 years."
        ),
        act="",
        done=N_("Exists since the day of creation, if the design is a work."),
    ),
    ClockKind.COPYRIGHT_REGISTRATION: Meaning(
        why=N_("Voluntary. The certificate is first evidence of who the author is, and platforms ask for it."),
        act=N_(
            "Register at any time; before you show it is best. The works package below has the form's contents."
        ),
        done=N_("Registered."),
    ),
    ClockKind.TRADE_MARK: Meaning(
        why=N_(
            "Who applies first gets it. It protects names, logos and patterns that say whose goods these are, "
            "without end while renewed."
        ),
        act=N_("Apply before the goods are known under the mark."),
        done=N_("Applied for."),
    ),
    ClockKind.EXHIBITION_MARK: Meaning(
        why=N_("Goods shown under a mark at a recognised international exhibition have priority for six months."),
        act=N_("Apply for the mark and claim the exhibition's priority."),
        done=N_("Applied for in time."),
        over=N_("The exhibition's priority can no longer be claimed."),
    ),
    ClockKind.MARK_TERM: Meaning(
        why=N_(
            "A registration lasts ten years. It can be renewed in the last twelve months, and six months later "
            "with a surcharge."
        ),
        act=N_("Renew it by this day."),
    ),
    ClockKind.SECRET: Meaning(
        why=N_("Protected only as long as it is secret and kept so."),
        act=N_("Limit who sees it, have them sign, and file it sealed."),
        over=N_("Shown to the public: it is no secret any more."),
    ),
}
STATES = {
    State.SOON: N_("Soon"),
    State.OPEN: N_("Running"),
    State.UNKNOWN: N_("Date missing"),
    State.DONE: N_("Done"),
    State.OVER: N_("Over"),
}
MISSING = {
    Missing.DISCLOSURE: N_("The filing does not say whether and when the design was first shown."),
    Missing.DISCLOSURE_KIND: N_("The filing does not say how the design was first shown."),
    Missing.APPLICATION: N_(
        "No application for a design patent is recorded. Record it below when you have its number."
    ),
    Missing.CREATION: N_("The filing does not say when the design was created."),
}
OBTAINED = {
    ObtainedKind.DESIGN_PATENT: N_("Design patent (China)"),
    ObtainedKind.COPYRIGHT: N_("Registered work (China)"),
    ObtainedKind.TRADE_MARK: N_("Trade mark (China)"),
    ObtainedKind.FOREIGN_DESIGN: N_("Design in another country"),
    ObtainedKind.HAGUE: N_("International registration (Hague)"),
}
NOT_ADVICE = N_("Information, not legal advice. Ask a patent attorney before you rely on a date.")


def explain(clock_kind: ClockKind, state: State) -> str:
    """What to do, or how it stands, in one sentence."""
    meaning = MEANINGS[clock_kind]
    return {State.DONE: meaning.done, State.OVER: meaning.over}.get(state, meaning.act)
