"""What the image promises of a box, seen from inside it."""

from __future__ import annotations

from tests.image.around import SERVICES
from tests.image.machine import Machine

ON_DATA = (
    "/var/log",
    "/var/spool/asterisk",
    "/var/lib/hotline-prompts",
    "/var/lib/hotline/exchange/recordings",
    "/var/lib/hotline/exchange/voicemail",
)


async def up(box: Machine) -> None:
    """Wait until every service runs."""
    for service in SERVICES:
        await box.until(f"systemctl is-active {service}")


async def promises(box: Machine) -> None:
    """What the image says of itself, seen from inside."""
    assert (await box.do("hostname")).strip() == "image-test"
    assert await box.do("find / -xdev -perm /6000 -type f") == ""
    for place in ("/usr/x", "/etc/x", "/opt/hotline/x", "/boot/hotline/x"):
        assert "rc=1" in await box.do(f"touch {place} 2>/dev/null; echo rc=$?", check=False)
    for file_system in ("/state", "/data", "/var", "/tmp"):
        assert "noexec" in await box.do(f"findmnt -no OPTIONS {file_system}")
    await box.until("test $(findmnt -bno SIZE /data) -gt 1000000000")  # grown to the card
    await lasting_places(box)
    listening = await box.do("ss -Hlntu | awk '{print $1, $5}' | grep -vE '127\\.|\\[::1\\]|%lo:'")
    print(listening)
    assert not [one for one in listening.split() if one.endswith(":1883")]
    rules = await box.do("nft list ruleset")
    assert rules.count("policy drop") == 2
    failed = await box.do("systemctl --failed --no-legend --plain")
    assert failed == ""


async def lasting_places(box: Machine) -> None:
    """What fills with time is on the partition that grows, and there is room for it."""
    for place in ON_DATA:
        assert "same" in await box.do(f"test $(stat -c %d {place}) = $(stat -c %d /data) && echo same"), place
    assert "getting full" not in await box.do("journalctl -b -u hotline-exchange -o cat --no-pager")
