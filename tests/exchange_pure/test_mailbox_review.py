"""What a caller may do with a message before it is sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.exchange.mailbox.review import ACTS_AT_MOST, ASKED_AT_MOST, RECORDED_AT_MOST, Act, Review


def done(keys: str) -> list[Act]:
    review, acts = Review(), []
    for key in keys:
        review, act = review.silence() if key == "." else review.key(key)
        acts.append(act)
        if act is Act.SEND:
            break
    return acts


def test_keys() -> None:
    assert done("1") == [Act.SEND]
    assert done("2271") == [Act.LISTEN, Act.LISTEN, Act.COMPLAIN, Act.SEND]
    assert done("3#1") == [Act.AGAIN, Act.COMPLAIN, Act.SEND]


def test_silence_sends() -> None:
    assert done("..") == [Act.ASK, Act.SEND]
    assert done(".2.3..") == [Act.ASK, Act.LISTEN, Act.ASK, Act.AGAIN, Act.ASK, Act.SEND]
    assert done(".7.") == [Act.ASK, Act.COMPLAIN, Act.SEND]


def test_it_is_not_recorded_again_for_ever() -> None:
    assert done("3" * RECORDED_AT_MOST)[-1] is Act.COMPLAIN


@given(st.text("0123456789*#ABCD.", min_size=200))
def test_whatever_is_pressed_it_is_sent(keys: str) -> None:
    acts = done(keys + ".." * 3)
    assert acts[-1] is Act.SEND
    assert len(acts) <= (ACTS_AT_MOST + 1) * (ASKED_AT_MOST + 1)
