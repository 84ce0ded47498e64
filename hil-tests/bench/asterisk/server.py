"""One real Asterisk with its own directories, its own address and a named list of modules."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.addresses import SIP_PORT
from bench.asterisk.data import link_data
from bench.asterisk.manager import Manager, ManagerError
from bench.processes import Process
from bench.programs import Program
from bench.sip import options

AMI_PORT = 5038
SERVICE_UNAVAILABLE = 503
REFUSES_WITHIN_S = 30.0
TIMER_T1_MS = 100  # Asterisk's smallest; an unanswered INVITE is given up after 64 of them (RFC 3261 §17.1.1.2)

# Everything loaded takes about 90 MB and seconds; this list starts at once.
MODULES = (
    "res_timing_timerfd.so",
    "res_pjproject.so",
    "res_sorcery_config.so",
    "res_sorcery_memory.so",
    "res_sorcery_astdb.so",
    "res_pjsip.so",
    "res_pjsip_pubsub.so",
    "res_pjsip_session.so",
    "res_pjsip_sdp_rtp.so",
    "res_pjsip_authenticator_digest.so",  # unused, but its absence is complained of at each call
    "res_pjsip_caller_id.so",
    "res_pjsip_diversion.so",
    "res_pjsip_endpoint_identifier_ip.so",
    "res_pjsip_rfc3326.so",
    "res_rtp_asterisk.so",
    "chan_pjsip.so",
    "codec_alaw.so",
    "bridge_simple.so",
    "pbx_config.so",
    "app_dial.so",
    "app_playtones.so",
    "func_callerid.so",
    "func_channel.so",
    "func_strings.so",
    "func_logic.so",
)


@dataclass(frozen=True, slots=True)
class Peer:
    """Another SIP party: recognised by its address; its calls enter ``context``."""

    name: str
    address: str
    context: str
    variables: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)  # of its endpoint, beyond the usual ones


@dataclass(frozen=True, slots=True)
class Part:
    """What makes one Asterisk differ from another."""

    name: str
    address: str
    peers: Sequence[Peer]
    dialplan: str
    modules: Sequence[str] = ()
    pjsip: str = ""  # further sections


class AsteriskServer:
    """A running Asterisk of the bench."""

    def __init__(self, program: Program, part: Part, run_dir: Path) -> None:
        self.part = part
        self._program = program
        self._dir = run_dir / part.name
        self._secret = secrets.token_hex(16)
        self._manager: Manager | None = None
        self._stopping: Manager | None = None
        argv = [*program.argv, "-f", "-n", "-vv", "-C", str(self._dir / "etc/asterisk.conf")]
        self.process = Process(part.name, argv, run_dir / f"{part.name}.log", run_dir)

    @property
    def address(self) -> str:
        """The loopback address of its SIP port."""
        return self.part.address

    @property
    def manager(self) -> Manager:
        """Its manager connection. Raises :class:`ManagerError` while it is down."""
        if self._manager is None:
            raise ManagerError(f"{self.part.name} is not running")
        return self._manager

    async def start(self, timeout_s: float = 120.0) -> None:
        """Return once it takes calls. Raises :class:`bench.processes.ProcessDied` or ``TimeoutError``."""
        await self._render()
        await self.process.start()
        async with asyncio.timeout(timeout_s):
            while self._manager is None:
                if self.process.pid is None:
                    raise self.process.died()
                try:
                    self._manager = await Manager.connect(self.address, AMI_PORT, "bench", self._secret)
                except (OSError, ManagerError):
                    await asyncio.sleep(0.05)
            await self._manager.command("core waitfullybooted")

    async def kill(self) -> None:
        """SIGKILL."""
        self._forget_manager()
        await self.process.kill()

    async def stop(self) -> None:
        """End it; calls in progress are cut, nothing of an Asterisk of the bench is worth a longer good-bye."""
        await self.kill()

    async def refuse(self, asked_from: str) -> None:
        """Answer everything with 503 from now on: Asterisk does so while a graceful stop waits for the last call.

        There is no way back but a restart, as for a trunk that is taken out of service. Returns once a request from
        the address ``asked_from`` is refused.
        """
        await self.manager.originate("Local/held@held/n", "held", "held", {})
        async with asyncio.timeout(REFUSES_WITHIN_S):
            while "Wait" not in await self.manager.command("core show channels concise"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # Asterisk tells no event for this
        self._stopping = await Manager.connect(self.address, AMI_PORT, "bench", self._secret)
        await self._stopping.send("Command", Command="core stop gracefully")  # is answered only when it has stopped
        async with asyncio.timeout(REFUSES_WITHIN_S):
            while await options(self.address, asked_from) != SERVICE_UNAVAILABLE:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    def _forget_manager(self) -> None:
        for manager in (self._manager, self._stopping):
            if manager:
                manager.close()
        self._manager = self._stopping = None

    async def _render(self) -> None:
        for folder in ("etc", "run", "lib", "spool", "log", "cache"):
            (self._dir / folder).mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(link_data, self._program.root / "usr/share/asterisk", self._dir / "share")
        for name, text in self._files().items():
            (self._dir / "etc" / name).write_text(text)

    def _files(self) -> dict[str, str]:
        return {
            "asterisk.conf": self._asterisk_conf(),
            "logger.conf": "[general]\ndateformat=%F %T.%3q\n[logfiles]\nconsole => warning,error,verbose(2)\n",
            "modules.conf": self._modules_conf(),
            "manager.conf": (
                f"[general]\nenabled=yes\nbindaddr={self.address}\nport={AMI_PORT}\n"
                f"[bench]\nsecret={self._secret}\nread=all\nwrite=all\n"
            ),
            "indications.conf": "[general]\ncountry=cz\n[cz]\ndescription=CZ\nringcadence=1000,4000\ndial=425\n",
            "cdr.conf": "[general]\nenable=no\n",
            "cel.conf": "[general]\nenable=no\n",
            "rtp.conf": "[general]\nrtpstart=10000\nrtpend=12000\nstrictrtp=no\nicesupport=no\n",
            "pjsip.conf": self._pjsip_conf(),
            "extensions.conf": "[held]\nexten = held,1,Answer(,i)\n same = n,Wait(86400)\n\n" + self.part.dialplan,
        }

    def _asterisk_conf(self) -> str:
        modules = self._program.library_dir() / "asterisk/modules"
        if not modules.exists():
            modules = self._program.root / "usr/lib/asterisk/modules"
        return (
            f"[directories]\nastetcdir => {self._dir}/etc\nastmoddir => {modules}\nastvarlibdir => {self._dir}/lib\n"
            f"astdbdir => {self._dir}/lib\nastkeydir => {self._dir}/lib\nastdatadir => {self._dir}/share\n"
            f"astagidir => {self._dir}/lib\nastspooldir => {self._dir}/spool\nastrundir => {self._dir}/run\n"
            f"astlogdir => {self._dir}/log\nastcachedir => {self._dir}/cache\n"
            f"[options]\nsystemname = {self.part.name}\ntransmit_silence = yes\n"
        )

    def _modules_conf(self) -> str:
        # "require" and not "load": without one of them Asterisk must not pretend to be up
        loads = "".join(f"require = {module}\n" for module in (*MODULES, *self.part.modules))
        return f"[modules]\nautoload = no\n{loads}"

    def _pjsip_conf(self) -> str:
        text = f"[system]\ntype=system\ntimer_t1={TIMER_T1_MS}\ntimer_b={TIMER_T1_MS * 64}\n"
        text += "[global]\ntype=global\nuser_agent=Asterisk\n"
        for transport in ("udp", "tcp"):
            text += f"[{transport}]\ntype=transport\nprotocol={transport}\nbind={self.address}:{SIP_PORT}\n"
        for peer in self.part.peers:
            text += (
                f"[{peer.name}]\ntype=endpoint\ncontext={peer.context}\ndisallow=all\nallow=alaw\ndirect_media=no\n"
                f"media_address={self.address}\nbind_rtp_to_media_address=yes\nsend_diversion=yes\ntrust_id_inbound=yes\n"
                + "".join(f"set_var={key}={value}\n" for key, value in peer.variables.items())
                + "".join(f"{key}={value}\n" for key, value in peer.settings.items())
                + f"[{peer.name}]\ntype=identify\nendpoint={peer.name}\nmatch={peer.address}\n"
            )
        return text + self.part.pjsip
