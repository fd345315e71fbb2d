"""When a notice may go out by a channel: at once or with the next digest, and not in the quiet hours."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ipreg.models import Channel, Rhythm


def due_at(channel: Channel, now: datetime) -> datetime:
    """The first moment from ``now`` on at which the channel wants to be used, in UTC like every stored time."""
    zone = ZoneInfo(zone_of(channel))
    return _after_quiet(channel, _next_slot(channel, now, zone), zone)


def zone_of(channel: Channel) -> str:
    """By whose clock: that of the person whose channel it is; of an enterprise's by the channel's own."""
    return channel.account.time_zone if channel.account is not None else channel.time_zone


def _next_slot(channel: Channel, now: datetime, zone: ZoneInfo) -> datetime:
    if channel.rhythm is Rhythm.IMMEDIATE:
        return now
    if channel.rhythm is Rhythm.HOURLY:
        # Counted in UTC: a clock that is put back must not make an hour of two.
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    day = now.astimezone(zone).date()
    for ahead in range(9):
        slot = datetime.combine(day + timedelta(days=ahead), time(channel.hour), tzinfo=zone)
        right_day = channel.rhythm is Rhythm.DAILY or slot.weekday() == channel.weekday
        if right_day and slot.astimezone(now.tzinfo) > now:
            return slot.astimezone(now.tzinfo)
    raise AssertionError("a week has seven days")


def _after_quiet(channel: Channel, moment: datetime, zone: ZoneInfo) -> datetime:
    """``moment``, or the end of the quiet hours that it lies in."""
    if channel.quiet_from is None or channel.quiet_to is None or channel.quiet_from == channel.quiet_to:
        return moment
    local = moment.astimezone(zone)
    minute = local.hour * 60 + local.minute
    over_midnight = channel.quiet_from > channel.quiet_to
    in_evening = minute >= channel.quiet_from
    in_morning = minute < channel.quiet_to
    if not (in_evening or in_morning if over_midnight else in_evening and in_morning):
        return moment
    end = datetime.combine(local.date(), time(channel.quiet_to // 60, channel.quiet_to % 60), tzinfo=zone)
    if over_midnight and in_evening:
        end = datetime.combine(local.date() + timedelta(days=1), end.timetz())
    return max(moment, end.astimezone(moment.tzinfo))
