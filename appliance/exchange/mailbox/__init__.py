"""Voicemail: recorded, listened to, kept until the mail server has it."""
