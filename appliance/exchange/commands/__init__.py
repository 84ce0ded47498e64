"""What an exchange is told over MQTT."""
