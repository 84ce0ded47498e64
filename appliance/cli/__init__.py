"""The `hotline` command: an MQTT client of the local broker, with the journal behind it when there is none."""
