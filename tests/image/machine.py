"""A box in QEMU: the image on a disk of its own, a modem on USB, sticks, and ssh to look inside.

Everything is emulated and takes minutes; HOTLINE_QEMU_ACCEL=kvm is quicker where it works. No time of it is a Pi's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from bench.addresses import free_port
from tests.image.boards import PC, Board, drop_ins, smbios
from tests.image.monitor import Monitor

STICK_BYTES = 16 * 1024 * 1024
DISK = "4G"  # bigger than the image, as a card is: the data partition has to grow
BOOT_S = 1800.0  # emulated, on a busy machine
IT_DOES = "yes-it-does"
STICK = "stick"  # the one of the start; its name in the monitor
ETHERNET = "net"  # the card that ssh comes by; its name in the monitor


def _off(units: Iterable[str]) -> list[str]:
    """By credentials, as the board's longer times are."""
    return smbios(drop_ins({f"{unit}.service": "[Unit]\nConditionPathExists=!/etc\n" for unit in units}, "zz-off"))


async def first_words(port: int, said: bytes = b"") -> bytes:
    """What answers at a port of this machine that leads to the box, after ``said``. QEMU takes the connection in any
    case, and ends it where the box does not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(said)
        async with asyncio.timeout(30):
            return await reader.read(100)
    except (TimeoutError, ConnectionError):
        return b""
    finally:
        writer.close()


class Machine:
    """``async with Machine(...)``: booting inside the block, gone after it."""

    def __init__(
        self,
        image: Path,
        folder: Path,
        modem: tuple[str, int],
        files: Mapping[str, str],
        shown: Iterable[int] = (),
        cards: Iterable[str] = (),
        off: Iterable[str] = (),
        board: Board = PC,
    ) -> None:
        """``files`` stand on a stick that is in its socket from the start; none, and there is no stick. ``shown`` are
        more ports of the box that this machine reaches, see :meth:`port`; ``cards`` are more network cards, in words
        of QEMU's command line; ``off`` are services that are not to start, on a PC."""
        self.folder, self._image, self._modem, self._files, self._board = folder, image, modem, files, board
        self.key = folder / "key"
        self._cards, self._off = list(cards), _off(off)
        self._ports = {inside: free_port() for inside in (22, *shown)}
        self._process: subprocess.Popen[bytes] | None = None
        self.console = folder / "console.log"
        # the name of a socket has 107 bytes at most, and a test's folder may have more
        self.monitor = Path(os.path.relpath(folder / "monitor"))

    def make_key(self) -> str:
        """The key that the stick gives; its public line."""
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(self.key)], check=True)
        return self.key.with_suffix(".pub").read_text().strip()

    async def __aenter__(self) -> Self:
        self._start()
        return self

    def _start(self) -> None:
        disk = self.folder / "disk.qcow2"
        create = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(self._image), "-F", "raw", str(disk), DISK]
        subprocess.run(create, check=True)
        sticks = []
        if self._files:
            node = f"driver=raw,node-name={STICK},file.driver=file,file.filename={self._stick(STICK, self._files)}"
            sticks = ["-blockdev", node, "-device", f"usb-storage,id={STICK},drive={STICK}"]
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{inside}" for inside, here in self._ports.items())
        argv = [
            *self._board.argv(self.folder),
            *("-m", "1024", "-display", "none", "-monitor", "none", "-serial", f"file:{self.console}"),
            *("-chardev", f"socket,id=modem,host={self._modem[0]},port={self._modem[1]},reconnect=1"),
            *self._off,
            *("-drive", f"if=none,id=disk,format=qcow2,file={disk}"),
            *("-device", "virtio-blk-pci,drive=disk,bootindex=1"),
            *("-device", "virtio-rng-pci", "-device", "qemu-xhci,id=usb"),
            # by USB, as most are: a PC's firmware takes a modem's words on COM2 for keys, and stops in its menu
            *("-device", "usb-serial,chardev=modem"),
            *sticks,
            # no ROM: nothing is booted from the network, and it is in a package of its own
            *("-netdev", f"user,id={ETHERNET}{forwards}"),
            *("-device", f"virtio-net-pci,netdev={ETHERNET},romfile=", *self._cards),
            *("-qmp", f"unix:{self.monitor},server=on,wait=off"),
        ]
        with (self.folder / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _stick(self, name: str, files: Mapping[str, str]) -> Path:
        target = self.folder / f"{name}.img"
        with target.open("wb") as file:
            file.truncate(STICK_BYTES)
        subprocess.run(["/usr/sbin/mkfs.fat", "-n", "HOTLINE", str(target)], check=True, capture_output=True)
        for told, text in files.items():
            (source := self.folder / f"{name}-{told}").write_text(text)
            subprocess.run(["mcopy", "-i", str(target), str(source), f"::{told}"], check=True)
        return target

    @asynccontextmanager
    async def stick(self, name: str, files: Mapping[str, str]) -> AsyncIterator[None]:
        """A stick named HOTLINE is plugged into the running box within the block."""
        async with Monitor(self.monitor) as monitor:
            await monitor.plug(name, self._stick(name, files))
            yield
            await monitor.pull(name)

    def port(self, inside: int) -> int:
        """Where a port of the box is on 127.0.0.1."""
        return self._ports[inside]

    async def do(self, command: str, *, check: bool = True, within_s: float = 120.0, given: bytes = b"") -> str:
        """Run a shell command in the box, by ssh, with ``given`` to read; what it said."""
        options = (
            *("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"),
            *("ConnectTimeout=60", "ServerAliveInterval=20", "ServerAliveCountMax=3"),
        )
        argv = ["ssh", *(f"-o{one}" for one in options), "-i", str(self.key), "-p", str(self._ports[22])]
        process = await asyncio.create_subprocess_exec(
            *argv, "root@127.0.0.1", command, stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(within_s):
                said, wrong = await process.communicate(given or None)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, 9)
            await process.wait()
            if check:
                raise
            return ""
        assert not check or process.returncode == 0, f"{command} ended with {process.returncode}: {said!r} {wrong!r}"
        return said.decode() if process.returncode == 0 or not check else ""

    async def until(self, command: str, within_s: float = BOOT_S) -> float:
        """Wait until a shell command succeeds; how long it took, in seconds of this machine."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        # asked again in the box: each new login costs an emulated one seconds
        again = f"for n in 1 2 3 4 5 6 7 8 9; do ({command}) >/dev/null 2>&1 && echo {IT_DOES} && exit; sleep 2; done"
        while IT_DOES not in await self.do(again, check=False):
            assert loop.time() - began < within_s, f"not within {within_s:g} s: {command}\n{self.tail()}"
            await asyncio.sleep(1)
        return loop.time() - began

    def tail(self) -> str:
        """The end of what the console said."""
        return self.console.read_text(errors="replace")[-3000:]
