"""Asking parts whether they live: SIP OPTIONS, DNS, TCP, ICMP. Own sockets; needs no Asterisk."""
