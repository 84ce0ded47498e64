"""What must last: events, memory, cursors, the roster; SQLite that heals."""

from appliance.journal.health import JournalHealth, TroubleKind
from appliance.journal.journal import Journal
from appliance.journal.limits import Limits
from appliance.journal.reader import JournalReader, JournalUnreadableError

__all__ = ["Journal", "JournalHealth", "JournalReader", "JournalUnreadableError", "Limits", "TroubleKind"]
