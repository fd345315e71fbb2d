"""What is watched, which sellers are licensed, what one is told, and where that is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from ipreg.api import inboxshapes, noticeshapes, shapes, watchshapes
from ipreg.client.part import Part


class Watching(Part):
    """Of ``Client``."""

    def watches(self) -> list[watchshapes.Watch]:
        """Your watches, the oldest first."""
        return list(self._at.pages("/watches", watchshapes.Watch))

    def new_watch(self, form: watchshapes.WatchForm, *, key: str | None = None) -> watchshapes.Watch:
        """A new watch."""
        return self._at.post("/watches", watchshapes.Watch, key, json=form.model_dump(mode="json"))

    def change_watch(self, watch_id: int, form: watchshapes.WatchForm) -> watchshapes.Watch:
        """Changes a watch as a whole; ``form.row_version`` is that of what you saw."""
        return self._at.put(f"/watches/{watch_id}", watchshapes.Watch, form)

    def remove_watch(self, watch_id: int) -> None:
        """Takes a watch away."""
        self._at.delete(f"/watches/{watch_id}")

    def try_thresholds(self) -> list[inboxshapes.Tried]:
        """Thresholds, tried on your history."""
        return list(self._at.pages("/watches/trial", inboxshapes.Tried))

    def calibrations(self) -> list[inboxshapes.Calibration]:
        """What your decisions have taught, the newest first."""
        return list(self._at.pages("/watches/calibrations", inboxshapes.Calibration))

    def switch_calibration(self, calibration_id: int, *, on: bool) -> inboxshapes.Calibration:
        """Switches a calibration on, or off."""
        body = inboxshapes.Switch(on=on).model_dump(mode="json")
        return self._at.post(f"/watches/calibrations/{calibration_id}", inboxshapes.Calibration, json=body)

    def saved_filters(self) -> list[inboxshapes.SavedFilter]:
        """Your saved filters of alerts, by name."""
        return list(self._at.pages("/alerts/filters", inboxshapes.SavedFilter))

    def save_filter(self, name: str, **asked: Any) -> inboxshapes.SavedFilter:
        """Keeps a filter under a name; ``asked`` are the fields of ``AlertFilter``: state, design, since, ..."""
        wish = inboxshapes.NewSavedFilter(name=name, filter=shapes.AlertFilter(**asked))
        return self._at.post("/alerts/filters", inboxshapes.SavedFilter, json=wish.model_dump(mode="json"))

    def forget_filter(self, filter_id: int) -> None:
        """Forgets a saved filter."""
        self._at.delete(f"/alerts/filters/{filter_id}")

    def allowed_sellers(self, number: str) -> list[watchshapes.AllowedSeller]:
        """Who may offer a design."""
        return list(self._at.pages(f"/filings/{number}/sellers", watchshapes.AllowedSeller))

    def allow_seller(self, number: str, seller: watchshapes.NewAllowedSeller) -> watchshapes.AllowedSeller:
        """A seller may offer the design: his listings do not alert, and his open alerts are dismissed."""
        place = f"/filings/{number}/sellers"
        return self._at.post(place, watchshapes.AllowedSeller, json=seller.model_dump(mode="json"))

    def forbid_seller(self, number: str, entry_id: int) -> None:
        """Takes a seller off the list again."""
        self._at.delete(f"/filings/{number}/sellers/{entry_id}")

    # --- Notices and where they go

    def notices(self, *, unread: bool = False) -> Iterator[noticeshapes.Notice]:
        """What you were told, the newest first."""
        return self._at.pages("/notices", noticeshapes.Notice, {"unread": "true" if unread else None})

    def read_notices(self) -> None:
        """All notices count as read."""
        self._at.post("/notices/read", noticeshapes.NoticesRead)

    def channels(self) -> list[noticeshapes.Channel]:
        """Where notices are sent."""
        return list(self._at.pages("/channels", noticeshapes.Channel))

    def new_channel(self, wish: noticeshapes.NewChannel, *, key: str | None = None) -> noticeshapes.ChannelMade:
        """A webhook, group robot or messaging service; ``secret`` of the answer signs a webhook's messages."""
        return self._at.post("/channels", noticeshapes.ChannelMade, key, json=wish.model_dump(mode="json"))

    def set_times(self, channel_id: int, times: noticeshapes.ChannelTimes) -> noticeshapes.Channel:
        """When a channel is used."""
        return self._at.put(f"/channels/{channel_id}/times", noticeshapes.Channel, times)

    def steer_channel(
        self, channel_id: int, act: Literal["pause", "resume", "test", "again"]
    ) -> noticeshapes.Channel:
        """Pauses it, uses it again, sends a test, or sends again what was given up."""
        return self._at.post(f"/channels/{channel_id}/{act}", noticeshapes.Channel)

    def new_secret(self, channel_id: int) -> str:
        """A webhook's new secret; the old one signs beside it for 24 hours."""
        made = self._at.post(f"/channels/{channel_id}/secret", noticeshapes.ChannelMade)
        return made.secret or ""
