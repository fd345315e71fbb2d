"""What a page does a program can do, but for what opens doors: docs/api.md says what is not in the API, and why."""

from __future__ import annotations

from site_of_tests import Site

from ipreg.api.routes import OPERATIONS

# Pages that act, and the operations that do the same.
BY_PROGRAM = {
    "alertbulk.bulk": "bulk", "alertbulk.undo": "undo", "alertbulk.save": "save_filter",
    "alertbulk.forget": "forget_filter", "alertlistings.leave_out": "leave_out", "alertlistings.take_in": "take_in",
    "alerts.assign": "assign", "alerts.comment": "comment", "alerts.confirm": "confirm",
    "alerts.dismiss": "dismiss", "alerts.hand_over": "hand_over", "alerts.reopen": "reopen",
    "alerts.snooze": "snooze", "alerts.wake": "wake",
    "batches.batches": "new_batch", "batches.one": "file_batch", "batches.discard": "discard_batch",
    "casedesk.away": "new_absence", "casedesk.back_again": "end_absence", "casedesk.note": "add_note",
    "casedesk.task": "add_task", "casedesk.done": "finish_task", "casedesk.open_sealed": "open_for_case",
    "casedesk.save_view": "save_view", "casedesk.forget_view": "forget_view",
    "casesteps.assign": "take_step", "casesteps.decide": "take_step", "casesteps.step": "take_step",
    "casesteps.draft": "draft_reasons", "casesteps.many": "case_bulk",
    "channels.add": "new_channel", "channels.change": "channel_times", "channels.act": "pause_channel",
    "complaints.complain": "complain",
    # A draft that is to be otherwise is discarded and made anew.
    "drafts.step": "new_draft", "drafts.add": "new_draft", "drafts.discard": "discard_draft",
    "imports.imports": "push", "sources.retry_import": "retry_import",
    "keeping.amend": "amend", "keeping.offer": "offer_agreement", "keeping.answer": "accept_agreement",
    "keeping.open_filing": "open_filing", "keeping.opening_day": "opening_day", "keeping.withdraw": "withdraw",
    "letters.new": "new_letter", "letters.step": "letter_step", "letters.mail": "mail_letter",
    "letters.make": "make_letter", "letters.hand_over": "hand_letter_over",
    "lettertexts.text": "write_letter_texts",
    "notices.read_all": "read_notices",
    "parties.notice": "issue_notice", "parties.revoke": "revoke_links", "parties.submit": "hand_in",
    "reports.reported": "new_report", "reports.retry": "retry_report",
    "rights.record": "record_right", "rights.retract": "retract_right", "rights.package": "write_package_texts",
    "rights.switch_reminders": "set_reminders",
    "sellers.link": "link_seller", "sellers.undo": "unlink_seller",
    "sources.new": "new_source", "sources.edit": "change_source", "sources.remove": "remove_source",
    "sources.pause": "pause_source", "sources.resume": "resume_source", "sources.run_now": "run_source",
    "sources.retry": "retry_source", "sources.token": "source_token", "sources.try_one": "try_address",
    "watches.new": "new_watch", "watches.one": "change_watch", "watches.remove": "remove_watch",
    "watches.allow": "allow_seller", "watches.forbid": "forbid_seller", "watches.switch": "switch_calibration",
}  # fmt: skip
# What opens doors: no token may do it.
BY_PERSON = ("accounts.", "security.", "recovery.", "organization.", "tokens.", "mydata.")
# The administration of people and of the installation; the other side of a case, who has no account; looking up by
# digest, which needs no token.
BY_PERSON += ("casedesk.supervisor", "pages.administration", "operations.ask_of_job", "respond.", "verify.code")


def acting(site: Site) -> list[str]:
    """The endpoints of pages that are written to."""
    return sorted(
        {one.endpoint for one in site.app.url_map.iter_rules() if "POST" in one.methods}
        - {one for one in site.app.view_functions if one.startswith("api_")}
    )


def test_each_page_that_acts_has_an_operation_or_a_reason(site: Site) -> None:
    missing = [one for one in acting(site) if one not in BY_PROGRAM and not one.startswith(BY_PERSON)]
    assert missing == []


def test_the_table_names_what_is_there(site: Site) -> None:
    assert set(BY_PROGRAM) <= set(acting(site))
    assert set(BY_PROGRAM.values()) <= {one.name for one in OPERATIONS}
