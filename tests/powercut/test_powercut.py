"""The power goes while the box writes: `make powercut`.

One run of the amd64 image in QEMU from its first boot on, every write of its disk recorded; then the state partition
as a cut leaves it, at a thousand points of that record and more, and a few of these disks booted whole.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from appliance.provision.media import Found
from tests.image.machine import Machine
from tests.image.table import part
from tests.image.test_boot import Bench, bench, the_image
from tests.powercut.replay import Replay, acknowledged, mounted, repaired
from tests.powercut.state import wrong
from tests.powercut.writes import Write, apply, entries

pytestmark = [
    pytest.mark.skipif("HOTLINE_POWERCUT" not in os.environ, reason="make powercut records and replays for it"),
    pytest.mark.timeout(14_400),
]
GUEST = Path(__file__).with_name("guest.py")
FOLDER = Path(os.environ.get("HOTLINE_POWERCUT", "build/powercut"))
POINTS = int(os.environ.get("HOTLINE_POWERCUT_POINTS", "1200"))
BOOTS = int(os.environ.get("HOTLINE_POWERCUT_BOOTS", "3"))
COMMANDS = int(os.environ.get("HOTLINE_POWERCUT_COMMANDS", "150"))
SEED = int(os.environ.get("HOTLINE_POWERCUT_SEED", "1"))
DISK_BYTES = 4 << 30
WORK_S = 3600.0


@pytest.fixture(scope="module")
def folder() -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    return FOLDER.resolve()


async def test_the_run_is_recorded(folder: Path) -> None:
    """The first boot, the set-up from a stick, and commands one after another; then the plug is pulled."""
    shutil.rmtree(folder / "run", ignore_errors=True)
    (folder / "run").mkdir()
    async with bench(folder / "run", the_image(), folder / "record") as all_of_it:
        box = all_of_it.box
        await box.until("true")
        await box.until("systemctl is-active hotline-guard mosquitto")
        await box.put(GUEST.read_bytes(), "/run/guest.py")
        said = await box.do(f"python3 -I /run/guest.py image-test {COMMANDS}", within_s=WORK_S)
        (folder / "guest.log").write_text(said)
        assert said.count(" done\n") > COMMANDS / 2
        await box.do("sync")  # so that the record is whole up to here
    assert len(entries(folder / "record")) > POINTS


def test_nothing_acknowledged_is_lost_at_any_point(folder: Path) -> None:
    image, record = the_image(), folder / "record"
    writes, (start, size) = entries(record), part(image, "state")
    notes = acknowledged(record, writes, *part(image, "root-b"))
    found = {"hotline.toml": Found("hotline.toml", (folder / "run/hotline.toml").read_text())}
    replay = Replay(record, writes, image, start, size, folder)
    chance = random.Random(SEED)
    points = sorted(chance.sample(range(1, len(replay.writes)), min(POINTS, len(replay.writes) - 1)))
    assert len(points) >= min(POINTS, 1000)
    assert notes, "nothing was acknowledged in the run"
    codes: Counter[int] = Counter()
    faults, with_notes = [], 0
    for point in points:
        number = replay.writes[point][0]
        done = [id_ for at, id_ in notes if at < number]
        with_notes += bool(done)
        cut = replay.at(point, chance)
        codes[repaired(cut)] += 1
        with mounted(cut, folder / "mounted") as state:
            faults += [f"write {number}: {one}" for one in wrong(state, done, found, folder / "work")]
    text = (
        f"{len(writes)} writes recorded, {len(replay.writes)} of state and flushes; {len(points)} points, "
        f"{with_notes} of them with up to {len(notes)} answers before; e2fsck -p ended with {dict(codes)}; "
        f"{len(faults)} faults\n"
    )
    (folder / "figures.txt").write_text(text + "\n".join(faults))
    print(text)
    assert faults == []
    assert max(codes) < 4


def whole(image: Path, record: Path, writes: list[Write], upto: int, target: Path) -> None:
    """The disk with the first ``upto`` writes."""
    subprocess.run(["cp", "--sparse=always", str(image), str(target)], check=True)
    with target.open("r+b") as file:
        file.truncate(DISK_BYTES)
    for one in writes[:upto]:
        apply(one, record, target, 0)


async def test_a_few_of_these_disks_boot_and_the_guard_knows_what_it_answered(folder: Path) -> None:
    image, record = the_image(), folder / "record"
    writes = entries(record)
    notes = acknowledged(record, writes, *part(image, "root-b"))
    state = [number for number, _ in Replay(record, writes, image, *part(image, "state"), folder).writes]
    for count, share in enumerate((0.9, 0.05, 0.5)[:BOOTS]):
        upto, disk, place = state[int(share * len(state))], folder / "whole.img", folder / f"boot-{count}"
        whole(image, record, writes, upto, disk)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        async with bench(place, disk) as all_of_it:
            await _remembers(all_of_it, [id_ for at, id_ in notes if at < upto])


async def _remembers(all_of_it: Bench, ids: list[str]) -> None:
    box: Machine = all_of_it.box
    await box.until("systemctl is-active hotline-guard mosquitto")
    ask = (
        "import json, sqlite3, sys; db = sqlite3.connect('file:/var/lib/hotline/journal.db?mode=ro', uri=True); "
        "kept = {i for i, t in db.execute('SELECT command_id, response FROM responses') if json.loads(t).get('ok')}; "
        "print(json.dumps(sorted(kept)))"
    )
    kept = json.loads(await box.do(f'python3 -I -c "{ask}"'))
    assert set(ids) <= set(kept)
