"""How the box speaks with the world: state, events and commands over MQTT 5."""
