"""``hotline asterisk render``: the whole configuration of the Asterisk beside an exchange."""

from __future__ import annotations

import argparse

from appliance.cli.configuration import load_or_exit
from appliance.cli.exits import CliError, Exit
from appliance.translation import _, n_


def render(arguments: argparse.Namespace) -> int:
    """Write what changed and name it. Exit 2 for a configuration that no Asterisk should run with, 1 when the files
    cannot be written."""
    from appliance.asterisk.credentials import NoCredentialsError
    from appliance.asterisk.deploy import deploy
    from appliance.asterisk.site import UnfitError

    config = load_or_exit(arguments.config)
    try:
        done = deploy(config, arguments.out)
    except UnfitError as error:
        raise CliError(Exit.USAGE, f"{arguments.config}: {error}", prefix=False) from None
    except NoCredentialsError as error:
        raise CliError(Exit.REFUSED, str(error)) from None
    except OSError as error:
        place = error.filename or arguments.out
        raise CliError(Exit.REFUSED, _("{place}: {why}").format(place=place, why=error.strerror)) from None
    for name in done.kept:
        print(_("{place}: what somebody else had written there").format(place=done.directory / name))
    for name in done.changed:
        print(done.directory / name)
    count = len(done.changed)
    if count:
        print(
            n_(
                "{n} file written; core reload, or a restart of Asterisk, makes it count",
                "{n} files written; core reload, or a restart of Asterisk, makes them count",
                count,
            ).format(n=count)
        )
    else:
        print(_("nothing changed"))
    return Exit.DONE
