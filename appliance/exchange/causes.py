"""Why a leg ended, and whether the same phone is worth another try over another trunk. Pure.

SIP's own response says more than Q.850's cause: Asterisk makes 21 of both 403 (the trunk refuses) and 603 (the person
does).
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.domain.calls import LegResult

_BUSY_SIP, _BUSY_CAUSE = frozenset({486, 600}), 17
_DECLINED_SIP, _DECLINED_CAUSE = frozenset({603, 607}), 21
_NOBODY_SIP, _NOBODY_CAUSES = frozenset({480, 487}), frozenset({18, 19})
_ANSWERED_AND_ENDED = 16


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt over one trunk ended. ``elsewhere``: another trunk may do better."""

    result: LegResult
    elsewhere: bool = False
    cause: int | None = None


def ending(cause: int | None, sip: int | None, *, rang: bool) -> Ending:
    """What the end of a leg that nobody answered means. ``cause`` is Q.850's, ``sip`` the response if there was one.

    Whoever's phone rang has been reached: nothing is tried again then, since it would ring the same phone.
    """
    if sip in _BUSY_SIP or (sip is None and cause == _BUSY_CAUSE):
        return Ending(LegResult.BUSY, cause=cause)
    if sip in _DECLINED_SIP or (sip is None and cause == _DECLINED_CAUSE and rang):
        return Ending(LegResult.REJECTED, cause=cause)
    if rang:
        rejected = cause in (_DECLINED_CAUSE, _ANSWERED_AND_ENDED) and sip not in _NOBODY_SIP
        return Ending(LegResult.REJECTED if rejected else LegResult.NO_ANSWER, cause=cause)
    if sip in _NOBODY_SIP or (sip is None and cause in _NOBODY_CAUSES):
        return Ending(LegResult.NO_ANSWER, cause=cause)
    return Ending(LegResult.UNREACHABLE, elsewhere=True, cause=cause)
