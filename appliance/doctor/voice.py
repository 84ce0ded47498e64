"""Whether this machine's exchange can speak what nobody recorded, and whether messages of callers can be sent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from appliance.config import Config
from appliance.doctor.finding import Finding, Level
from appliance.journal import records
from appliance.prompts.programs import missing
from appliance.translation import _

ASTERISK_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"


def check(config: Config, places: str = ASTERISK_PLACES) -> Iterator[Finding]:
    """Nothing on a machine without Asterisk: no exchange is there. ``places`` is where one would be."""
    if shutil.which("asterisk", path=places) is None:
        return
    part, absent = _("voice"), missing("espeak-ng", "sox")
    if absent:
        text = _("{programs} cannot be found: callers hear English recordings, and of other prompts nothing")
        mend = _("apt-get install {programs}").format(programs=" ".join(absent))
        yield Finding(part, Level.WARN, text.format(programs=_(" and ").join(absent)), mend)
    else:
        yield Finding(part, Level.OK, _("espeak-ng and sox are there"))
    yield from _messages(config)


def _messages(config: Config) -> Iterator[Finding]:
    try:
        kept = records.kept_roster(config.device.state_dir)
    except records.UnreadableError:
        return  # told already
    mailboxes = kept.get("mailbox") if isinstance(kept, dict) else None
    if mailboxes and config.smtp.host is None:
        text = _(
            "the roster has mailboxes, but there is no mail server: callers are told that no message can be taken"
        )
        yield Finding(_("mailboxes"), Level.WARN, text, _("name one: [smtp] host in the configuration"))
