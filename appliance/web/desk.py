"""What pages work with. Made once in :mod:`appliance.web.app`, handed to each visit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.config import Config
from appliance.web.accounts.feeds import Feeds
from appliance.web.accounts.passwords import Passwords
from appliance.web.accounts.sessions import Sessions
from appliance.web.accounts.store import Accounts
from appliance.web.assets import Assets
from appliance.web.box import BoxWords
from appliance.web.drafts import Drafts
from appliance.web.listening import Listening
from appliance.web.live import Broadcaster
from appliance.web.render import Renderer


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a page may use."""

    config: Config
    config_file: Path
    zone: ZoneInfo
    box: BoxWords
    accounts: Accounts
    sessions: Sessions
    feeds: Feeds
    passwords: Passwords
    assets: Assets
    renderer: Renderer
    live: Broadcaster
    clock: Callable[[], float]  # Unix seconds
    listening: Listening = field(default_factory=Listening)
    drafts: Drafts = field(default_factory=Drafts)
