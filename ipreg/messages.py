"""The words for every error code. English here; other languages come from the translations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

N_ = str  # marks a text for extraction

MESSAGES: dict[str, str] = {
    "picture_empty": N_("The file is empty. Choose the picture again."),
    "picture_too_large": N_("The file is larger than %(megabytes)s MB. Save the picture smaller and try again."),
    "picture_too_many_pixels": N_("Too many pixels (at most %(megapixels)s million). Save the picture smaller."),
    "picture_not_a_picture": N_("This is not a picture, whatever its name says. Choose a JPEG, PNG or HEIC."),
    "picture_type_unsupported": N_("Pictures of this kind can't be filed. Save it as JPEG or PNG."),
    "picture_locked": N_("The PDF has a password. Save it without one and try again."),
    "picture_too_slow": N_("The drawing takes too long to draw. Save it as PNG and try again."),
    "picture_broken": N_("The picture is damaged or cut off. Export or photograph it again."),
    "picture_twice": N_("“%(name)s” is the same picture as another one of this filing."),
    "pictures_none": N_("Add at least one picture of the design."),
    "pictures_too_many": N_("At most %(most)s pictures can be filed at once."),
    "picture_outside_folder": N_("“%(name)s” leads out of the feed's folder."),
    "picture_file_missing": N_("There is no picture file “%(name)s” with the feed."),
    "field_empty": N_("Fill in this field."),
    "field_too_long": N_("At most %(most)s characters."),
    "field_control_characters": N_("There are invisible control characters in it. Type the text in again."),
    "created_on_future": N_("The day of creation lies in the future."),
    "date_wrong": N_("Give a date like 2026-03-01."),
    "choice_wrong": N_("Choose one of the list."),
    "email_wrong": N_("This is not an e-mail address."),
    "email_taken": N_("There is an account with this address. Sign in instead."),
    "password_length": N_("A password has %(least)s to %(most)s characters."),
    "sign_in_refused": N_("Address or password is wrong."),
    "sign_in_locked": N_("Too many tries. Wait %(minutes)s minutes and try again."),
    "join_code_unknown": N_("No enterprise has this code. Ask the enterprise for it."),
    "role_not_self_service": N_("An administrator opens accounts of this kind."),
    "only_designers_join": N_("Only designers join an enterprise by code."),
    "role_refused": N_("Your account may not do this."),
    "reason_length": N_("Give a reason of %(least)s to %(most)s characters."),
    "alert_already_decided": N_("This alert has been decided already."),
    "alert_not_dismissed": N_("This alert is not dismissed."),
    "alert_not_yours_to_decide": N_("The enterprise decides on this alert."),
    "alert_missing": N_("There is no such alert, or it is not yours."),
    "case_already_decided": N_("This case has been decided already."),
    "case_not_assigned_to_you": N_("Assign the case to yourself first."),
    "case_missing": N_("There is no such case, or it is not yours."),
    "changed_meanwhile": N_("Somebody else changed this in the meantime. Look at it again, then act."),
    "filing_missing": N_("There is no such filing, or it is not yours."),
    "listing_missing": N_("There is no such listing, or it is not yours."),
    "import_missing": N_("There is no such import, or it is not yours."),
    "file_missing": N_("The file is missing from the store."),
    "log_busy": N_("Many are filing just now. Try again."),
    "clock_went_back": N_("The server's clock went back; nothing was written. Tell the operator."),
    "log_entry_missing": N_("There is no such log entry."),
    "log_entry_not_covered": N_("The entry is in the log; a signed checkpoint covers it within seconds."),
    "feed_empty": N_("The file is empty."),
    "feed_not_text": N_("This is not a CSV file. Save it as CSV in UTF-8."),
    "feed_columns_missing": N_("The first line must name these columns: %(columns)s."),
    "feed_too_long": N_("A feed has at most %(most)s rows."),
    "feed_too_large": N_("A feed has at most %(megabytes)s MB."),
    "feed_malformed": N_("The CSV is broken near line %(line)s: a quotation mark is not closed."),
    "feed_lost": N_("The feed could not be read again. Upload it once more."),
    "zip_malformed": N_("The ZIP is damaged or encrypted."),
    "zip_too_large": N_("The ZIP holds too much."),
    "zip_without_feed": N_("The ZIP must hold exactly one CSV file."),
    "row_value_missing": N_("“%(column)s” is empty."),
    "row_value_too_long": N_("“%(column)s” has more than %(most)s characters."),
    "row_price_wrong": N_("“%(price)s” is not a price like 129.00."),
    "row_currency_wrong": N_("“%(currency)s” is not a currency code like CNY."),
    "row_address_wrong": N_("“%(address)s” is not an http address."),
    "row_pictures_count": N_("Give 1 to %(most)s pictures."),
    "row_repeated": N_("The same listing stands in line %(first)s already."),
    "address_wrong": N_("“%(address)s” is not an http address."),
    "address_private": N_("“%(host)s” lies in a private network and is not fetched."),
    "fetch_failed": N_("The picture could not be fetched."),
    "fetch_status": N_("The shop answered %(status)s instead of a picture."),
    "fetch_too_large": N_("The picture is larger than %(megabytes)s MB."),
    "fetch_too_slow": N_("The shop sent the picture too slowly."),
    "fetch_redirects": N_("The address leads on too many times."),
    "upload_too_large": N_("The upload is too large as a whole. Send fewer or smaller files."),
    "form_expired": N_("The form has expired. Go back, load the page again and send it once more."),
    "page_missing": N_("There is no such page."),
    "sign_in_first": N_("Sign in first."),
    "unexpected": N_("Something went wrong on our side. Nothing was lost; try again."),
}


def message_for(code: str, values: Mapping[str, object], say: Callable[[str], str]) -> str:
    """The message for ``code`` in the language of ``say``."""
    text = say(MESSAGES.get(code, MESSAGES["unexpected"]))
    try:
        return text % values
    except (KeyError, TypeError, ValueError):
        return text
