"""A box in QEMU: the amd64 image on a disk of its own, a modem on USB, a stick, and ssh to look inside.

Everything is emulated and takes minutes; HOTLINE_QEMU_ACCEL=kvm is quicker where it works. No time of it is a Pi's.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

FIRMWARE = Path("/usr/share/OVMF")
STICK_BYTES = 16 * 1024 * 1024
DISK = "4G"  # bigger than the image, as a card is: the data partition has to grow
# a KVM that is there may not work, so it is asked for
ACCELERATOR = os.environ.get("HOTLINE_QEMU_ACCEL", "tcg,tb-size=1024")
BOOT_S = 900.0  # emulated, on a busy machine
IT_DOES = "yes-it-does"

# What units allow for their start is meant for hardware; emulated, Python takes a minute or more. The image is as it
# is: systemd takes these from the machine (systemd.system-credentials(7)). The watchdogs are the image's own, which
# needs a core for QEMU alone; on a busy machine HOTLINE_QEMU_PATIENCE=1 lets them wait longer, too.
PYTHON = ("hotline-guard", "hotline-exchange", "hotline-web")
STARTED = (*PYTHON, "hotline-provision", "hotline-boots", "hotline-asterisk-render", "asterisk", "mosquitto", "ssh")
PATIENT = os.environ.get("HOTLINE_QEMU_PATIENCE", "0") not in ("", "0")


def _patience() -> list[str]:
    found = []
    for unit in STARTED:
        text = "[Service]\nTimeoutStartSec=1800\n" + ("WatchdogSec=240\n" if PATIENT and unit in PYTHON else "")
        value = base64.b64encode(text.encode()).decode()
        name = f"systemd.unit-dropin.{unit}.service~zz-emulated"  # last: Asterisk's own drop-in has a time-out
        found += ["-smbios", f"type=11,value=io.systemd.credential.binary:{name}={value}"]
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Machine:
    """``async with Machine(...)``: booting inside the block, gone after it."""

    def __init__(self, image: Path, folder: Path, modem: tuple[str, int], stick: Mapping[str, str]) -> None:
        self.folder, self._image, self._modem, self._files = folder, image, modem, stick
        self.key = folder / "key"
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.console = folder / "console.log"

    def make_key(self) -> str:
        """The key that the stick gives; its public line."""
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(self.key)], check=True)
        return self.key.with_suffix(".pub").read_text().strip()

    async def __aenter__(self) -> Self:
        self._start()
        return self

    def _start(self) -> None:
        disk, stick, settings = (self.folder / name for name in ("disk.qcow2", "stick.img", "firmware.fd"))
        create = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(self._image), "-F", "raw", str(disk), DISK]
        subprocess.run(create, check=True)
        shutil.copyfile(FIRMWARE / "OVMF_VARS_4M.fd", settings)
        self._make_stick(stick)
        argv = [
            *("qemu-system-x86_64", "-machine", "q35", "-accel", ACCELERATOR, "-cpu", "max", "-m", "1024"),
            *("-display", "none", "-monitor", "none", "-serial", f"file:{self.console}"),
            *("-chardev", f"socket,id=modem,host={self._modem[0]},port={self._modem[1]},reconnect=1"),
            *("-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE / 'OVMF_CODE_4M.fd'}"),
            *("-drive", f"if=pflash,format=raw,file={settings}"),
            *_patience(),
            *("-drive", f"if=none,id=disk,format=qcow2,file={disk}"),
            *("-device", "virtio-blk-pci,drive=disk,bootindex=1"),
            *(
                "-device",
                "i6300esb",
                "-action",
                "watchdog=reset",
                "-device",
                "virtio-rng-pci",
                "-device",
                "qemu-xhci",
            ),
            # by USB, as most are: a PC's firmware takes a modem's words on COM2 for keys, and stops in its menu
            *("-device", "usb-serial,chardev=modem"),
            *("-drive", f"if=none,id=stick,format=raw,file={stick}", "-device", "usb-storage,drive=stick"),
            *(
                "-netdev",
                f"user,id=net,hostfwd=tcp:127.0.0.1:{self._port}-:22",
                "-device",
                "virtio-net-pci,netdev=net",
            ),
        ]
        with (self.folder / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _make_stick(self, target: Path) -> None:
        with target.open("wb") as file:
            file.truncate(STICK_BYTES)
        subprocess.run(["/usr/sbin/mkfs.fat", "-n", "HOTLINE", str(target)], check=True, capture_output=True)
        for name, text in self._files.items():
            (source := self.folder / name).write_text(text)
            subprocess.run(["mcopy", "-i", str(target), str(source), f"::{name}"], check=True)

    async def do(self, command: str, *, check: bool = True, within_s: float = 120.0) -> str:
        """Run a shell command in the box, by ssh; what it said."""
        options = (
            *("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"),
            *("ConnectTimeout=60", "ServerAliveInterval=20", "ServerAliveCountMax=3"),
        )
        argv = ["ssh", *(f"-o{one}" for one in options), "-i", str(self.key), "-p", str(self._port)]
        process = await asyncio.create_subprocess_exec(
            *argv, "root@127.0.0.1", command, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(within_s):
                said, wrong = await process.communicate()
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
