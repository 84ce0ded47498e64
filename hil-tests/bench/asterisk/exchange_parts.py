"""The dialplans around exchanges: the telephone network with telephones that are no Asterisk, and trunks with doors
on both sides.

A trunk tells each call that comes out of the cluster to the bench, which may have it refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.addresses import SIP_PORT
from bench.asterisk.parts import ANY_NUMBER, NETWORK_MODULES, network_part, sip_uri
from bench.asterisk.server import Part, Peer
from bench.plan import BOX, BOX_ACCOUNT, BOX_PASSWORD, LOCAL_DID
from bench.tones import Tones

AGI_MODULES = ("res_speech.so", "res_agi.so", "func_base64.so", "res_pjsip_header_funcs.so")
TRUNK_MODULES = (*AGI_MODULES, "res_pjsip_registrar.so", "res_pjsip_nat.so")
RING_S = 300
# a network tells who calls, on whose behalf, and who is connected
IDENTITIES = {"send_pai": "yes", "trust_id_outbound": "yes", "send_rpid": "no"}


def telephone(number: str, address: str, via: str) -> str:
    """What the network dials for a telephone; it tells it the trunk that the call came by."""
    return f"PJSIP/handsets/sip:{number}@{address}:{SIP_PORT}\\;via={via}"


def exchange_network_part(address: str, trunks: Mapping[str, str], tones: Tones, agi_url: str, phones: str) -> Part:
    """The telephone network. Calls to mobiles go on to the telephones at the address ``phones``."""
    base = network_part(address, {}, {}, tones, agi_url)
    dialplan = base.dialplan
    dialplan += f"exten = {ANY_NUMBER},1,Dial({telephone('${EXTEN}', phones, '')},{RING_S})\n"
    dialplan += " same = n,Hangup(${HANGUPCAUSE})\n"
    peers = [Peer("handsets", phones, "from-handsets", settings=IDENTITIES)]
    for name, trunk_address in trunks.items():
        peers.append(Peer(name, trunk_address, f"from-{name}", settings=IDENTITIES))
        dialplan += f"\n[from-{name}]\n"
        dialplan += f"exten = {ANY_NUMBER},1,Dial({telephone('${EXTEN}', phones, name)},{RING_S})\n"
        dialplan += " same = n,Hangup(${HANGUPCAUSE})\n"
    dialplan += f"""
[from-handsets]
exten = {ANY_NUMBER},1,AGI({agi_url}/connect,${{EXTEN}})
 same = n,GotoIf($["${{LEG}}" = ""]?nobody)
 same = n,Wait(${{WAIT_S}})
 same = n,Set(REDIRECTING(from-num,i)=${{DIVERTED_FROM}})
 same = n,Set(REDIRECTING(reason)=${{DIVERTED_WHY}})
 same = n,Dial(${{LEG}},{RING_S})
 same = n,Hangup(${{HANGUPCAUSE}})
 same = n(nobody),Hangup(${{CAUSE}})
"""
    return Part("network", address, peers, dialplan, (*NETWORK_MODULES, "res_pjsip_header_funcs.so"))


def exchange_trunk_part(
    name: str, address: str, network: str, nodes: Mapping[str, str], box: str, agi_url: str, *, registrar: bool
) -> Part:
    """A trunk. ``box`` is where the box's requests come from; with ``registrar`` it must prove who it is."""
    lines = ["[from-network]"]
    if registrar:
        lines += [f"exten = {LOCAL_DID},1,Dial(PJSIP/${{EXTEN}}@{BOX},{RING_S})", " same = n,Hangup(${HANGUPCAUSE})"]
    lines.append(f"exten = {ANY_NUMBER},1,NoOp()")
    for node, node_address in nodes.items():
        # a node that rings has the call; only one that is dead, silent or out of service is passed over
        lines.append(f" same = n,Dial(PJSIP/{node}/{sip_uri('${EXTEN}', node_address)},{RING_S})")
        lines.append(
            ' same = n,GotoIf($["${DIALSTATUS}" != "CHANUNAVAIL" & "${DIALSTATUS}" != "CONGESTION"'
            ' & "${HANGUPCAUSE}" != "18"]?end)'
        )
    lines.append(" same = n(end),Hangup(${HANGUPCAUSE})")
    headers = ",".join(
        f"${{BASE64_ENCODE(${{PJSIP_HEADER(read,{header})}})}}"
        for header in ("From", "P-Asserted-Identity", "Diversion")
    )
    lines += [
        "\n[from-nodes]",
        f"exten = {ANY_NUMBER},1,AGI({agi_url}/outgoing,{name},${{CHANNEL(endpoint)}},${{EXTEN}},{headers})",
        ' same = n,GotoIf($["${VERDICT}" != ""]?refused)',
        f" same = n,Dial(PJSIP/network/{sip_uri('${EXTEN}', network)},{RING_S})",
        " same = n,Hangup(${HANGUPCAUSE})",
        " same = n(refused),Hangup(${VERDICT})",
        "\n[probed]\n",
    ]
    peers = [Peer("network", network, "from-network", settings=IDENTITIES)]
    peers += [Peer(node, node_address, "from-nodes", settings=IDENTITIES) for node, node_address in nodes.items()]
    settings = dict(IDENTITIES)
    pjsip = ""
    if registrar:
        settings |= {"aors": BOX_ACCOUNT, "auth": BOX, "allow_unauthenticated_options": "yes"}
        pjsip = (
            f"[{BOX_ACCOUNT}]\ntype=aor\nmax_contacts=1\nremove_existing=yes\nminimum_expiration=10\n"
            f"[{BOX}]\ntype=auth\nauth_type=userpass\nusername={BOX_ACCOUNT}\npassword={BOX_PASSWORD}\n"
        )
    peers.append(Peer(BOX, box, "from-nodes", settings=settings))
    return Part(name, address, peers, "\n".join(lines), TRUNK_MODULES, pjsip)
