"""The guard's commands about short messages: accepted once they are on disk; the list shows what became of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from appliance.config import Config
from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.phone import NotANumber, parse
from appliance.domain.sms import receiver
from appliance.domain.times import wall_time
from appliance.guard.arguments import Args
from appliance.notify.message import Message, PartState
from appliance.notify.sms_outbox import KeyTakenError, OutboxError, SmsOutbox

OF_COMMAND = "command "  # begins the key of a message that came without one: its command's id follows


class SmsSend(Args):
    """``key`` is the sender's own name for the message: under the same one it is sent once."""

    to: str = Field(min_length=1, max_length=40)
    text: str = Field(min_length=1, max_length=4_000)
    key: str | None = Field(default=None, min_length=1, max_length=200)


class SmsList(Args):
    """``limit``: so many of the newest."""

    limit: int = Field(default=50, ge=1, le=500)


class Whose(Args):
    """``here`` is for exchanges, which ask others too; the guard has nobody to ask."""

    number: str = Field(min_length=1, max_length=60)
    here: bool = False


class SmsCommands:
    """Numbers are read with the device's region; nothing goes to the service number."""

    def __init__(self, outbox: SmsOutbox, config: Config) -> None:
        self._outbox, self._config = outbox, config

    async def send(self, args: SmsSend, command: Command) -> Mapping[str, Any]:
        """Accept a message."""
        try:
            number = receiver(args.to, self._config.device.region)
        except NotANumber as error:
            raise CommandError(ErrorCode.BAD_REQUEST, str(error)) from None
        if number == self._config.modem.service_number:
            raise CommandError(ErrorCode.BAD_REQUEST, "that is the service number itself")
        if args.key is not None and args.key.startswith(OF_COMMAND):
            raise CommandError(
                ErrorCode.BAD_REQUEST, f"key: {OF_COMMAND!r} begins the keys of messages that came without one"
            )
        text = args.text.replace("\r\n", "\n")
        if not text.strip():
            raise CommandError(ErrorCode.BAD_REQUEST, "text: holds nothing but white space")
        if any(unicodedata.category(one) == "Cc" and one != "\n" for one in text):
            raise CommandError(ErrorCode.BAD_REQUEST, "text: holds a control character; only line feeds are sent")
        try:
            message = await self._outbox.accept(number, text, args.key or f"{OF_COMMAND}{command.id}")
        except ValueError as error:
            raise CommandError(ErrorCode.BAD_REQUEST, str(error)) from None
        except KeyTakenError as error:
            raise CommandError(ErrorCode.CONFLICT, str(error)) from None
        except OutboxError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
        return {"message": _told(message), **self._outbox.counts()}

    async def list(self, args: SmsList, _: Command) -> Mapping[str, Any]:
        """The outbox, newest first. Texts are not shown: they are for their receivers."""
        try:
            found = await self._outbox.newest(args.limit)
        except OutboxError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
        return {"messages": [_told(message) for message in found], **self._outbox.counts()}

    async def privacy_export(self, args: Whose, _: Command) -> Mapping[str, Any]:
        """Every message to one number, with its text: it is the receiver who asks."""
        number = self._whose(args.number)
        try:
            found = await self._outbox.of_number(number)
        except OutboxError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
        sms = [{**_told(message), "text": message.text} for message in found]
        return {"number": number, "found": {"guard": {"sms": sms}}, "missing": []}

    async def privacy_erase(self, args: Whose, _: Command) -> Mapping[str, Any]:
        """Drop the messages to one number; those that are on their way are told, and go when they are done."""
        try:
            erased, in_use = await self._outbox.forget(self._whose(args.number))
        except OutboxError as error:
            raise CommandError(ErrorCode.FAILED, f"{error}; ask again") from None
        return {"erased": {"guard": {"sms": erased}}, "in_use": in_use, "missing": []}

    def _whose(self, text: str) -> str:
        try:
            return parse(text, self._config.device.region).e164
        except NotANumber:
            return text  # nobody sends messages there; there is nothing to find


def _told(message: Message) -> dict[str, Any]:
    states = [part.state for part in message.parts]
    sent = sum(state in (PartState.SENT, PartState.DELIVERED) for state in states)
    return {
        "id": message.id,
        "key": message.key,
        "to": message.number.e164,
        "state": str(message.state),
        "parts": len(states),
        "parts_sent": sent,
        "parts_delivered": states.count(PartState.DELIVERED),
        "accepted_at": wall_time(message.accepted_at),
        "done_at": None if message.done_at is None else wall_time(message.done_at),
        "reason": message.reason,
        "code": message.code,
    }
