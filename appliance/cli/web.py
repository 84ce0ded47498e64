"""``hotline web``: the pages in the foreground; ``hotline web password``: who may sign in, from the console."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import os
import sys
from pathlib import Path

from appliance.cli import logs
from appliance.cli.configuration import load_or_exit
from appliance.cli.exits import CliError, Exit
from appliance.cli.foreground import FILES_FOR_US, until_signal
from appliance.config import Config
from appliance.translation import _

_log = logging.getLogger("hotline")


def run(arguments: argparse.Namespace) -> int:
    """Run until a signal."""
    logs.configure(arguments.log_level, os.environ)
    logging.getLogger("uvicorn").setLevel(max(logging.WARNING, logging.getLogger().level))
    from appliance.web import setting_up

    if setting_up.is_asked_for(arguments.config, setting_up.PROVISIONED):
        from appliance.web import setup_page

        service = setup_page.run(arguments.config, setting_up.PROVISIONED)
    else:
        config = load_or_exit(arguments.config)
        from appliance.web import app

        service = app.run(config, config_file=arguments.config)
    try:
        return asyncio.run(until_signal(service))
    except Exception:
        _log.exception("the web service was ended by an error of its own")
        return Exit.REFUSED


def password(arguments: argparse.Namespace) -> int:
    """Set an account's password; one that is not there yet is made, as an administrator's."""
    from appliance.web.accounts.models import NAME
    from appliance.web.accounts.passwords import too_weak

    config, name = load_or_exit(arguments.config), arguments.user
    if not NAME.match(name):
        raise CliError(
            Exit.USAGE, _("{name!r} is no account name; write a-z, 0-9, dots and dashes").format(name=name)
        )
    given = _ask(_("new password for {name}: ").format(name=name))
    if given != _ask(_("the same again: ")):
        raise CliError(Exit.USAGE, _("the two were not the same; nothing was changed"))
    if why := too_weak(given, name, config.device.id):
        raise CliError(Exit.USAGE, _WEAK[why]())
    made = asyncio.run(_set(config, name, given))
    told = _("{name} is an administrator now and can sign in") if made else _("{name} has a new password")
    print(told.format(name=name))
    return Exit.DONE


_WEAK = {
    "short": lambda: _("it is too short; take at least 10 characters, such as four words"),
    "long": lambda: _("it is too long; take at most 256 characters"),
    "name": lambda: _("it has the name in it; take another"),
    "simple": lambda: _("everybody would guess it; take another"),
}


def _ask(prompt: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    line = sys.stdin.readline(2000)  # of a script; never an argument, which others can see
    return line.rstrip("\n")


async def _set(config: Config, name: str, given: str) -> bool:
    from dataclasses import replace

    from appliance.web.accounts.models import Account
    from appliance.web.accounts.passwords import hash_now
    from appliance.web.accounts.store import Accounts
    from appliance.web.app import FOLDER
    from appliance.web.permission import Role

    folder = config.device.state_dir / FOLDER
    os.umask(os.umask(FILES_FOR_US) | FILES_FOR_US)
    accounts = await Accounts.open(folder)
    try:
        found = await accounts.find(name)
        account = Account(name, Role.ADMINISTRATOR) if found is None else replace(found[0], disabled=False)
        await accounts.put(replace(account, must_change=False), hash_now(given))
        await accounts.note(
            "account.made" if found is None else "password.set", account=None, subject=name, detail="console"
        )
    finally:
        await accounts.close()
        _for_the_service(folder)
    return found is None


def _for_the_service(folder: Path) -> None:
    """What root makes here belongs to whom the folder belongs, or the service could not use it."""
    if os.geteuid() != 0:
        return
    owner = folder.stat()
    for path in folder.glob("web.db*"):
        os.chown(path, owner.st_uid, owner.st_gid)
