"""What the image's root writes in a day at rest: `make image-test-pc` leaves it alone for half an hour, and counts.

In namespaces, at the machine's own speed: emulated, the peers' answers come late, and a box writes of that. State and
data are file systems of their own, made and mounted as the image's are.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.around import the_image
from tests.image.rest import KEPT, PARTITIONS, begin, mb_a_day, read, told
from tests.image.rooted import SERVICES, rooted, surrounded

pytestmark = [
    pytest.mark.skipif("HOTLINE_IMAGE_TEST" not in os.environ, reason="make image-test-pc makes the image for it"),
    pytest.mark.timeout(3600),
]
SIZE = 512 * 1024 * 1024
WARM_UP_S = 60.0
WINDOWS, WINDOW_S = 2, 900.0  # the journal is put on the disk every quarter of an hour
MOST_MB_A_DAY = 50.0


@contextlib.contextmanager
def disks(folder: Path) -> Iterator[dict[str, str]]:
    """State and data, mounted in the folder; the devices by name."""
    with contextlib.ExitStack() as stack:

        def run(*argv: str | Path) -> str:
            return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

        found = {}
        for name in PARTITIONS:
            file, place = folder / f"{name}.ext4", folder / name
            with file.open("wb") as made:
                made.truncate(SIZE)
            run("mkfs.ext4", "-q", file)
            device = run("losetup", "--find", "--show", file)
            stack.callback(run, "losetup", "--detach", device)
            place.mkdir()
            run("mount", "-o", "noatime,nodev,nosuid,noexec", device, place)
            stack.callback(run, "umount", "--lazy", place)
            found[name] = Path(device).name
        yield found


def test_a_box_at_rest_spares_its_card(tmp_path: Path) -> None:
    with disks(tmp_path) as devices:
        box = rooted(the_image(), tmp_path)
        with box.booted(tmp_path / "boot.log"), surrounded(box):
            box.until_all_run(*SERVICES, within_s=300)
            # it comes seven times in the first hour, and then no more
            box.do("systemctl stop hotline-boots-beat.timer")
            time.sleep(WARM_UP_S)
            box.do(begin(WINDOWS, WINDOW_S, devices))
            time.sleep(WINDOWS * WINDOW_S)
            box.until(f"test $(wc -l <{KEPT}) -gt {WINDOWS}", 300)
            looks = read(box.do(f"cat {KEPT}"))
            print(told(looks, SERVICES))
            print(box.do("journalctl -b --no-pager -o short-iso --since -31min"))
            assert mb_a_day(looks) <= MOST_MB_A_DAY
