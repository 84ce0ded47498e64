"""Messages to people: SMS through the modem, e-mail."""
