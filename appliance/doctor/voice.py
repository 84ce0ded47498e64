"""Whether this machine's exchange can speak what nobody recorded, and convert sounds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from appliance.doctor.finding import Finding, Level
from appliance.prompts.programs import missing
from appliance.translation import _


def check() -> Iterator[Finding]:
    """Nothing on a machine without Asterisk: no exchange is there."""
    if shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin") is None:
        return
    part, absent = _("voice"), missing("espeak-ng", "sox")
    if absent:
        text = _("{programs} cannot be found: callers hear English recordings, and of other prompts nothing")
        mend = _("apt-get install {programs}").format(programs=" ".join(absent))
        yield Finding(part, Level.WARN, text.format(programs=_(" and ").join(absent)), mend)
    else:
        yield Finding(part, Level.OK, _("espeak-ng and sox are there"))
