"""Ask the guard, or the exchange, and turn every way it can go wrong into its line and exit code."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from appliance.cli import broker
from appliance.cli.configuration import load_or_exit
from appliance.cli.exits import CliError, Exit
from appliance.cli.parser import DEFAULT_TIMEOUT_S
from appliance.config import Config
from appliance.translation import _

SILENT_FOR_S = 2.0
T = TypeVar("T")


def command(
    arguments: argparse.Namespace, name: str, args: Mapping[str, Any], timeout_s: float = DEFAULT_TIMEOUT_S
) -> tuple[Config, Mapping[str, Any]]:
    """Give one command; its result. Raises :class:`CliError`: refused (1) or not reached (3)."""
    config = configuration(arguments)
    request = broker.Request(name, args, arguments.timeout or timeout_s)
    return config, _asked(config, request, _("waiting for the guard to carry out {name}").format(name=name))


def to_exchange(
    config: Config, timeout_s: float, name: str, args: Mapping[str, Any], exchange: str | None = None
) -> Mapping[str, Any]:
    """Give a command to an exchange, this machine's unless another is named; as :func:`command`."""
    request = broker.Request(name, args, timeout_s, exchange or config.exchange.name)
    return _asked(config, request, _("waiting for the exchange to carry out {name}").format(name=name))


def _asked(config: Config, request: broker.Request, waiting: str) -> Mapping[str, Any]:
    try:
        answer = asyncio.run(with_progress(broker.ask(config, request), waiting))
    except broker.BrokerGoneError as error:
        raise CliError(Exit.UNREACHABLE, str(error)) from None
    return result_of(answer, request)


def configuration(arguments: argparse.Namespace) -> Config:
    """The configuration the command names."""
    return load_or_exit(arguments.config)


class RefusedError(CliError):
    """The guard said no; ``reason`` is its error code."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(Exit.REFUSED, text)
        self.reason = reason


def result_of(answer: broker.Answer, request: broker.Request) -> Mapping[str, Any]:
    """The result of an answered command. Raises :class:`CliError`, and :class:`RefusedError` of it."""
    document = answer.document
    if document is None:
        raise CliError(Exit.UNREACHABLE, unanswered(answer, request))
    if document.get("ok") is True:
        result = document.get("result")
        return result if isinstance(result, dict) else {"result": result}
    error = document.get("error")
    code, message = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, None)
    line = _("{name} was not done: {message} ({code})")
    text = line.format(name=request.name, message=message or _("no reason given"), code=code)
    raise RefusedError(str(code), text)


def unanswered(answer: broker.Answer, request: broker.Request) -> str:
    """One line on a guard, or an exchange, that did not answer."""
    if request.exchange is not None:
        return _unanswered_by_exchange(answer, request)
    if answer.offline:
        return _("the broker answers, but the guard is offline; see systemctl status hotline-guard")
    return _("the guard did not answer within {n:g} s; see systemctl status hotline-guard").format(
        n=request.timeout_s
    )


def _unanswered_by_exchange(answer: broker.Answer, request: broker.Request) -> str:
    if answer.offline:
        text = _("the broker answers, but the exchange {exchange} is offline; see systemctl status hotline-exchange")
        return text.format(exchange=request.exchange)
    text = _("the exchange {exchange} did not answer within {n:g} s; see systemctl status hotline-exchange")
    return text.format(exchange=request.exchange, n=request.timeout_s)


async def with_progress(work: Coroutine[Any, Any, T], waiting: str) -> T:
    """Await ``work``; after two silent seconds say on stderr what is waited for, with the seconds on a terminal."""
    task = asyncio.ensure_future(work)
    waited, shown, moving = 0.0, False, sys.stderr.isatty()
    while not task.done():
        await asyncio.wait((task,), timeout=SILENT_FOR_S if waited == 0 else 1.0)
        if task.done():
            break
        waited += SILENT_FOR_S if waited == 0 else 1.0
        if moving:
            print(f"\r{waiting} … {waited:.0f} s", end="", file=sys.stderr, flush=True)
        elif not shown:
            print(f"{waiting} …", file=sys.stderr, flush=True)
        shown = True
    if shown and moving:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return task.result()
