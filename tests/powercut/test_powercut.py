"""The power goes while the box writes: `make powercut`.

The image's root boots for the first time, takes its set-up and does what it is told, on a state partition whose every
write is recorded; then that partition as a cut leaves it, at a thousand points of the record and more, and a few of
them booted again.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.provision.media import Found
from tests.image.around import the_image
from tests.image.rooted import CONFIG, SERVICES, rooted
from tests.image.table import part
from tests.powercut.disk import Disk, cleared, made, mounted
from tests.powercut.replay import Replay, acknowledged, repaired
from tests.powercut.state import wrong
from tests.powercut.writes import entries
from tests.systemd.box import Box

pytestmark = [
    pytest.mark.skipif("HOTLINE_POWERCUT" not in os.environ, reason="make powercut records and replays for it"),
    pytest.mark.timeout(14_400),
]
GUEST = Path(__file__).with_name("guest.py")
FOLDER = Path(os.environ.get("HOTLINE_POWERCUT", "build/powercut"))
POINTS = int(os.environ.get("HOTLINE_POWERCUT_POINTS", "1200"))
BOOTS = int(os.environ.get("HOTLINE_POWERCUT_BOOTS", "5"))
COMMANDS = int(os.environ.get("HOTLINE_POWERCUT_COMMANDS", "200"))
SEED = int(os.environ.get("HOTLINE_POWERCUT_SEED", "1"))
STATE = "noatime,nodev,nosuid,noexec"  # as the initramfs mounts it
BOOT_S = 900.0  # a bound, on a machine that does other things beside


@pytest.fixture(scope="module")
def folder() -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    return FOLDER.resolve()


@pytest.fixture(scope="module")
def size() -> int:
    """Of the state partition."""
    return part(the_image(), "state")[1]


def test_the_run_is_recorded(folder: Path, size: int) -> None:
    """First boot, set-up from the card, commands one after another; then everything ends at one blow."""
    disk = made(the_image(), part(the_image(), "state")[0], size, folder)
    run = cleared(folder / "run")
    box = rooted(the_image(), run)
    with (
        disk.recorded(folder / "storage.log"),
        mounted(disk.shown, size, run / "state", STATE),
        box.booted(folder / "boot.log"),
    ):
        box.until_all_run(*SERVICES, within_s=BOOT_S)
        box.until("hotline status --json", BOOT_S)
        (folder / "guest.log").write_text(said := _commanded(box, disk, size))
    assert said.count(" done\n") > COMMANDS / 2, said[-2000:]


def _commanded(box: Box, disk: Disk, size: int) -> str:
    notes = os.open(disk.shown, os.O_WRONLY)
    try:
        argv = box.entering("python3", "-I", "-", "image-test", str(COMMANDS), str(notes), str(size))
        with GUEST.open("rb") as program:
            ran = subprocess.run(
                argv, stdin=program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=(notes,), check=False
            )
    finally:
        os.close(notes)
    assert ran.returncode == 0, ran.stdout.decode()[-3000:]
    return ran.stdout.decode()


@pytest.fixture
def quick() -> Iterator[Path]:
    """A place in memory: each point's check would wait for this machine's own disk to flush."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="hotline-powercut-") as place:
        yield Path(place)


def test_nothing_acknowledged_is_lost_at_any_point(folder: Path, quick: Path, size: int) -> None:
    writes = entries(folder / "record")
    notes = acknowledged(folder / "record", writes, size)
    found = {"hotline.toml": Found("hotline.toml", CONFIG)}
    replay = Replay(folder / "record", writes, folder / "pristine", size, quick)
    chance = random.Random(SEED)
    points = sorted(chance.sample(range(1, len(replay.writes)), min(POINTS, len(replay.writes) - 1)))
    assert len(points) >= min(POINTS, 1000), f"the run wrote {len(replay.writes)} times only"
    assert notes, "nothing was acknowledged in the run"
    codes: Counter[int] = Counter()
    faults: list[str] = []
    after = 0
    for point in points:
        number = replay.writes[point][0]
        done = [id_ for at, id_ in notes if at < number]
        after += bool(done)
        cut = replay.at(point, chance)
        os.truncate(cut, size)
        codes[repaired(cut)] += 1
        with mounted(cut, size, quick / "mounted", "ro,noload") as state:
            faults += [f"write {number}: {one}" for one in wrong(state, done, found, quick / "work")]
    flushes = sum(one.flushes for one in writes)
    text = (
        f"{len(writes)} entries recorded, {flushes} of them flushes, {len(notes)} answers among them; {len(points)} "
        f"points, {len(points) - after} before the first answer; e2fsck -p ended with {dict(sorted(codes.items()))}; "
        f"{len(faults)} faults\n"
    )
    (folder / "figures.txt").write_text(text + "\n".join(faults))
    print(text)
    assert faults == []
    assert max(codes) < 4


def test_a_few_of_them_boot_and_the_guard_knows_what_it_answered(folder: Path, size: int) -> None:
    writes = entries(folder / "record")
    notes = acknowledged(folder / "record", writes, size)
    replay = Replay(folder / "record", writes, folder / "pristine", size, folder)
    chance = random.Random(SEED + 1)
    for count in range(BOOTS):
        point = (2 * count + 1) * len(replay.writes) // (2 * BOOTS)
        cut = replay.at(point, chance)
        os.truncate(cut, size)
        assert repaired(cut) < 4
        run = cleared(folder / "again")
        box = rooted(the_image(), run)
        with mounted(cut, size, run / "state", STATE), box.booted(folder / f"boot-{count}.log"):
            box.until_all_run(*SERVICES, within_s=BOOT_S)
            box.until("hotline status --json", BOOT_S)
            assert box.do("systemctl --failed --plain --no-legend") == ""
            ids = {id_ for at, id_ in notes if at < replay.writes[point][0]}
            assert ids <= _kept(box)
            print(f"booted again at {point} of {len(replay.writes)}: {len(ids)} answers, all known")
    shutil.rmtree(folder / "again")


def _kept(box: Box) -> set[str]:
    program = (
        "import json, sqlite3; db = sqlite3.connect('file:/var/lib/hotline/journal.db?mode=ro', uri=True); "
        "kept = [i for i, t in db.execute('SELECT command_id, response FROM responses') if json.loads(t).get('ok')]; "
        "print(json.dumps(kept))"
    )
    return set(json.loads(box.do(f'python3 -I -c "{program}"')))
