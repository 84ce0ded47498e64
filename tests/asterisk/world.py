"""A real Asterisk with the rendered configuration, and SIP peers beside it."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.asterisk.credentials import read
from appliance.asterisk.deploy import deploy
from appliance.asterisk.manager import Manager, ManagerError
from appliance.config import Config, load
from bench.addresses import Subnet
from bench.asterisk.data import link_data
from bench.processes import Process
from bench.programs import find_program

DEFAULT_TECHNICIAN = "+420777000111"
DID = "+420910000200"
PASSWORD = 'pa;ss"w#ord'
BOX, TRUNK_A, TRUNK_B, NODE, STRANGER = 31, 11, 12, 21, 99


def toml(subnet: Subnet, folder: Path, extra: str = "", exchange: str = "") -> str:
    program, host = find_program("asterisk"), subnet.host
    (folder / "password").write_text(PASSWORD + "\n")
    return f"""
[device]
id = "box"
region = "CZ"
state_dir = "{folder}/state"
[modem]
port = "/dev/null"
service_number = "+420777000100"
[[trunk]]
name = "trunk-a"
sip = "sip:{host(TRUNK_A)}:5060"
[[trunk]]
name = "trunk-b"
sip = "sip:{host(TRUNK_B)}:5060"
register = true
username = "account"
password_file = "{folder}/password"
[[node]]
name = "node-1"
sip = "sip:{host(NODE)}:5060"
[[route]]
name = "primary"
number = "+420226000100"
needs = {{ trunk = "trunk-a", nodes = 1 }}
[[route]]
name = "local"
number = "{DID}"
needs = {{ trunk = "trunk-b", local = true }}
[duty]
default = "tech-1"
[[person]]
id = "tech-1"
name = "Technician 1"
mobile = "{DEFAULT_TECHNICIAN}"
{extra}
[exchange]
ari = "http://{host(BOX)}:8088"
manager = "{host(BOX)}:5038"
sip = "{host(BOX)}:5060"
rtp_ports = [10000, 10200]
{exchange}
[exchange.directories]
modules = "{program.library_dir()}/asterisk/modules"
data = "{folder}/data"
lib = "{folder}/lib"
spool = "{folder}/spool"
run = "{folder}/run"
log = "{folder}/log"
prompts = "{folder}/prompts"
"""


class RealAsterisk:
    """Asterisk as ``hotline asterisk render`` sets it up."""

    def __init__(self, subnet: Subnet, folder: Path, extra: str = "", exchange: str = "") -> None:
        self.address = subnet.host(BOX)
        self.folder = folder
        for name in ("lib", "spool", "run", "log"):
            (folder / name).mkdir()
        link_data(find_program("asterisk").root / "usr/share/asterisk", folder / "data")
        file = folder / "hotline.toml"
        file.write_text(toml(subnet, folder, extra, exchange))
        self.config: Config = load(file)
        deploy(self.config, folder / "etc")
        self.credentials = read(self.config.device.state_dir)
        argv = [*find_program("asterisk").argv, "-f", "-n", "-C", str(folder / "etc/asterisk.conf")]
        self.process = Process("asterisk", argv, folder / "asterisk.log", folder)

    async def start(self) -> None:
        ready = self.log().count("Asterisk Ready")
        await self.process.start()
        async with asyncio.timeout(240):
            while True:
                if self.process.pid is None:
                    raise self.process.died()
                try:
                    if await self._is_up():
                        break
                except ManagerError:
                    await asyncio.sleep(0.05)
        while self.log().count("Asterisk Ready") == ready:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def _is_up(self) -> bool:
        manager = await self.manager()
        try:
            return bool((await manager.action("CoreStatus")).get("CoreStartupDate"))
        finally:
            manager.close()  # also where it is too early to be asked, and refuses

    async def manager(self) -> Manager:
        return await Manager.connect(self.address, 5038, self.credentials.manager)

    def log(self) -> str:
        return self.process.log_tail(10_000)


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    uri: str
    headers: Mapping[str, str]
    source: tuple[str, int]
    text: str

    @property
    def number(self) -> str:
        return self.uri.removeprefix("sip:").partition("@")[0]


def parse(data: bytes) -> tuple[str, dict[str, str]]:
    head = data.decode(errors="replace").split("\r\n\r\n", 1)[0]
    first, *lines = head.split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        headers[key.strip().lower()] = value.strip()
    return first, headers


def digest(user: str, password: str, method: str, uri: str, challenge: str) -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    fields = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    cnonce = secrets.token_hex(8)
    first, second = md5(f"{user}:{fields['realm']}:{password}"), md5(f"{method}:{uri}")
    response = md5(f"{first}:{fields['nonce']}:00000001:{cnonce}:auth:{second}")
    return (
        f'Digest username="{user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="{cnonce}"'
        + (f', opaque="{fields["opaque"]}"' if "opaque" in fields else "")
    )


@dataclass
class SipPeer(asyncio.DatagramProtocol):
    """A SIP party on UDP: records what it is asked, answers an INVITE with ``refuses``, and asks itself."""

    address: str
    refuses: str = "486 Busy Here"
    password: str | None = None  # of the account that registers here
    silent: bool = False
    deaf_to: frozenset[str] = frozenset()  # methods that are never answered
    asked: list[Request] = field(default_factory=list)
    registered: dict[str, str] = field(default_factory=dict)
    _answers: dict[str, asyncio.Queue[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    _transport: asyncio.DatagramTransport | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, port: int = 5060) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, (self.address, port))

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    @property
    def invited(self) -> list[Request]:
        return [one for one in self.asked if one.method == "INVITE"]

    async def until(self, happened: Any, timeout_s: float = 120) -> None:
        async with asyncio.timeout(timeout_s):
            while not happened():
                self._changed.clear()
                await self._changed.wait()

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        if not data.strip():
            return  # a keep-alive
        first, headers = parse(data)
        if first.startswith("SIP/2.0"):
            self._answers[headers["call-id"]].put_nowait((int(first.split()[1]), headers))
            return
        method, uri, _ = first.split(" ", 2)
        seen = [(one.method, one.headers["cseq"], one.headers["call-id"]) for one in self.asked]
        if (method, headers["cseq"], headers["call-id"]) not in seen:
            self.asked.append(Request(method, uri, headers, source, data.decode(errors="replace")))
        if not self.silent and method not in ("ACK", *self.deaf_to):
            self._send(source, self._reply(method, headers))
        self._changed.set()

    def _reply(self, method: str, headers: Mapping[str, str]) -> str:
        more = ""
        match method:
            case "INVITE":
                status = self.refuses
            case "REGISTER":
                status, more = self._register(headers)
            case _:
                status = "200 OK"
        kept = "".join(f"{key}: {headers[key]}\r\n" for key in ("via", "from", "call-id", "cseq"))
        return f"SIP/2.0 {status}\r\n{kept}To: {headers['to']};tag=peer\r\n{more}Content-Length: 0\r\n\r\n"

    def _register(self, headers: Mapping[str, str]) -> tuple[str, str]:
        if self.password is None:
            return "403 Forbidden", ""
        if "authorization" not in headers:
            return (
                "401 Unauthorized",
                'WWW-Authenticate: Digest realm="peer", nonce="n0nce", algorithm=MD5, qop="auth"\r\n',
            )
        fields = dict(re.findall(r'(\w+)="?([^",]+)"?', headers["authorization"]))

        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        first = md5(f"{fields['username']}:peer:{self.password}")
        second = md5(f"REGISTER:{fields['uri']}")
        right = md5(f"{first}:n0nce:{fields['nc']}:{fields['cnonce']}:auth:{second}")
        if fields["response"] != right:
            return "403 Forbidden", ""
        self.registered[fields["username"]] = headers["contact"]
        return "200 OK", f"Contact: {headers['contact']};expires=120\r\nExpires: 120\r\n"

    def _send(self, target: tuple[str, int], text: str) -> None:
        assert self._transport is not None
        self._transport.sendto(text.encode(), target)

    async def ask(
        self,
        target: str,
        method: str,
        user: str,
        *,
        sender: str = "somebody",
        account: tuple[str, str] | None = None,
        more: str = "",
        body: str = "",
    ) -> tuple[int, list[int], dict[str, str]]:
        """Send a request; the final status, all statuses, and the headers of the final one. Answers a challenge."""
        call, tag = secrets.token_hex(8), secrets.token_hex(4)
        uri = f"sip:{user}@{target}" if user else f"sip:{target}"
        answers = self._answers[call] = asyncio.Queue()
        statuses: list[int] = []
        authorization = ""
        for sequence in (1, 2):
            branch = f"z9hG4bK{secrets.token_hex(8)}"
            aor = f"sip:{sender}@{target}"
            head = (
                f"Via: SIP/2.0/UDP {self.address}:5060;rport;branch={branch}\r\nMax-Forwards: 70\r\n"
                f"From: <{aor}>;tag={tag}\r\nTo: <{aor if method == 'REGISTER' else uri}>\r\nCall-ID: {call}\r\n"
            )
            request = (
                f"{method} {uri} SIP/2.0\r\n{head}CSeq: {sequence} {method}\r\n"
                f"Contact: <sip:{sender}@{self.address}:5060>\r\n{more}{authorization}"
                + ("Content-Type: application/sdp\r\n" if body else "")
                + f"Content-Length: {len(body)}\r\n\r\n{body}"
            )
            self._send((target, 5060), request)
            async with asyncio.timeout(120):
                while True:
                    status, headers = await answers.get()
                    statuses.append(status)
                    if status >= 200:
                        break
            if method == "INVITE":
                head = head.replace(f"To: <{uri}>", f"To: {headers['to']}")
                ack = f"ACK {uri} SIP/2.0\r\n{head}CSeq: {sequence} ACK\r\nContent-Length: 0\r\n\r\n"
                self._send((target, 5060), ack)
            challenge = headers.get("www-authenticate") or headers.get("proxy-authenticate")
            if account is None or challenge is None or sequence == 2:
                return status, statuses, headers
            authorization = f"Authorization: {digest(*account, method, uri, challenge)}\r\n"
        raise AssertionError("unreachable")

    async def call(self, target: str, number: str, **kwargs: Any) -> tuple[int, list[int], dict[str, str]]:
        sdp = (
            f"v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\nt=0 0\r\n"
            "m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        )
        return await self.ask(target, "INVITE", number, body=sdp, **kwargs)
