"""What a mail says of a message, whoever left it."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from appliance.notify import wording
from appliance.notify.mail import Mail, Sound, composed
from appliance.notify.voicemail import Left, file_name, letters_of, notices_of
from tests.notify.test_policy import NOW

LEFT = Left(
    "box", "box-1.0", "2026-07-14T22:30:05.000Z", "+420601000001", "Desk", "Service", ("a@example.com",), "en", 5.4
)


@pytest.mark.parametrize("language", wording.languages())
def test_every_language_says_it(language: str) -> None:
    (letter,) = letters_of(replace(LEFT, language=language), "/x.wav", "Europe/Prague", 0.0)
    assert letter.subject is not None
    assert "+420601000001" in letter.subject
    for words in ("Desk", "Service", "2026-07-15 00:30", "0:05"):
        assert words in letter.text


@pytest.mark.parametrize(
    ("caller", "shown", "file"),
    [
        (None, "hidden number", "hidden"),
        ("", "hidden number", "hidden"),
        ("anonymous", "hidden number", "hidden"),
        ("1" * 40, "1" * 20, "1" * 20),
        ("+420 601/../../x\r\nBcc: y", "+420601", "420601"),
        ("*#06#", "*#06#", "06"),
    ],
)
def test_any_caller_is_harmless(caller: str | None, shown: str, file: str) -> None:
    left = replace(LEFT, caller=caller)
    (letter,) = letters_of(left, "/x.wav", "UTC", 0.0)
    assert letter.subject == f"Message from {shown} (Desk, 0:05)"
    name = file_name(left, "UTC")
    assert name.startswith(f"2026-07-14-223005-{file}-")
    assert "/" not in name
    mail = Mail(letter.key, "h@example.com", letter.to, letter.subject, letter.text, NOW, "en", Sound(name, b"RIFF"))
    parsed = message_from_bytes(composed(mail), policy=policy.default)
    assert parsed["Bcc"] is None
    (attached,) = parsed.iter_attachments()  # type: ignore[attr-defined]
    assert attached.get_filename() == name


def test_two_messages_of_a_second_have_two_files_and_each_receiver_one_mail() -> None:
    other = replace(LEFT, call="box-2.0")
    assert file_name(LEFT, "UTC") != file_name(other, "UTC")
    several = replace(LEFT, email=("a@example.com", "b@example.com", "a@example.com"))
    assert [notice.to for notice in notices_of(several, "UTC")] == ["a@example.com", "b@example.com"]
    keys = {notice.key for one in (several, other) for notice in notices_of(one, "UTC")}
    assert len(keys) == 3
