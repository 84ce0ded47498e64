"""MQTT 5: links, topics, state, events from the journal, command intake, Home Assistant discovery."""
