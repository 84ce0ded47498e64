"""The dialplans of the bench's Asterisks: telephone network, trunks, nodes.

A call runs: customer's handset → telephone network, which asks the mobile network where the number leads → trunk →
first node that answers. Each answerer plays its own tone, with the tone of the trunk the call came by.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.addresses import SIP_PORT
from bench.asterisk.server import Part, Peer
from bench.tones import Tones

ANY_NUMBER = "_[+0-9]."
NETWORK_MODULES = ("res_speech.so", "res_agi.so", "app_record.so", "format_wav.so")
NODE_PATIENCE_S = 4  # a trunk gives a node so long to answer before it tries the next; nodes answer at once


def sip_uri(user: str, address: str) -> str:
    """A SIP URI over TCP: a dead peer is refused at once, a stopped one is silent, as outside."""
    return f"sip:{user}@{address}:{SIP_PORT}\\;transport=tcp"


def network_part(
    address: str, trunks: Mapping[str, str], mobiles: Mapping[str, str], tones: Tones, agi_url: str
) -> Part:
    """The telephone network. ``trunks``: name → address; ``mobiles``: name → number."""
    dialplan = f"""\
[handset]
exten = listen,1,Answer(,i)
 same = n,Record(${{RECORDING}}:wav,0,180,kq)
exten = h,1,AGI({agi_url}/hung_up,${{CALL}})

[exchange]
exten = {ANY_NUMBER},1,AGI({agi_url}/route,${{CALL}},${{EXTEN}})
 same = n,GotoIf($["${{LEG}}" = ""]?nobody)
 same = n,Wait(${{WAIT_S}})
 same = n,Set(REDIRECTING(from-num,i)=${{DIVERTED_FROM}})
 same = n,Set(REDIRECTING(reason)=${{DIVERTED_WHY}})
 same = n,Dial(${{LEG}},${{RING_S}},gL(${{LISTEN_MS}}))
 same = n,AGI({agi_url}/ended,${{CALL}},${{DIALSTATUS}},${{HANGUPCAUSE}},${{DIALEDTIME_MS}},${{ANSWEREDTIME_MS}})
 same = n(nobody),Hangup(${{CAUSE}})

[mobiles]
"""
    for name, number in mobiles.items():
        dialplan += _answer(number, tones.playtones(name))
    peers = [Peer(name, trunk_address, f"from-{name}") for name, trunk_address in trunks.items()]
    for name in trunks:
        dialplan += f"\n[from-{name}]\n"
        for mobile, number in mobiles.items():
            dialplan += _answer(number, tones.playtones(mobile, name))
    return Part("network", address, peers, dialplan, NETWORK_MODULES)


def _answer(exten: str, tones: str) -> str:
    # "i": at once; by default Answer waits half a second for audio of a caller who only listens
    return f"exten = {exten},1,Answer(,i)\n same = n,Playtones({tones})\n same = n,Wait(60)\n"


def trunk_part(name: str, address: str, network: str, nodes: Mapping[str, str], box: str) -> Part:
    """A trunk: calls from the telephone network go to the first node that answers, calls from nodes go out."""
    dialplan = "[from-network]\n"
    dialplan += f"exten = {ANY_NUMBER},1,NoOp()\n"
    for node, node_address in nodes.items():
        dialplan += f" same = n,Dial(PJSIP/{node}/{sip_uri('${EXTEN}', node_address)},{NODE_PATIENCE_S})\n"
        dialplan += ' same = n,GotoIf($["${DIALSTATUS}" = "ANSWER"]?end)\n'
        dialplan += ' same = n,GotoIf($["${DIALSTATUS}" = "BUSY"]?end)\n'
    dialplan += " same = n(end),Hangup(${HANGUPCAUSE})\n\n[from-nodes]\n"
    dialplan += f"exten = {ANY_NUMBER},1,Dial(PJSIP/network/{sip_uri('${EXTEN}', network)},60)\n"
    dialplan += " same = n,Hangup(${HANGUPCAUSE})\n\n[probed]\n"
    peers = [Peer("network", network, "from-network"), Peer("box", box, "probed")]
    peers += [Peer(node, node_address, "from-nodes") for node, node_address in nodes.items()]
    return Part(name, address, peers, dialplan)


def node_part(name: str, address: str, trunks: Mapping[str, str], box: str, tones: Tones) -> Part:
    """A node of the cloud PBX: answers every call and plays its tone with the trunk's."""
    peers: list[Peer] = [Peer("box", box, "probed")]
    dialplan = "[probed]\n"
    for trunk, trunk_address in trunks.items():
        peers.append(Peer(trunk, trunk_address, f"from-{trunk}"))
        dialplan += f"\n[from-{trunk}]\n" + _answer(ANY_NUMBER, tones.playtones(name, trunk))
    return Part(name, address, peers, dialplan)


def leg_to_trunk(trunk: str, trunk_address: str, number: str) -> str:
    """What the telephone network dials for a number that rings at a trunk."""
    return f"PJSIP/{trunk}/sip:{number}@{trunk_address}:{SIP_PORT};transport=tcp"


def leg_to_mobile(number: str) -> str:
    """What the telephone network dials for a mobile."""
    return f"Local/{number}@mobiles/n"
