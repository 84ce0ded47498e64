"""Which of Asterisk's modules are loaded: a named list, as everything takes about 90 MB and opens doors nobody needs.

No module that runs programs (``app_system``, ``func_shell``, ``app_externalivr``), no other channel technology, no
anonymous callers (``res_pjsip_endpoint_identifier_anonymous``), nothing that fetches from the network (``func_curl``,
``res_http_media_cache``).
"""

from __future__ import annotations

from appliance.asterisk.site import UnfitError
from appliance.asterisk.text import listing

FIRST = ("res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_timing_timerfd", "res_pjproject")
NEEDED = (
    # SIP
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_pubsub",
    "res_pjsip_sdp_rtp",
    "res_pjsip_caller_id",
    "res_pjsip_diversion",
    "res_pjsip_nat",
    "res_pjsip_path",
    "res_pjsip_rfc3326",
    "res_pjsip_dtmf_info",
    "res_pjsip_refer",
    "res_pjsip_header_funcs",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_authenticator_digest",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_registrar",
    "res_pjsip_acl",
    "res_rtp_asterisk",
    "chan_pjsip",
    # ARI
    "res_http_websocket",
    "res_stasis",
    "res_stasis_answer",
    "res_stasis_device_state",
    "res_stasis_playback",
    "res_stasis_recording",
    "res_stasis_snoop",
    "app_stasis",
    "res_ari",
    "res_ari_model",
    "res_ari_applications",
    "res_ari_asterisk",
    "res_ari_bridges",
    "res_ari_channels",
    "res_ari_device_states",
    "res_ari_endpoints",
    "res_ari_events",
    "res_ari_playbacks",
    "res_ari_recordings",
    "res_ari_sounds",
    # calls
    "bridge_simple",
    "bridge_native_rtp",
    "bridge_softmix",
    "bridge_holding",
    "bridge_builtin_features",
    "chan_bridge_media",
    "res_musiconhold",
    "res_audiosocket",
    "app_audiosocket",
    "codec_alaw",
    "codec_ulaw",
    "codec_a_mu",
    "codec_g722",
    "codec_gsm",
    "codec_resample",
    "format_wav",
    "format_wav_gsm",
    "format_gsm",
    "format_sln",
    "format_pcm",
    # the dialplan
    "pbx_config",
    "app_dial",
    "app_mixmonitor",
    "app_exec",
    "app_stack",
    "app_verbose",
    "func_callerid",
    "func_channel",
    "func_db",
    "func_hangupcause",
    "func_logic",
    "func_strings",
    "func_timeout",
)
WELCOME = (  # from a release or package that may be another
    "res_srtp",
    "res_websocket_client",
    "chan_audiosocket",
    "res_mutestream",
    "bridge_builtin_interval_features",
    "app_echo",
    "app_playback",
    "app_playtones",
    "app_read",
    "func_pjsip_aor",
    "func_pjsip_contact",
    "func_pjsip_endpoint",
    "func_talkdetect",
    "res_pjsip_empty_info",
    "res_pjsip_dlg_options",
    "res_pjsip_rfc3329",
    "res_security_log",
)

# it sends at once, and pjproject warns of every module that joins while it is at work
LAST = ("res_pjsip_outbound_registration",)


def modules_conf(present: frozenset[str] | None) -> str:
    """modules.conf. Raises :class:`UnfitError` when the Asterisk at hand lacks a needed one."""
    welcome = [name for name in WELCOME if present is None or f"{name}.so" in present]
    if present is not None and (
        missing := [name for name in (*FIRST, *NEEDED, *LAST) if f"{name}.so" not in present]
    ):
        raise UnfitError(
            f"this Asterisk lacks {', '.join(f'{name}.so' for name in missing)}; install Asterisk 20 or later with "
            "all the modules of its distribution's package"
        )
    text = "[modules]\nautoload = no\n"
    # "require", because without one of them Asterisk must not pretend to be up
    text += listing("preload-require", (f"{name}.so" for name in FIRST[:3]))
    text += listing("require", (f"{name}.so" for name in (*FIRST[3:], *NEEDED)))
    text += listing("load", (f"{name}.so" for name in welcome))
    return text + listing("require", (f"{name}.so" for name in LAST))
